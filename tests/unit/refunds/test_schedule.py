"""When a refund is asked about: soon, then seldom, then daily with a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.reconciliation.sessions import PlainCalendar
from jobs.refunds.schedule import DAILY, cut_off, next_ask

CALENDAR = PlainCalendar()
MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 08:00 in Việt Nam


def ask(asked: int, now: datetime, spread: float = 0.0):
    return next_ask(sent_at=MONDAY, asked=asked, now=now, calendar=CALENDAR, spread=spread)


@pytest.mark.parametrize(
    ("asked", "minutes"), [(0, 1), (1, 5), (2, 15), (3, 60), (4, 240), (5, 720), (6, 720), (60, 720)]
)
def test_the_waits_of_the_practice(asked, minutes):
    """1 min, 5 min, 15 min, 1 h, 4 h, then every twelve hours."""
    assert ask(asked, MONDAY).at - MONDAY == timedelta(minutes=minutes)
    assert (
        timedelta() < ask(asked, MONDAY, 0.99).at - ask(asked, MONDAY).at <= timedelta(minutes=minutes / 10)
    )


@pytest.mark.parametrize(
    ("day", "until"),
    [(23, date(2026, 11, 25)), (26, date(2026, 11, 30)), (27, date(2026, 11, 30)), (28, date(2026, 12, 1))],
)
def test_in_transit_lasts_until_the_file_of_the_session_after_its_own(day, until):
    """A weekend is one session; before that nothing is missing."""
    limit = cut_off(datetime(2026, 11, day, 1, tzinfo=UTC), CALENDAR)
    assert (limit.date(), limit.hour) == (until, 12)


def test_past_the_cut_off_a_person_has_it_and_asking_goes_on_daily():
    """For a month; then seldom, never not at all."""
    late = datetime(2026, 11, 25, 6, tzinfo=UTC)
    assert ask(9, late).overdue
    assert ask(9, late).at == late + DAILY
    much_later = late + timedelta(days=40)
    assert ask(99, much_later).at > much_later
    assert not ask(9, datetime(2026, 11, 25, 4, tzinfo=UTC)).overdue


def test_the_last_ask_before_the_cut_off_is_at_the_cut_off():
    """So that the person is told in time."""
    assert ask(9, datetime(2026, 11, 24, 20, tzinfo=UTC)).at == datetime(2026, 11, 25, 5, tzinfo=UTC)
