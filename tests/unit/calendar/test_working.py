"""Working days, deadlines and office hours as Vietnamese offices count them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.calendar.days import DayKind, DayStatus, SpecialDay, published
from jobs.calendar.hours import Span
from jobs.calendar.working import LOCAL, WorkingCalendar, WorkingTime

CALENDAR = WorkingCalendar()
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda m: m.replace(tzinfo=LOCAL))


def at(day: int, month: int, hour: int = 8, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL)


def test_the_day_of_culture_is_a_holiday_since_2026():
    """A deadline counted over 24/11 is a day short otherwise."""
    assert not CALENDAR.is_working_day(date(2026, 11, 24))
    assert CALENDAR.is_working_day(date(2025, 11, 24))
    assert CALENDAR.next_working_day(date(2026, 11, 23)) == date(2026, 11, 25)


def test_a_year_that_no_list_knows_still_has_its_fixed_holidays():
    """The program outlives its list; Tết of such a year has to be entered, and the year says that it is a guess."""
    assert not CALENDAR.is_working_day(date(2040, 9, 2)) or date(2040, 9, 2).weekday() > 4
    assert not CALENDAR.is_working_day(date(2032, 11, 24))
    assert CALENDAR.status(2032) is DayStatus.FORECAST


def test_tet_is_one_long_break():
    """Friday before Tết to the Monday after it: nothing in between is a working day."""
    assert CALENDAR.next_working_day(date(2026, 2, 13)) == date(2026, 2, 23)
    assert CALENDAR.working_days(date(2026, 2, 14), date(2026, 2, 22)) == 0


def test_a_swapped_saturday_is_worked_and_its_monday_is_not():
    """22/08/2026 is worked so that 31/08 joins the national day's break."""
    assert CALENDAR.kind(date(2026, 8, 22)) is DayKind.WORKING
    assert CALENDAR.kind(date(2026, 8, 31)) is DayKind.OFF
    assert CALENDAR.next_opening(at(22, 8, 6)) == at(22, 8, 7, 30)
    assert CALENDAR.deadline(at(21, 8, 9), 1) == at(22, 8, 9)


def test_years_after_the_last_announced_one_are_a_forecast_and_say_so():
    """Swapped days are decided each year; a forecast that looks like a fact breaks promises to citizens."""
    assert CALENDAR.status(2026) is DayStatus.ANNOUNCED
    assert CALENDAR.status(2027) is DayStatus.FORECAST
    assert {day.status for day in published(2027)} == {DayStatus.FORECAST}


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (at(20, 11, 9), 1, at(23, 11, 9)),  # over a weekend
        (at(23, 11, 9), 1, at(25, 11, 9)),  # over 24/11
        (at(21, 11, 9), 1, at(23, 11, 9)),  # from a Saturday
        (at(23, 11, 22), 1, at(25, 11, 17)),  # nobody works at 22:00: that day's closing
        (at(23, 11, 5), 1, at(25, 11, 7, 30)),
        (at(23, 11, 12), 1, at(25, 11, 11, 30)),  # not in the lunch break
        (at(13, 2, 10), 2, at(24, 2, 10)),  # over Tết
    ],
)
def test_a_deadline_is_counted_in_working_days(start, days, end):
    """The day of the start is not counted, days off are not counted."""
    assert CALENDAR.deadline(start, days) == end


def test_no_working_days_is_now_and_a_past_deadline_is_refused():
    """A sign error must not become a deadline in the past."""
    assert CALENDAR.deadline(at(22, 11), 0) == at(22, 11)
    with pytest.raises(ValueError, match="ahead"):
        CALENDAR.deadline(at(23, 11), -1)


def test_a_deadline_keeps_the_zone_that_it_was_asked_in():
    """Stored times are UTC; the day border is the local one all the same."""
    start = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # Monday 01:00 in Hà Nội

    assert CALENDAR.deadline(start, 1) == datetime(2026, 11, 25, 0, 30, tzinfo=UTC)


def test_a_half_day_counts_and_ends_at_noon():
    """The day before Tết is often worked in the morning only."""
    half = SpecialDay(date(2026, 2, 13), DayKind.HALF, "Chiều nghỉ", "Afternoon off", DayStatus.ANNOUNCED)
    calendar = WorkingCalendar([*published(2026), half])

    assert calendar.is_working_day(half.day)
    assert not calendar.is_open(at(13, 2, 14))
    assert calendar.deadline(at(12, 2, 16), 1) == at(13, 2, 11, 30)


def test_a_unit_may_have_hours_of_its_own():
    """A counter that opens on Saturday morning does not make Saturday a working day."""
    weekend = {day: (Span(time(7, 0), time(18, 0)),) for day in range(5)} | {
        5: (Span(time(8, 0), time(11, 0)),)
    }
    calendar = WorkingCalendar(hours={"H21.129": weekend})

    assert calendar.is_open(at(23, 11, 17, 30), "H21.129")
    assert not calendar.is_open(at(23, 11, 17, 30), "H21.12")
    assert not calendar.is_working_day(date(2026, 11, 21))


def test_the_next_opening_of_an_open_counter_is_now():
    """Work that may go at once must not wait for tomorrow."""
    assert CALENDAR.next_opening(at(23, 11, 9)) == at(23, 11, 9)
    assert CALENDAR.next_opening(at(23, 11, 11, 30)) == at(23, 11, 13, 30)
    assert CALENDAR.next_opening(at(23, 11, 17)) == at(25, 11, 7, 30)


def test_office_time_is_added_over_closed_hours():
    """Two days and three hours from Friday 16:00 end on Wednesday morning."""
    assert CALENDAR.after(at(13, 11, 16), 2, timedelta(hours=3)) == at(18, 11, 9, 30)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(23, 11, 9), at(26, 11, 14), "2 ngày làm việc 3 giờ"),
        (at(23, 11, 9), at(23, 11, 9, 45), "45 phút"),
        (at(23, 11, 11), at(23, 11, 14), "1 giờ"),
        (at(21, 11, 9), at(22, 11, 9), "0 phút"),
        (at(25, 11, 9), at(23, 11, 9), "quá hạn 1 ngày làm việc"),
    ],
)
def test_a_length_is_told_in_working_time(start, end, words):
    """'26 giờ' over a weekend tells an official nothing."""
    assert CALENDAR.between(start, end).words("vi") == words


def test_a_length_speaks_english_too():
    """The switch covers the clocks as well."""
    assert WorkingTime(1, 60).words("en") == "1 working day 1 hour"
    assert WorkingTime(2, 5, late=True).words("en") == "2 working days 5 minutes late"


@settings(deadline=None, max_examples=200)
@given(start=MOMENTS, days=st.integers(1, 15))
def test_a_deadline_lies_in_open_hours_of_the_counted_day(start, days):
    """Whatever the start: exactly so many working days lie between, and somebody is there at that moment."""
    end = CALENDAR.deadline(start, days)
    between = CALENDAR.working_days(start.date() + timedelta(days=1), end.date())

    assert between == days
    assert any(span.opens <= end.time() <= span.closes for span in CALENDAR.openings(end.date()))


@settings(deadline=None, max_examples=200)
@given(start=MOMENTS, days=st.integers(0, 6), minutes=st.integers(0, 449))
def test_adding_and_measuring_agree(start, days, minutes):
    """What is added is what is measured, from any open minute, in whole days and office minutes."""
    start = CALENDAR.next_opening(start.replace(second=0, microsecond=0))
    end = CALENDAR.after(start, days, timedelta(minutes=minutes))

    assert CALENDAR.between(start, end) == WorkingTime(days, minutes)
