"""Planning: one cause is one effect, and every lane has exactly one head."""

from __future__ import annotations

import contextlib
import threading

import pytest

from jobs.effects.model import NewEffect
from jobs.store.postgres.store import PgStore
from tests.support.effects import SYSTEM, Outside, engine, new, plan


def effect(key: str, lane: str = "A", **more) -> NewEffect:
    return NewEffect(key=key, system="vnpay", operation="pay", lane=lane, payload={"amount": 1}, **more)


def test_the_same_cause_twice_is_one_effect(store):
    """A cause that is told twice must not act twice."""
    with store.transaction("t") as tx:
        assert tx.effects.plan([effect("k1"), effect("k2"), effect("k1")]) == [True, True, False]
    with store.transaction("t") as tx:
        assert tx.effects.plan([effect("k2"), effect("k3")]) == [False, True]


def test_a_rolled_back_cause_leaves_no_effect(store):
    """What follows from a fact that never was must not happen."""
    with pytest.raises(RuntimeError), store.transaction("t") as tx:
        tx.effects.plan([effect("k1")])
        raise RuntimeError
    with store.transaction("t") as tx:
        assert tx.effects.plan([effect("k1")]) == [True]


def test_a_payload_that_json_cannot_hold_is_refused(store):
    """NaN would be read as something else by everybody who reads it."""
    with pytest.raises(ValueError, match="JSON"), store.transaction("t") as tx:
        tx.effects.plan([NewEffect("k", "vnpay", "pay", "A", {"amount": float("nan")})])


@pytest.mark.parametrize("rolled_back", [False, True])
def test_two_who_plan_into_one_lane_at_once_make_one_head(pg_store, clock, rolled_back):
    """Two heads would send side by side what must leave in order; none would send nothing for ever."""
    other, planned = PgStore(pg_store.dsn, clock, size=2), threading.Event()

    def second():
        with other.transaction("second") as tx:
            planned.set()
            assert tx.effects.plan([effect("b1"), effect("b2"), effect("a1")])[:2] == [True, True]

    thread = threading.Thread(target=second)
    with contextlib.suppress(ZeroDivisionError), pg_store.transaction("first") as tx:
        tx.effects.plan([effect("a1"), effect("a2", "other")])
        thread.start()
        planned.wait(5)
        thread.join(0.2)  # it waits for us
        assert thread.is_alive()
        if rolled_back:
            raise ZeroDivisionError
    thread.join(10)
    other.close()
    with pg_store.transaction("look") as tx:
        rows = tx.fetch("select key, head from effect where lane = 'A' order by id")
    assert sum(row["head"] for row in rows) == 1
    assert {row["key"] for row in rows} == {"a1", "b1", "b2"}
    assert rows[0]["head"]


def test_who_closes_a_lane_sees_what_was_put_behind_it_at_the_same_moment(pg_store, clock):
    """A row behind a head that closed unseen would wait for ever."""
    plan(pg_store, new("a", lane="A"))
    closer = engine(PgStore(pg_store.dsn, clock, size=2), Outside(), clock, worker=1)
    desk = closer.desk(SYSTEM)
    taken = desk.turn([], 5, 0)
    ends = [end for job in closer.jobs(taken) for end in closer.caller(job)]
    thread = threading.Thread(target=lambda: desk.turn(ends, 0, 0))
    with pg_store.transaction("planner") as tx:
        tx.effects.plan([new("b", lane="A")])
        thread.start()
        thread.join(0.3)
    thread.join(10)
    closer.store.close()

    with pg_store.transaction("look") as tx:
        rows = tx.fetch("select key, state, head from effect order by id")
    assert [(r["key"], r["state"], r["head"]) for r in rows] == [("a", "done", False), ("b", "planned", True)]


def test_who_plans_behind_a_lane_that_is_being_closed_makes_a_head(pg_store, clock):
    """The head that was seen is gone when our row is written."""
    plan(pg_store, new("a", lane="A"))
    closer = engine(pg_store, Outside(), clock, worker=1)
    closer.desk(SYSTEM).turn([], 5, 0)
    other = PgStore(pg_store.dsn, clock, size=2)
    thread = threading.Thread(target=lambda: plan(other, new("b", lane="A"), new("c", lane="A")))
    with pg_store.transaction("closer") as tx:
        assert tx.effects.settle("a", done=True, reason="file")
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(10)
    other.close()

    with pg_store.transaction("look") as tx:
        rows = tx.fetch("select key, head from effect where state = 'planned' order by id")
    assert [(r["key"], r["head"]) for r in rows] == [("b", True), ("c", False)]


def test_what_is_due_at_once_is_due_for_a_worker_whose_clock_is_a_little_behind(store, clock):
    """Whoever is woken and finds nothing due leaves the work to the next sweep."""
    plan(store, new("a"))
    clock.advance(-0.2)
    outside = Outside()
    engine(store, outside, clock).step(SYSTEM)

    assert outside.done == {"a": 1}
