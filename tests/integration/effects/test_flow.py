"""Flow control of one system, shared by all workers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import Unavailable
from jobs.effects.actors import install_limits
from jobs.effects.flow import Limits
from tests.support.effects import SYSTEM, Outside, engine, new, plan, state


@pytest.fixture
def outside():
    return Outside()


def limits(store, **more):
    install_limits(store, {SYSTEM: Limits(**more)})


def away(count: int) -> list[Unavailable]:
    return [Unavailable("x", system=SYSTEM, operation="set") for _ in range(count)]


def test_no_more_leave_than_the_quota_allows_however_many_work(store, outside, clock):
    """No partner sees more than its limit."""
    limits(store, rate=2, burst=10)
    one, two = engine(store, outside, clock, worker=1), engine(store, outside, clock, worker=2)
    plan(store, *[new(f"k{n}") for n in range(40)])
    one.step(SYSTEM)
    two.step(SYSTEM)
    assert len(outside.calls) == 10
    clock.advance(2.5)
    two.step(SYSTEM)
    assert len(outside.calls) == 15
    clock.advance(hours=1)
    one.step(SYSTEM)
    assert len(outside.calls) == 25


def test_the_daily_quota_begins_anew_at_local_midnight(store, outside, clock):
    """Their day is ours."""
    limits(store, rate=1000, burst=1000, daily=3)
    deliver = engine(store, outside, clock)
    plan(store, *[new(f"k{n}") for n in range(9)])
    deliver.step(SYSTEM)
    deliver.step(SYSTEM)
    assert len(outside.calls) == 3
    clock.set(clock.now().replace(hour=16, minute=59))
    deliver.step(SYSTEM)
    assert len(outside.calls) == 3
    clock.advance(minutes=1)  # 17:00 UTC is midnight in Hà Nội
    deliver.step(SYSTEM)
    assert len(outside.calls) == 6


def test_a_clock_that_is_set_back_gives_nothing_twice(store, outside, clock):
    """A quota that can be had again by setting a clock is none."""
    limits(store, rate=1, burst=5)
    deliver = engine(store, outside, clock)
    plan(store, *[new(f"k{n}") for n in range(20)])
    deliver.step(SYSTEM)
    clock.advance(10)
    plan(store, new("later"))
    clock.advance(-10)
    deliver.step(SYSTEM)
    clock.advance(3)
    deliver.step(SYSTEM)

    assert len(outside.calls) == 8


def test_a_system_that_does_not_answer_is_left_alone_for_a_while(store, outside, clock):
    """Knocking harder at a closed door wakes nobody, and holds our own hands."""
    limits(store, breaker_after=5, breaker_seconds=15)
    outside.answers["*"] = away(30)
    deliver = engine(store, outside, clock)
    plan(store, *[new(f"k{n}") for n in range(5)])
    deliver.step(SYSTEM)
    plan(store, *[new(f"m{n}") for n in range(30)])
    deliver.step(SYSTEM)
    assert len(outside.calls) == 5
    clock.advance(19)
    deliver.step(SYSTEM)
    assert len(outside.calls) == 6  # one call shows whether they are back: they are not
    clock.advance(19)
    deliver.step(SYSTEM)
    assert len(outside.calls) == 6  # longer each time
    outside.answers["*"] = []
    clock.advance(60)
    deliver.step(SYSTEM)
    assert len(outside.calls) == 7
    deliver.step(SYSTEM)
    assert len(outside.calls) > 30


def test_repeats_are_rationed_while_a_system_fails(store, outside, clock):
    """Retries must not become the load that keeps it down."""
    limits(store, rate=1e6, burst=1e6, breaker_after=10_000)
    deliver = engine(store, outside, clock)
    outside.answers["*"] = away(100)
    plan(store, *[new(f"r{n}") for n in range(100)])
    deliver.step(SYSTEM)
    assert len(outside.calls) == 100
    repeats = 0
    for _ in range(10):
        clock.advance(5)
        before = len(outside.calls)
        outside.answers["*"] = away(1)
        plan(store, *[new(f"f{clock.now()}-{n}") for n in range(10)])
        deliver.step(SYSTEM, most=200)
        repeats += len(outside.calls) - before - 10

    assert repeats <= 20 + 0.1 * 100
    assert repeats >= 10
    clock.advance(minutes=2)
    for _ in range(3):
        deliver.step(SYSTEM, most=200)
    assert all(state(store, f"r{n}") == "done" for n in range(100))


def test_nothing_leaves_in_a_maintenance_window_or_while_a_person_stops_it(store, outside, clock):
    """Announced is announced; stopped is stopped."""
    deliver = engine(store, outside, clock)
    plan(store, new("a"))
    with store.transaction("window") as tx:
        tx.effects.add_window(SYSTEM, clock.now(), clock.now() + timedelta(hours=2), "upgrade", by="person:x")
    deliver.step(SYSTEM)
    assert not outside.calls
    clock.advance(hours=2)
    with store.transaction("stop") as tx:
        tx.effects.stop(SYSTEM, "wrong account", by="person:x")
    deliver.step(SYSTEM)
    assert not outside.calls
    with store.transaction("resume") as tx:
        tx.effects.stop(SYSTEM, "", by="person:x")
    deliver.step(SYSTEM)

    assert state(store, "a") == "done"


def test_calls_at_once_are_shared_by_all_workers(store, outside, clock):
    """A newcomer waits until the first has shrunk to its half; together they never exceed the limit."""
    limits(store, rate=1e6, burst=1e6, concurrency=6)
    one, two = engine(store, outside, clock, worker=1), engine(store, outside, clock, worker=2)
    plan(store, *[new(f"k{n}") for n in range(30)])
    first = one.desk(SYSTEM).turn([], 5, 0)
    assert first.grant.calls == 6
    second = two.desk(SYSTEM).turn([], 5, 0)
    assert (second.grant.calls, second.claimed) == (0, [])
    again = one.desk(SYSTEM).turn([], 5, 2)
    assert again.grant.calls == 3
    second = two.desk(SYSTEM).turn([], 5, 0)
    assert second.grant.calls == 3
    assert len(second.claimed) == 5
    clock.advance(60)  # the first one says nothing any more
    assert two.desk(SYSTEM).turn([], 5, 5).grant.calls == 6
