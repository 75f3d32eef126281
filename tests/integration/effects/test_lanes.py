"""Order within a lane, visible blockers, release; nobody waits for another lane."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import Rejected, Unavailable
from tests.support.effects import SYSTEM, Outside, engine, lost, new, plan, row, state


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def deliver(store, outside, clock):
    return engine(store, outside, clock)


def test_one_lane_leaves_in_the_order_of_its_facts(store, deliver, outside):
    """An older state never overwrites a newer one on the other side."""
    plan(store, *[new(f"v{n}", lane="D1") for n in range(3)])
    plan(store, new("v3", lane="D1"))
    for n in range(4):
        deliver.step(SYSTEM)
        assert [call.key for call in outside.calls] == [f"v{i}" for i in range(n + 1)]


@pytest.mark.parametrize("bad", ["lost", "away", "rejected"])
def test_what_is_unknown_or_waits_holds_its_lane_and_no_other(store, deliver, outside, clock, bad):
    """Order is kept among rows of one dossier; other dossiers never wait."""
    answers = {
        "lost": lost(),
        "away": Unavailable("x", system=SYSTEM, operation="pay", retry_after_seconds=7200),
        "rejected": Rejected("x", system=SYSTEM, operation="pay", code="9"),
    }
    outside.answers["a"] = [answers[bad]]
    plan(store, new("a", "pay", "D1"), new("b", "set", "D1"), new("c", "set", "D2"))
    for _ in range(3):
        deliver.step(SYSTEM)

    assert state(store, "c") == "done"
    assert state(store, "b") == ("done" if bad == "rejected" else "planned")
    with store.transaction("look") as tx:
        blockers = tx.effects.blockers(clock.now() + timedelta(minutes=10))
    if bad == "rejected":
        assert blockers == []
    else:
        assert [(b.lane, b.behind) for b in blockers] == [("D1", 1)]


def test_a_released_lane_goes_on_and_the_released_row_keeps_its_own_fate(store, deliver, outside, clock):
    """A person may say that those behind need not wait; what is unknown stays unknown."""
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay", "D1"), new("b", "set", "D1"), new("c", "set", "D1"))
    deliver.step(SYSTEM)
    effect_id = row(store, "a").id
    with store.transaction("release") as tx:
        tx.effects.release(effect_id)
    deliver.step(SYSTEM)
    assert state(store, "b") == "done"
    deliver.step(SYSTEM)

    assert state(store, "c") == "done"
    assert state(store, "a") == "unknown"
    assert row(store, "a").released
    clock.set(row(store, "a").due_at)
    deliver.step(SYSTEM)
    assert len(outside.asked) == 1


def test_what_waits_can_be_taken_back_and_what_was_sent_cannot(store, deliver, outside):
    """Nothing of it has left us; of the other nobody can say so."""
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay", "D1"), new("b", "set", "D1"), new("c", "set", "D1"))
    deliver.step(SYSTEM)
    with store.transaction("cancel") as tx:
        assert tx.effects.cancel(["a", "b", "nothing"], "not wanted") == ["b"]

    assert state(store, "b") == "cancelled"
    with store.transaction("settle") as tx:
        assert tx.effects.settle("a", done=True, data={"seen": 1}, reason="statement")
        assert not tx.effects.settle("a", done=False, reason="again")
    deliver.step(SYSTEM)
    assert state(store, "a") == "done"
    assert state(store, "c") == "done"


def test_a_settled_effect_is_not_changed_by_an_answer_on_its_way(store, outside, clock):
    """Evidence closed it while the look-up was under way."""
    deliver = engine(store, outside, clock)
    outside.answers["a"] = [lost()]
    plan(store, new("a", "pay"))
    deliver.step(SYSTEM)
    clock.set(row(store, "a").due_at)
    taken = deliver.desk(SYSTEM).turn([], 10, 0, asks=True)
    assert len(taken.asked) == 1
    with store.transaction("settle") as tx:
        assert tx.effects.settle("a", done=True, reason="file")
    ends = [end for job in deliver.jobs(taken) for end in deliver.caller(job)]
    deliver.desk(SYSTEM).turn(ends, 0, 0)

    assert state(store, "a") == "done"


def test_people_who_wait_go_first(store, deliver, outside):
    """A backlog of work that can wait must not stand before somebody at a counter."""
    plan(store, *[new(f"later{n}", priority=5) for n in range(5)])
    plan(store, new("now"))
    deliver.step(SYSTEM, most=1)

    assert outside.calls[0].key == "now"


def test_what_is_planned_for_later_leaves_later(store, deliver, outside, clock):
    """A look-up in ten minutes is not a look-up now."""
    plan(store, new("a", due_at=clock.now() + timedelta(minutes=10)))
    deliver.step(SYSTEM)
    assert not outside.calls
    clock.advance(minutes=10)
    deliver.step(SYSTEM)

    assert state(store, "a") == "done"
