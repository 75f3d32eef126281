"""Which news changes a dossier: the same end, in whatever order the messages come."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.inbound.model import Standing
from jobs.inbound.rules import Verdict, current, has_note, judge, note, proves_hand_over
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind

T0 = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
S = DossierState


def news(kind: NewsKind, state: DossierState, hours: float | None = 0, key: str = "") -> DossierNews:
    at = None if hours is None else T0 + timedelta(hours=hours)
    return DossierNews("land", kind, key or f"{kind}{state}{hours}", "H21.15-1", state=state, at=at)


MOVED = news(NewsKind.STATE, S.PROCESSING, 1)
ASKED = news(NewsKind.SUPPLEMENT_ASKED, S.SUPPLEMENT, 2)
RECEIVED = news(NewsKind.SUPPLEMENT_RECEIVED, S.PROCESSING, 3)
FINISHED = news(NewsKind.FINISHED, S.DONE, 4)


def after(messages, state=S.RECEIVED) -> tuple[DossierState, list[Verdict]]:
    """What the service does, without a database."""
    own, verdicts = None, []
    for number, one in enumerate(messages, start=1):
        verdict = judge(state, one, own)
        verdicts.append(verdict)
        answered = one.at if one.kind is NewsKind.SUPPLEMENT_RECEIVED else None
        if verdict is Verdict.MOVES or answered is not None:
            own = own or Standing("land", number, None, "", told=False, moved_at=None, answered_at=None)
            if verdict is Verdict.MOVES:
                state = one.state
                own = replace(own, state=state, moved_at=max(filter(None, (own.moved_at, one.at))))
            if answered is not None:
                own = replace(own, answered_at=max(filter(None, (own.answered_at, answered))))
    return state, verdicts


@pytest.mark.parametrize("length", [2, 3, 4])
def test_in_whatever_order_they_come_the_end_is_the_same(length):
    """D2: once, fifty times, in any order."""
    for chosen in itertools.combinations([MOVED, ASKED, RECEIVED, FINISHED], length):
        ends = {after(order)[0] for order in itertools.permutations(chosen)}
        assert len(ends) == 1, chosen
        repeated = {after([*order, *order])[0] for order in itertools.permutations(chosen)}
        assert repeated == ends, chosen


@pytest.mark.parametrize("state", [S.DONE, S.RETURNED, S.SUPPLEMENT])
def test_a_late_move_never_takes_a_dossier_back(state):
    """The portal's states 5, 9 and 10 (land.md, C)."""
    assert judge(state, replace(MOVED, at=T0 + timedelta(days=7)), None) is Verdict.LATE


@pytest.mark.parametrize("state", [S.REFUSED, S.WITHDRAWN, S.CANCELLED])
def test_a_closed_dossier_stays_closed(state):
    """No news of a specialised system opens it again."""
    for one in (MOVED, ASKED, RECEIVED, FINISHED):
        assert judge(state, one, None) is Verdict.LATE


def test_a_word_that_no_table_knows_changes_nothing():
    """R6: an unknown code is pending."""
    assert judge(S.PROCESSING, replace(MOVED, state=S.PENDING), None) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "kind", [NewsKind.TAX_NOTICE, NewsKind.TAX_RECEIPT, NewsKind.WRONG_TAX_RESULT, NewsKind.UPDATE_ASKED]
)
def test_papers_move_no_state_and_are_noted(kind):
    """The case system hears of them as a step."""
    verdict = judge(S.DONE, news(kind, S.PENDING), None)
    assert verdict is Verdict.NOTED
    assert has_note(news(kind, S.PENDING), verdict)
    assert not has_note(news(NewsKind.TRACKING, S.PENDING), Verdict.NOTED)


def standing(state, *, told: bool, seen: str, number: int = 1) -> Standing:
    return Standing("land", number, state, seen, told, None, None)


def test_what_the_news_brought_counts_until_the_feed_has_moved_on():
    """Otherwise a late move would win in the minutes in which the feed does not know yet."""
    waits = standing(S.DONE, told=False, seen="processing")
    assert current(S.PROCESSING, [waits]) is S.DONE
    assert current(S.SUPPLEMENT, [waits]) is S.DONE, "the case system is still to be told"
    told = standing(S.DONE, told=True, seen="processing")
    assert current(S.PROCESSING, [told]) is S.DONE, "told, and the feed has not been read since"
    assert current(S.DONE, [told]) is S.DONE
    assert current(S.SUPPLEMENT, [told]) is S.SUPPLEMENT, "a person moved it there afterwards"


def test_the_newest_news_of_all_systems_counts():
    """Two systems may work on one dossier."""
    first, second = (
        standing(S.DONE, told=False, seen="x"),
        standing(S.RETURNED, told=False, seen="x", number=2),
    )
    assert current(S.PROCESSING, [first, second]) is S.RETURNED
    assert current(S.PROCESSING, [first, replace(second, state=None)]) is S.DONE


def test_only_news_of_a_known_dossier_proves_that_they_have_it():
    """A dossier that begins there proves nothing of ours."""
    assert proves_hand_over(MOVED)
    assert not proves_hand_over(replace(MOVED, dossier_code=""))
    assert not proves_hand_over(news(NewsKind.NEW_DOSSIER, S.RECEIVED))


def test_the_note_names_the_sender_and_keeps_to_its_length():
    """What a person reads in the history."""
    assert (
        note(replace(ASKED, note="Bổ sung bản vẽ"), "Đất đai")
        == "Đất đai: Yêu cầu bổ sung hồ sơ. Bổ sung bản vẽ"
    )
    assert len(note(replace(ASKED, note="x" * 5_000), "Đất đai")) == 1_000
