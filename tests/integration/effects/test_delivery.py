"""Every class of operation and every kind of end, on both stores, one round at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import AlreadyDone, ContractBroken, CredentialsRefused, Rejected, Unavailable
from connectors.kit.effects import Done, NotDone, Refused, Undecided
from tests.support.effects import SYSTEM, Domain, Outside, engine, lost, new, plan, row, state


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def domain():
    return Domain()


@pytest.fixture
def deliver(store, outside, clock, domain):
    return engine(store, outside, clock, domain=domain)


def away(seconds: float | None = None) -> Unavailable:
    return Unavailable("refused", system=SYSTEM, operation="x", retry_after_seconds=seconds)


def test_what_is_done_is_told_with_its_data_and_never_sent_again(store, deliver, outside, domain):
    """An effect happens once."""
    plan(store, new("a", "pay"))

    deliver.step(SYSTEM)
    deliver.step(SYSTEM)

    assert state(store, "a") == "done"
    assert outside.done == {"a": 1}
    assert domain.states("a") == ["done"]
    assert domain.outcomes[0].data == {"of": "a"}
    assert domain.claimed[0].state == "sending"
    assert row(store, "a").attempt == 1


def test_a_refusal_is_final_and_keeps_its_code(store, deliver, outside, domain):
    """Repeating what was understood and refused cannot help."""
    outside.answers["a"] = [Rejected("no", system=SYSTEM, operation="pay", code="95")]
    plan(store, new("a", "pay"))

    deliver.step(SYSTEM)

    assert state(store, "a") == "refused"
    assert domain.outcomes[0].code == "95"


def test_a_duplicate_is_a_success(store, deliver, outside):
    """They have it, and that is all we wanted."""
    outside.answers["a"] = [AlreadyDone("twice", system=SYSTEM, operation="set", code="27")]
    plan(store, new("a"))

    deliver.step(SYSTEM)

    assert state(store, "a") == "done"


def test_a_money_write_whose_answer_is_lost_is_unknown_and_never_sent_again(
    store, deliver, outside, clock, domain
):
    """Silence is not a refusal: the money may already be on its way."""
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay"))

    deliver.step(SYSTEM)
    assert state(store, "a") == "unknown"
    for _ in range(40):
        clock.advance(hours=1)
        deliver.step(SYSTEM)

    assert outside.done == {"a": 1}
    assert len(outside.asked) >= 5
    assert domain.states("a")[0] == "unknown"


def test_looks_follow_the_schedule(store, deliver, outside, clock):
    """1, 5, 15 minutes, 1, 4 hours, then every 12: soon at first, and never a storm."""
    outside.answers["a"] = [lost()]
    outside.findings["a"] = [Undecided()] * 9
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    gaps = []
    for _ in range(7):
        due = row(store, "a").due_at
        gaps.append((due - clock.now()).total_seconds() / 60)
        clock.set(due)
        deliver.step(SYSTEM)

    for gap, least in zip(gaps, (1, 5, 15, 60, 240, 720, 720), strict=True):
        assert least <= gap <= least * 1.1


def test_not_found_is_no_proof_unless_it_is_declared(store, deliver, outside, clock):
    """At a gateway that does not know our key yet, 'not found' says nothing about our money."""
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    for _ in range(4):
        clock.set(row(store, "a").due_at)
        deliver.step(SYSTEM)

    assert state(store, "a") == "unknown"
    assert outside.done == {"a": 1}


def test_a_declared_proof_must_be_said_twice_with_time_between(store, deliver, outside, clock):
    """One 'not found' may come from a copy that lags behind."""
    outside.answers["a"] = [lost("prove")]
    outside.findings["a"] = [NotDone("91"), Undecided(), NotDone("91"), NotDone("91")]
    plan(store, new("a", "prove"))
    deliver.step(SYSTEM)
    for asked in range(1, 5):
        assert outside.done == {"a": 1}, asked
        clock.set(row(store, "a").due_at)
        deliver.step(SYSTEM)
    deliver.step(SYSTEM)

    assert len(outside.asked) == 4
    assert outside.done == {"a": 2}
    assert len({call.key for call in outside.calls}) == 1
    assert state(store, "a") == "done"


def test_a_look_up_that_finds_it_done_ends_it(store, deliver, outside, clock, domain):
    """The outcome is found, not guessed."""
    outside.answers["a"] = [ContractBroken("half", system=SYSTEM, operation="pay")]
    outside.findings["a"] = [Done({"found": 1}, code="05")]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    clock.set(row(store, "a").due_at)
    deliver.step(SYSTEM)

    assert domain.states("a") == ["unknown", "done"]
    assert domain.outcomes[-1].asked
    assert domain.outcomes[-1].data == {"found": 1}


def test_a_look_up_that_finds_it_refused_ends_it(store, deliver, outside, clock):
    """They refused it for good: nothing was done."""
    outside.answers["a"] = [lost()]
    outside.findings["a"] = [Refused("09", "no")]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    clock.set(row(store, "a").due_at)
    deliver.step(SYSTEM)

    assert state(store, "a") == "refused"


def test_an_outcome_that_stays_unknown_becomes_a_persons_task(store, deliver, outside, clock, domain):
    """After the stated hours nobody learns more by asking."""
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    for _ in range(30):
        if state(store, "a") != "unknown":
            break
        clock.set(row(store, "a").due_at)
        deliver.step(SYSTEM)

    assert state(store, "a") == "parked"
    assert row(store, "a").reason == "still-unknown"
    assert row(store, "a").unknown_since is not None
    assert domain.states("a")[-1] == "parked"


def test_evidence_waits_for_people_and_files(store, deliver, outside, clock):
    """Nobody can be asked, and nothing is sent again."""
    outside.answers["a"] = [lost("order")]
    plan(store, new("a", "order"))
    deliver.step(SYSTEM)
    clock.advance(hours=71)
    deliver.step(SYSTEM)
    assert state(store, "a") == "unknown"
    clock.advance(hours=2)
    deliver.step(SYSTEM)

    assert state(store, "a") == "parked"
    assert row(store, "a").reason == "no-evidence"
    assert outside.done == {"a": 1}
    assert outside.asked == []


@pytest.mark.parametrize("operation", ["read", "set"])
def test_a_lost_answer_of_what_may_be_repeated_is_repeated_with_the_same_key(
    store, deliver, outside, clock, operation
):
    """The other side honours our key, or nothing changes there."""
    outside.answers["a"] = [lost(operation)]
    plan(store, new("a", operation))
    deliver.step(SYSTEM)
    assert state(store, "a") == "planned"
    clock.set(row(store, "a").due_at)
    deliver.step(SYSTEM)

    assert state(store, "a") == "done"
    assert [call.attempt for call in outside.calls] == [1, 2]


@pytest.mark.parametrize("operation", ["pay", "prove", "order"])
def test_an_error_that_nobody_agreed_on_is_unknown_and_never_failed(store, deliver, outside, operation):
    """A mistake of our own after the bytes left says nothing about what they did."""
    outside.answers["a"] = [ZeroDivisionError("ours")]
    plan(store, new("a", operation))

    deliver.step(SYSTEM)

    assert state(store, "a") == "unknown"
    assert row(store, "a").code == "ZeroDivisionError"
    assert row(store, "a").message == ""


def test_what_never_left_is_tried_again_later_and_later(store, deliver, outside, clock, domain):
    """Nothing was done, so repeating is free; but not at once, and not all at the same moment."""
    outside.answers["a"] = [away() for _ in range(6)]
    plan(store, new("a", "pay"))
    gaps = []
    deliver.step(SYSTEM)
    for _ in range(5):
        due = row(store, "a").due_at
        gaps.append((due - clock.now()).total_seconds())
        clock.set(due + timedelta(minutes=1))
        deliver.step(SYSTEM)

    assert all(2 ** (n + 1) / 2 <= gap <= 2 ** (n + 1) for n, gap in enumerate(gaps)), gaps
    assert set(domain.states("a")) == {"planned"}


def test_retry_after_is_obeyed(store, deliver, outside, clock):
    """They said when: not before."""
    outside.answers["a"] = [away(300)]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)

    assert row(store, "a").due_at >= clock.now() + timedelta(seconds=300)
    clock.advance(299)
    deliver.step(SYSTEM)
    assert outside.done == {"a": 1}
    clock.advance(10)
    deliver.step(SYSTEM)
    assert outside.done == {"a": 2}


def test_the_budget_ends_in_a_persons_task_with_its_reason(store, deliver, outside, clock, domain):
    """Every retry ends."""
    outside.answers["a"] = [away() for _ in range(300)]
    plan(store, new("a", "pay"))
    for _ in range(300):
        deliver.step(SYSTEM)
        if state(store, "a") == "parked":
            break
        clock.advance(minutes=30)

    assert state(store, "a") == "parked"
    assert row(store, "a").reason == "too-long:Unavailable"
    assert len(outside.calls) <= 60
    assert row(store, "a").unknown_since is None


def test_a_refused_credential_holds_the_system_and_loses_nothing(store, deliver, outside, clock):
    """A wrong password that is tried for every effect locks the account."""
    outside.answers["*"] = [CredentialsRefused("who", system=SYSTEM, operation="set") for _ in range(1)]
    plan(store, new("a"))
    deliver.step(SYSTEM)
    plan(store, *[new(f"b{n}") for n in range(20)])
    deliver.step(SYSTEM)
    assert len(outside.calls) == 1
    with store.transaction("look") as tx:
        assert tx.effects.flow(SYSTEM).trouble == "credentials-refused"
    clock.advance(minutes=7)
    deliver.step(SYSTEM)  # one call shows whether it is good again
    assert len(outside.calls) == 2
    deliver.step(SYSTEM)

    assert len(outside.calls) == 22
    with store.transaction("look") as tx:
        assert tx.effects.flow(SYSTEM).trouble == ""


def test_data_that_cannot_be_stored_is_an_unknown_outcome(store, deliver, outside):
    """It was done, and we cannot say what: asking finds it."""
    outside.answers["a"] = [Done({"name": "x\0y"})]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)

    assert state(store, "a") == "unknown"


def test_the_domain_may_take_it_back_at_the_last_moment(store, deliver, outside, domain):
    """The right to approve is checked once more before anything leaves."""
    domain.forbid["a"] = "approver-lost-the-right"
    plan(store, new("a", "pay"), new("b", "pay"))

    deliver.step(SYSTEM)

    assert state(store, "a") == "parked"
    assert row(store, "a").reason == "approver-lost-the-right"
    assert row(store, "a").attempt == 0
    assert outside.done == {"b": 1}


def test_follow_up_effects_are_one_commit_with_the_outcome(store, deliver, outside, domain):
    """A fact and the work that follows from it are one commit."""
    domain.follow = lambda tx, outcome: tx.effects.plan([new("next")]) if outcome.effect.key == "a" else None
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    assert state(store, "next") == "planned"
    deliver.step(SYSTEM)

    assert state(store, "next") == "done"


def test_an_outcome_that_the_domain_cannot_take_holds_up_nobody(store, deliver, outside, domain):
    """One bad row, one person's task; the money of the others goes on."""
    domain.raises_on = {"b"}
    plan(store, *[new(key, "pay") for key in "abc"])
    deliver.step(SYSTEM)

    assert [state(store, key) for key in "abc"] == ["done", "parked", "done"]
    assert row(store, "b").reason == "not-taken"
    assert row(store, "b").unknown_since is not None
    assert outside.done == {"a": 1, "b": 1, "c": 1}
    assert sorted(o.effect.key for o in domain.outcomes) == ["a", "c"]


def test_a_claim_that_the_domain_cannot_take_holds_up_nobody(store, deliver, outside, domain):
    """A bad row at the head of the queue must not stop a whole system."""
    domain.raises_at_claim = {"b"}
    plan(store, *[new(key, "pay") for key in "abc"])
    for _ in range(8):
        deliver.step(SYSTEM)

    assert [state(store, key) for key in "abc"] == ["done", "parked", "done"]
    assert outside.done == {"a": 1, "c": 1}


def test_lists_go_out_in_one_call_where_the_other_side_takes_them(store, deliver, outside):
    """Fewer calls for the same work; each row keeps its own fate."""
    outside.answers["l1"] = [Rejected("no", system=SYSTEM, operation="list", code="1")]
    plan(store, *[new(f"l{n}", "list") for n in range(5)])
    deliver.step(SYSTEM)

    assert outside.lists == [5]
    assert [state(store, f"l{n}") for n in range(5)] == ["done", "refused", "done", "done", "done"]


def test_each_call_leaves_its_exchange_row(pg_store, outside, clock):
    """What was said to whom is evidence; it commits with what it led to."""
    deliver = engine(pg_store, outside, clock)
    plan(pg_store, new("a", "pay", reference="REF"))
    deliver.step(SYSTEM)
    with pg_store.transaction("look") as tx:
        found = tx.fetch("select * from exchange")

    assert len(found) == 1
    assert found[0]["effect_id"] == row(pg_store, "a").id
    assert (found[0]["attempt"], found[0]["reference"], found[0]["outcome"]) == (1, "REF", "ok")
    assert found[0]["request_summary"] == {"key": "a"}
