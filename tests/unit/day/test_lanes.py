"""The player's own rules: order inside a lane, many lanes at once, time that only goes forward."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from adapters.cli.day.clock import STALE_SECONDS, Pace, PlayTime
from adapters.cli.day.lanes import Lanes

START = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


@pytest.fixture
def told():
    return []


@pytest.fixture
def time(told):
    made = PlayTime(START, [lambda shown, scale: told.append((shown, scale))])
    made.run(3_600.0)
    return made


@pytest.fixture
def lanes(time):
    made = Lanes(time, threads=4)
    yield made
    made.close()


def test_acts_of_a_lane_happen_in_order_even_when_the_first_one_waits(lanes):
    """A citizen cannot pay for a dossier that the case system has not shown yet."""
    done: list[str] = []
    tries = iter([timedelta(minutes=2), timedelta(minutes=2), None])

    def first() -> timedelta | None:
        again = next(tries)
        if again is None:
            done.append("first")
        return again

    lanes.add("A", START, first)
    lanes.add("A", START, lambda: done.append("second"))
    lanes.run()

    assert done == ["first", "second"]


def test_nothing_happens_before_its_time(lanes, time):
    """The scenario is a schedule, not a queue."""
    seen: list[datetime] = []
    for minutes in (10, 5, 20):
        lanes.add(f"{minutes}", START + timedelta(minutes=minutes), lambda: seen.append(time.now()))
    lanes.run()

    assert all(at >= START + timedelta(minutes=m) for at, m in zip(seen, (5, 10, 20), strict=True))


def test_a_lane_that_waits_holds_no_other(lanes):
    """One slow citizen must not stop the province."""
    free = threading.Event()

    def slow() -> None:
        assert free.wait(5)

    lanes.add("A", START, slow)
    lanes.add("B", START, free.set)
    lanes.run()

    assert free.is_set()


def test_a_failing_act_ends_the_play_and_is_told(lanes):
    """A play that goes on after an unexpected answer proves nothing."""

    def broken() -> None:
        raise ValueError("the door answered 500")

    lanes.add("A", START, broken)
    lanes.add("B", START + timedelta(days=9), lambda: None)
    with pytest.raises(ValueError, match="500"):
        lanes.run()


def test_the_play_stops_at_the_given_moment_and_goes_on_later(lanes):
    """The day is played in segments: what belongs to tomorrow stays."""
    done: list[str] = []
    lanes.add("A", START + timedelta(minutes=1), lambda: done.append("today"))
    lanes.add("A", START + timedelta(hours=2), lambda: done.append("tomorrow"))
    lanes.run(START + timedelta(hours=1))
    assert (done, lanes.open_acts()) == (["today"], 1)

    lanes.run()
    assert done == ["today", "tomorrow"]


def test_nobody_sees_time_go_back_when_the_day_slows_down(time, told):
    """A worker that has not read the new rule yet runs on at the old speed for a second."""
    before = time.now()
    time.run(60.0)

    shown, scale = told[-1]
    assert scale == 60.0
    assert shown >= before + timedelta(seconds=3_600 * STALE_SECONDS)
    assert time.now() >= shown


def test_a_jump_leads_forward_only(time):
    """The night is skipped; the past is not."""
    tomorrow = START + timedelta(days=1)
    time.run(3_600.0, at_least=tomorrow)
    assert time.now() >= tomorrow
    time.run(3_600.0, at_least=START)
    assert time.now() >= tomorrow


def test_the_pace_follows_lateness_but_not_at_every_look():
    """Slow down when acts are late, run again when they are not, and give each change time to be heard."""
    pace = Pace(1_200.0, every_seconds=2.0)

    assert pace.wanted(1_200.0, 3.0, at=10.0) == 600.0
    assert pace.wanted(600.0, 3.0, at=11.0) == 600.0
    assert pace.wanted(600.0, 3.0, at=12.5) == 300.0
    assert pace.wanted(300.0, 0.0, at=15.0) == 450.0
    assert pace.wanted(1_200.0, 0.1, at=20.0) == 1_200.0
