"""Which news changes a dossier, and what it asks of the case system. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from jobs.inbound.model import Standing
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.tables.state_order import may_apply


class Verdict(StrEnum):
    """What one piece of news does to a dossier."""

    MOVES = "moves"
    SAME = "same"  # it stands there already
    LATE = "late"  # the order of states forbids it: kept and shown, it changes nothing
    UNKNOWN = "unknown"  # their word for the state is in no table
    NOTED = "noted"  # this kind of news has no state


STATELESS = frozenset(
    {
        NewsKind.TAX_NOTICE,
        NewsKind.TAX_RECEIPT,
        NewsKind.WRONG_TAX_RESULT,
        NewsKind.UPDATE_ASKED,
        NewsKind.TRACKING,
    }
)
_ASKS = frozenset({NewsKind.WRONG_TAX_RESULT, NewsKind.UPDATE_ASKED})
PROVES_NOTHING = frozenset({NewsKind.NEW_DOSSIER, NewsKind.TRACKING})


def current(state: DossierState, standings: Sequence[Standing]) -> DossierState:
    """Where a dossier stands for the next piece of news.

    The feed is the truth, but it comes after the news: what the last news brought counts until the case system has taken it
    and the feed has moved on since. Nothing here compares two clocks.

    Args:
        state: as the feed told it last.
        standings: of all systems, the newest news last.
    """
    for standing in reversed(standings):
        if standing.state is not None:
            return standing.state if not standing.told or state.value == standing.seen else state
    return state


def judge(now: DossierState, news: DossierNews, own: Standing | None) -> Verdict:
    """What ``news`` does to a dossier that stands in ``now``.

    Args:
        own: what the same system made of the dossier before; its moments and the news' come from one clock.
    """
    if news.kind in STATELESS:
        return Verdict.NOTED
    if brings_papers(news):
        return Verdict.NOTED if now is DossierState.SUPPLEMENT else Verdict.LATE
    if news.state is DossierState.PENDING:
        return Verdict.UNKNOWN
    answered = own.answered_at if own is not None and news.kind is NewsKind.SUPPLEMENT_ASKED else None
    if answered is not None and news.at is not None and news.at < answered:
        # Asked before it was answered, and told after it: the citizen must not be asked for the same papers twice.
        return Verdict.LATE
    if not may_apply(now, news, last_at=own.moved_at if own is not None else None):
        return Verdict.LATE
    return Verdict.SAME if news.state is now else Verdict.MOVES


def brings_papers(news: DossierNews) -> bool:
    """New papers for a dossier that waits for them: people of the one-stop take them over, the state is theirs to change."""
    return news.kind is NewsKind.SUPPLEMENT_RECEIVED and news.dossier is not None


def has_note(news: DossierNews, verdict: Verdict) -> bool:
    """Whether the case system gets a step in the dossier's history instead of a state."""
    return verdict is Verdict.NOTED and news.kind is not NewsKind.TRACKING


def asks_a_person(news: DossierNews, verdict: Verdict) -> bool:
    """Whether the sender wants something done that only a person can do."""
    return verdict is Verdict.NOTED and (news.kind in _ASKS or brings_papers(news))


def proves_hand_over(news: DossierNews) -> bool:
    """Whether the sender must have the dossier to say this: a hand-over whose answer is not known is then done."""
    return bool(news.dossier_code) and news.kind not in PROVES_NOTHING


_WORDS = {
    NewsKind.STATE: "Cập nhật trạng thái",
    NewsKind.SUPPLEMENT_ASKED: "Yêu cầu bổ sung hồ sơ",
    NewsKind.SUPPLEMENT_RECEIVED: "Đã nhận bổ sung",
    NewsKind.FINISHED: "Kết thúc xử lý",
    NewsKind.TAX_NOTICE: "Đã có thông báo thuế",
    NewsKind.TAX_RECEIPT: "Đã có chứng từ nộp thuế",
    NewsKind.WRONG_TAX_RESULT: "Kết quả thuế bị trả lại",
    NewsKind.UPDATE_ASKED: "Yêu cầu cập nhật hồ sơ",
}
_LONGEST_NOTE = 1_000


def note(news: DossierNews, sender: str) -> str:
    """What the dossier's history in the case system says of it."""
    said = f"{sender}: {_WORDS.get(news.kind, news.kind.value)}"
    return (f"{said}. {news.note}" if news.note else said)[:_LONGEST_NOTE]


__all__ = [
    "Verdict",
    "asks_a_person",
    "brings_papers",
    "current",
    "has_note",
    "judge",
    "note",
    "proves_hand_over",
]
