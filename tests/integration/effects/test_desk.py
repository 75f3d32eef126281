"""Acts of people on effects: who may do what, two people for money, an audit row for each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import Unavailable
from connectors.kit.effects import Done
from jobs.access import audit
from jobs.access.model import Actor, ActorKind
from jobs.effects.actors import doubt_after_restore
from jobs.effects.desk import EffectDesk
from jobs.errors import NotAllowed, NotFound
from jobs.store.memory.store import MemoryStore
from tests.support.effects import SYSTEM, Domain, Outside, engine, handlers, lost, new, plan, row, state

AN = Actor(ActorKind.PERSON, "an")
BINH = Actor(ActorKind.PERSON, "binh")


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def domain():
    return Domain()


@pytest.fixture
def deliver(store, outside, clock, domain):
    return engine(store, outside, clock, domain=domain)


@pytest.fixture
def acts():
    return []


@pytest.fixture
def desk(store, outside, domain, acts):
    def record(tx, actor, action, subject, **facts):
        acts.append((str(actor), action, facts.get("reason", "")))
        if not isinstance(store, MemoryStore):
            audit.record(tx, actor, action, subject, **facts)

    return EffectDesk(store, outside.operations(), handlers(domain), record=record)


@pytest.fixture
def unknown(store, deliver, outside):
    """A money write with an unknown outcome; its id."""
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay", "D1"), new("b", "set", "D1"))
    deliver.step(SYSTEM)
    return row(store, "a").id


@pytest.fixture
def parked(store, deliver, domain):
    """A money write that the domain took back: nothing of it has left us; its id."""
    domain.forbid["p"] = "no-right"
    plan(store, new("p", "pay"))
    deliver.step(SYSTEM)
    domain.forbid.clear()
    return row(store, "p").id


def refused(call) -> str:
    with pytest.raises(NotAllowed) as caught:
        call()
    return caught.value.reason


def test_asking_looks_at_once_and_sends_nothing(store, deliver, desk, outside, acts, unknown):
    """A citizen at the counter need not wait for the schedule."""
    outside.findings["a"] = [Done({}, "00")]
    desk.ask(unknown, reason="citizen asks", actor=AN)
    deliver.step(SYSTEM)

    assert state(store, "a") == "done"
    assert outside.done == {"a": 1}
    assert acts == [("person:an", "effect.ask", "citizen asks")]
    assert refused(lambda: desk.ask(unknown, reason="x", actor=AN)) == "nothing-unknown"


def test_what_only_evidence_can_tell_is_not_asked(store, deliver, desk, outside, acts):
    """There is nobody to ask."""
    outside.answers["o"] = [lost("order")]
    plan(store, new("o", "order"))
    deliver.step(SYSTEM)

    assert refused(lambda: desk.ask(row(store, "o").id, reason="x", actor=AN)) == "cannot-be-asked"
    assert acts == []


def test_an_unknown_outcome_is_never_sent_again_by_hand(store, desk, unknown):
    """Two people who press the same wrong button are still wrong."""
    for actor in (AN, BINH):
        assert refused(lambda actor=actor: desk.retry(unknown, reason="x", actor=actor)) == "outcome-unknown"
        assert refused(lambda actor=actor: desk.cancel(unknown, reason="x", actor=actor)) == "outcome-unknown"


def test_money_is_sent_again_only_by_two_people(store, deliver, desk, outside, parked):
    """One asks, another one says yes."""
    desk.retry(parked, reason="right restored", actor=AN)
    deliver.step(SYSTEM)
    assert not outside.calls
    assert refused(lambda: desk.retry(parked, reason="again", actor=AN)) == "same-person"
    desk.retry(parked, reason="checked", actor=BINH)
    deliver.step(SYSTEM)

    assert state(store, "p") == "done"


def test_what_moves_no_money_is_sent_again_by_one(store, deliver, desk, outside, clock):
    """The key is honoured on the other side."""
    outside.answers["s"] = [Unavailable("x", system=SYSTEM, operation="set", retry_after_seconds=7200)]
    plan(store, new("s"))
    deliver.step(SYSTEM)
    desk.retry(row(store, "s").id, reason="they are back", actor=AN)
    deliver.step(SYSTEM)

    assert state(store, "s") == "done"


def test_a_second_person_must_say_the_same(store, desk, unknown):
    """Who confirms something else confirms nothing."""
    desk.settle(unknown, "done", reason="paid", evidence="statement 12", code="00", actor=AN)
    other = lambda: desk.settle(unknown, "refused", reason="no", evidence="call", actor=BINH)
    assert refused(other) == "other-proposal"
    assert state(store, "a") == "unknown"


@pytest.mark.parametrize(
    ("action", "after"), [("done", "done"), ("refused", "refused"), ("not-done", "planned")]
)
def test_two_people_settle_an_unknown_outcome_on_evidence(
    store, deliver, desk, outside, domain, acts, unknown, action, after
):
    """A person decides where nobody can be asked; the domain learns it in the same commit."""
    assert refused(lambda: desk.settle(unknown, action, reason="x", evidence=" ", actor=AN)) == "no-evidence"
    desk.settle(unknown, action, reason="seen", evidence="statement 12", actor=AN)
    assert (
        refused(lambda: desk.settle(unknown, action, reason="seen", evidence="statement 12", actor=AN))
        == "same-person"
    )
    assert state(store, "a") == "unknown"
    desk.settle(unknown, action, reason="seen too", evidence="statement 12", actor=BINH)

    assert state(store, "a") == after
    assert domain.states("a") == ["unknown", after]
    deliver.step(SYSTEM)
    assert outside.done["a"] == (2 if action == "not-done" else 1)
    assert [actor for actor, _, _ in acts] == ["person:an", "person:binh"]


def test_a_declined_proposal_is_gone(store, desk, parked):
    """Somebody else looked and said no."""
    desk.retry(parked, reason="x", actor=AN)
    desk.decline(parked, reason="wrong account", actor=BINH)
    desk.retry(parked, reason="x", actor=BINH)

    assert state(store, "p") == "parked"
    with pytest.raises(NotFound):
        desk.decline(10**6, reason="x", actor=AN)


def test_a_released_lane_is_an_act_with_a_reason(store, deliver, desk, acts, unknown):
    """Those behind go on, and it is known who said so."""
    desk.release(unknown, reason="independent", actor=AN)
    deliver.step(SYSTEM)

    assert state(store, "b") == "done"
    assert state(store, "a") == "unknown"
    assert acts == [("person:an", "effect.release", "independent")]


def test_what_never_left_can_be_taken_back_and_the_domain_is_told(store, desk, domain, parked):
    """A refund that waits for it must not wait for ever."""
    desk.cancel(parked, reason="wrong", actor=AN)

    assert state(store, "p") == "cancelled"
    assert domain.states("p") == ["cancelled"]
    assert refused(lambda: desk.cancel(parked, reason="x", actor=AN)) == "not-waiting"


def test_without_its_audit_row_no_act(store, outside, unknown):
    """No audit row, no action."""

    def record(*_, **__) -> None:
        raise RuntimeError("the audit is away")

    desk = EffectDesk(store, outside.operations(), record=record)
    with pytest.raises(RuntimeError):
        desk.release(unknown, reason="x", actor=AN)

    assert not row(store, "a").released


def test_an_operation_that_is_not_known_takes_two_people(store, desk, domain, parked):
    """What is not known not to move money is treated as if it did."""
    blind = EffectDesk(store, record=lambda *_, **__: None)
    blind.retry(parked, reason="x", actor=AN)

    assert state(store, "p") == "parked"


def test_a_stopped_system_and_an_announced_window_are_acts(store, deliver, desk, outside, acts, clock):
    """Who closed a door, and why, is asked later."""
    plan(store, new("s"))
    desk.stop_system(SYSTEM, reason="wrong account", actor=AN)
    deliver.step(SYSTEM)
    desk.announce_window(
        SYSTEM, starts_at=clock.now(), ends_at=clock.now() + timedelta(hours=1), message="upgrade", actor=AN
    )
    desk.resume_system(SYSTEM, reason="corrected", actor=BINH)
    deliver.step(SYSTEM)
    assert not outside.calls
    clock.advance(hours=1)
    deliver.step(SYSTEM)

    assert state(store, "s") == "done"
    assert [(who, act) for who, act, _ in acts] == [
        ("person:an", "system.stop"), ("person:an", "system.window"), ("person:binh", "system.resume"),
    ]  # fmt: skip


def test_an_effect_that_is_not_there_is_not_found(desk):
    """Somebody else's id and an unknown id get the same answer."""
    for act in (desk.ask, desk.retry, desk.release, desk.cancel):
        with pytest.raises(NotFound):
            act(987654, reason="x", actor=AN)


def test_after_a_restored_backup_nothing_goes_out_a_second_time(store, deliver, outside, clock):
    """What the backup calls planned may have been sent since."""
    plan(store, new("sent-since", "pay", "D1"), new("behind", "pay", "D1"), new("proof", "prove"), new("set"))
    assert doubt_after_restore(store, outside.operations()) == 3
    outside.findings["sent-since"] = [Done({}, "00")]
    deliver.step(SYSTEM)
    clock.advance(minutes=6)
    deliver.step(SYSTEM)
    assert state(store, "sent-since") == "done"
    assert state(store, "behind") == "unknown"
    assert outside.done == {"set": 1}
    deliver.step(SYSTEM)

    assert outside.done == {"set": 1, "proof": 1}  # said twice that it was never done
