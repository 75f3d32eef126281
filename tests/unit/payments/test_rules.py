"""Rules of the attempt: the published edges, what news means, when to ask again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.errors import IllegalTransition
from jobs.payments import looking_up, schedule
from jobs.payments.edges import ASKED, EDGES, UNRESOLVED, step
from jobs.payments.judging import MEANINGS, Meaning, judge
from jobs.payments.model import Attempt
from mappings.canonical.payment import AttemptState as S
from mappings.canonical.payment import PaymentNews, PaymentVerdict

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ATTEMPT = Attempt(1, "0000000000000001", "k", "vnpay", "vnpay", "T", 100_000, S.SENT, NOW, NOW + timedelta(minutes=15),
                  request_time="20261123080000", next_look_up_at=NOW + timedelta(minutes=5))  # fmt: skip
NEWS = PaymentNews(
    "vnpay", "T", "0000000000000001", 100_000, "VND", PaymentVerdict.PAID, "ipn", provider_reference="N1"
)


def standing(state: S) -> Attempt:
    paid = 100_000 if state in (S.PAID, S.REVERSED) else None
    return replace(ATTEMPT, state=state, paid_amount=paid)


def test_paid_and_reversed_are_left_by_nothing():
    """PAID is final; who is owed reversed money gets it by a refund, not by another state."""
    assert EDGES[S.PAID] == frozenset()
    assert EDGES[S.REVERSED] == frozenset()
    with pytest.raises(IllegalTransition):
        step("R", S.PAID, S.FAILED)
    assert step("R", S.SENT, S.PAID) is S.PAID


def test_every_state_that_may_still_bring_money_is_left_towards_paid():
    """Money that arrives late is always recorded."""
    assert {state for state, after in EDGES.items() if S.PAID in after} == set(S) - {S.PAID, S.REVERSED}
    assert UNRESOLVED < ASKED


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("verdict", list(PaymentVerdict))
def test_no_news_moves_an_attempt_along_an_edge_that_is_not_published(state, verdict):
    """Every state with every verdict, those included that nobody thought of."""
    before = standing(state)
    judged = judge(before, replace(NEWS, verdict=verdict), NOW)
    assert judged.attempt is not None
    after = judged.attempt.state
    assert after is state or after in EDGES[state]
    if after in UNRESOLVED:
        assert judged.attempt.next_look_up_at is not None
    if after in (S.PAID, S.FAILED, S.REVERSED) and after is not state:
        assert judged.attempt.next_look_up_at is None
    assert (after is S.PAID) == (judged.meaning in (Meaning.PAID, Meaning.CLEARED) or state is S.PAID)


def test_contrary_news_of_a_final_state_is_an_alarm_and_changes_nothing():
    """Never a step back."""
    for verdict in (PaymentVerdict.FAILED, PaymentVerdict.REVERSED, PaymentVerdict.SUSPECT):
        assert MEANINGS[S.PAID, verdict] is Meaning.CONTRARY
    judged = judge(standing(S.PAID), replace(NEWS, verdict=PaymentVerdict.FAILED), NOW)
    assert judged.attempt is not None
    assert judged.attempt.state is S.PAID


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, None, 10**13])
def test_only_a_sound_amount_agrees(amount):
    """No float, no flag and no nothing is 100,000 đồng."""
    assert judge(ATTEMPT, replace(NEWS, amount=amount), NOW).meaning is Meaning.MISMATCH


def test_a_failure_without_an_amount_is_understood():
    """Nothing was taken, so there is nothing to compare."""
    assert (
        judge(ATTEMPT, replace(NEWS, verdict=PaymentVerdict.FAILED, amount=None), NOW).meaning
        is Meaning.FAILED
    )


def test_the_first_notice_fills_in_the_providers_number_and_none_changes_it():
    """Look-ups and files need it later."""
    judged = judge(standing(S.PAID), NEWS, NOW)
    assert judged.attempt is not None
    assert judged.attempt.provider_reference == "N1"
    known = replace(ATTEMPT, provider_reference="N0")
    told = judge(known, NEWS, NOW).attempt
    assert told is not None
    assert told.provider_reference == "N0"


def test_asking_slows_down_and_never_ends_while_it_is_unresolved():
    """1 min, 5 min, 15 min, 1 h, 4 h, 12 h, then daily."""
    steps, attempt, now = [], replace(ATTEMPT, state=S.UNKNOWN), NOW
    for asks in range(14):
        following = schedule.next_look_up(replace(attempt, asks=asks), now)
        assert following is not None
        steps.append(following - now)
        now = following
    assert steps[:6] == list(schedule.STEPS)
    assert set(steps[-3:]) == {schedule.DAILY}


def test_spread_only_adds():
    """A provider that refuses repeats within five minutes is never asked sooner."""
    later = schedule.next_look_up(ATTEMPT, NOW, 0.999)
    assert later is not None
    assert timedelta(minutes=1) <= later - NOW <= timedelta(seconds=66)


def test_an_expired_attempt_is_asked_about_for_thirty_days():
    """Who never paid is not asked about for ever."""
    expired = replace(ATTEMPT, state=S.EXPIRED, asks=9)
    assert schedule.next_look_up(expired, NOW + timedelta(days=29)) is not None
    assert schedule.next_look_up(expired, NOW + timedelta(days=31)) is None
    assert schedule.next_look_up(standing(S.FAILED), NOW) is None


def test_a_payment_whose_request_somebody_else_sent_is_not_asked_about():
    """Without its exact time the provider finds nothing, and 'not found' would prove nothing."""
    asked, effect = looking_up.plan(replace(ATTEMPT, request_time=None), NOW)
    assert effect is None
    assert asked.next_look_up_at is not None
