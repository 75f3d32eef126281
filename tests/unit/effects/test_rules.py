"""The pure rules: what an end makes of a row, how long to wait, what a system may be asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Operation, Refused, Undecided
from connectors.kit.seams import seeded
from jobs.effects import flow as flows
from jobs.effects import rules
from jobs.effects.flow import CallEnd, Flow, Limits
from jobs.effects.model import EffectState
from jobs.effects.rows import Held
from jobs.effects.rules import NotSent, Patience, Situation
from tests.support.clock import MONDAY_MORNING

NOW = MONDAY_MORNING
AT = Situation(NOW, seeded(3), Patience())
_WHERE = {"system": "x", "operation": "y"}
ERRORS = [
    OutcomeUnknown("a", **_WHERE), ContractBroken("b", **_WHERE), ValueError("c"), TimeoutError(), KeyError("nguyen van a"),
    MemoryError(), SystemExit(),
]  # fmt: skip


def held(**more) -> Held:
    facts = {
        "id": 1, "key": "k", "system": "x", "operation": "y", "lane": "l", "payload": {}, "dossier_code": "",
        "reference": "", "correlation_id": "", "cause": "", "state": EffectState.SENDING, "attempt": 1,
        "generation": 1, "created_at": NOW, "due_at": None, "tries": 1, "asks": 0, "not_found": 0, "deaths": 0,
        "worker": 1, "lease_until": NOW, "first_sent_at": NOW, "unknown_since": None, "outcome": None,
    }  # fmt: skip
    return Held(**{**facts, **more})


def operation(effect_class: EffectClass, **more) -> Operation:
    def nothing(_call: Call) -> Done:
        return Done()

    look_up = nothing if effect_class is EffectClass.FINDABLE else None
    return Operation("x", "y", effect_class, "by asking", nothing, look_up=look_up, **more)


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("effect_class", [EffectClass.FINDABLE, EffectClass.EVIDENCE])
def test_no_error_makes_a_write_fail_or_go_out_again(error, effect_class):
    """Unknown is never failure: what may have been done is neither refused nor repeated."""
    verdict = rules.after_call(held(), operation(effect_class), error, AT)

    assert verdict.change.state is EffectState.UNKNOWN
    assert verdict.change.unknown_since == NOW
    assert verdict.change.due_at > NOW
    assert not verdict.answered


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_the_words_of_an_error_that_is_not_ours_are_not_kept(error):
    """It may quote anything, a person's name too."""
    verdict = rules.after_call(held(), operation(EffectClass.FINDABLE), error, AT)

    assert "nguyen" not in verdict.change.message
    assert verdict.change.code == type(error).__name__


@given(
    asks=st.integers(0, 30),
    not_found=st.integers(0, 1),
    hours=st.integers(0, 100),
    answer=st.sampled_from(
        [Undecided("u"), NotDone("n"), *ERRORS, Unavailable("x", **_WHERE), CredentialsRefused("x", **_WHERE),
         Rejected("x", code="1", **_WHERE)]
    ),
    proof=st.booleans(),
)  # fmt: skip
def test_a_look_up_sends_again_only_on_proof_said_twice(asks, not_found, hours, answer, proof):
    """Nothing else in the world makes an unknown outcome a planned one."""
    row = held(
        state=EffectState.UNKNOWN, asks=asks, not_found=not_found, unknown_since=NOW - timedelta(hours=hours)
    )
    verdict = rules.after_ask(row, operation(EffectClass.FINDABLE, not_found_is_proof=proof), answer, AT)

    if verdict.change.state is EffectState.PLANNED:
        assert proof
        assert isinstance(answer, NotDone)
        assert not_found == 1
    else:
        assert verdict.change.state in (EffectState.UNKNOWN, EffectState.PARKED)
        assert verdict.change.unknown_since is not None
    if verdict.change.state is EffectState.UNKNOWN:
        assert verdict.change.due_at >= NOW + timedelta(minutes=1)


@given(tries=st.integers(1, 100), hours=st.integers(0, 40), wait=st.none() | st.floats(0, 1e6))
def test_every_retry_ends(tries, hours, wait):
    """Due at a stated time within the budget, or with a person: there is no fourth state."""
    row = held(tries=tries, first_sent_at=NOW - timedelta(hours=hours))
    error = Unavailable("x", retry_after_seconds=wait, **_WHERE)
    change = rules.after_call(row, operation(EffectClass.FINDABLE), error, AT).change

    if change.state is EffectState.PLANNED:
        assert change.due_at - row.first_sent_at <= AT.patience.budget
        assert tries < AT.patience.most_tries
        assert change.due_at >= NOW + timedelta(seconds=wait or 0)
    else:
        assert change.state is EffectState.PARKED
        assert change.reason
    assert change.unknown_since is None


def test_what_an_earlier_try_may_have_done_is_not_forgotten_by_a_later_one():
    """'Not reached' on the second try says nothing about the first."""
    row = held(tries=2, unknown_since=NOW - timedelta(minutes=5))
    change = rules.after_call(row, operation(EffectClass.IDEMPOTENT), Unavailable("x", **_WHERE), AT).change

    assert change.unknown_since == row.unknown_since


def test_what_was_not_begun_counts_as_no_attempt():
    """Nothing left us."""
    change = rules.after_call(held(attempt=4, tries=2), operation(EffectClass.FINDABLE), NotSent(), AT).change

    assert (change.state, change.attempt, change.tries) == (EffectState.PLANNED, 3, 1)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Done(), EffectState.DONE),
        (AlreadyDone("x", code="2", **_WHERE), EffectState.DONE),
        (Rejected("x", code="2", **_WHERE), EffectState.REFUSED),
    ],
)
@pytest.mark.parametrize("effect_class", list(EffectClass))
def test_an_agreed_answer_means_the_same_for_every_class(answer, state, effect_class):
    """Classes differ in silence only."""
    assert rules.after_call(held(), operation(effect_class), answer, AT).change.state is state


def test_refused_by_a_look_up_is_final():
    """They said no for good."""
    row = held(state=EffectState.UNKNOWN, unknown_since=NOW)
    change = rules.after_ask(row, operation(EffectClass.FINDABLE), Refused("09", "no"), AT).change

    assert (change.state, change.code, change.unknown_since) == (EffectState.REFUSED, "09", None)


@given(
    ends=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60),
    gaps=st.lists(st.floats(0, 120), min_size=60, max_size=60),
)
def test_the_breaker_opens_after_silence_and_any_answer_closes_it(ends, gaps):
    """Silence in a row opens it, an answer closes it, and it never stays open without an end."""
    flow, now = Flow("x", Limits()), NOW
    for (answered, credentials), gap in zip(ends, gaps, strict=False):
        now += timedelta(seconds=gap)
        flow = flows.after_calls(flow, [CallEnd(answered, credentials and not answered)], now, seeded(1))
        if answered:
            assert flow.calm
        elif flow.failures >= 5 or credentials:
            assert flow.open_until is not None
        if flow.open_until is not None:
            assert flow.open_until <= now + timedelta(minutes=18)
            assert flow.trouble


@given(wanted=st.lists(st.tuples(st.integers(0, 500), st.floats(0, 30)), max_size=40))
def test_over_any_time_no_more_is_granted_than_rate_and_burst(wanted):
    """The promise to the partner: so many per second, and so many saved up."""
    flow, now, granted = Flow("x", Limits(rate=3, burst=20)), NOW, 0
    for want, gap in wanted:
        now += timedelta(seconds=gap)
        flow, grant = flows.grant(flow, now, want, 0)
        flow = flows.spend(flow, grant.rows, 0)
        granted += grant.rows

    assert granted <= 20 + 3 * (now - NOW).total_seconds() + 1e-6
