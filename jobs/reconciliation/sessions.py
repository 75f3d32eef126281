"""Sessions (phiên đối soát): a working day is one, and the days off between two working days are one together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Protocol

_ONE = timedelta(days=1)
_LONGEST_BREAK = 30


class WorkingDays(Protocol):
    """Which days are worked; the working calendar provides it."""

    def is_working_day(self, day: date) -> bool: ...


class Weekdays:
    """Monday to Friday without the named holidays: for files without an installation."""

    def __init__(self, holidays: Iterable[date] = ()) -> None:
        self._holidays = frozenset(holidays)

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self._holidays


def session_of(day: date, calendar: WorkingDays) -> date:
    """The name of the day's session: the day itself, or the last day off before the next working day."""
    if calendar.is_working_day(day):
        return day
    last = day
    for _ in range(_LONGEST_BREAK):
        if calendar.is_working_day(last + _ONE):
            return last
        last += _ONE
    return last


def next_session(session: date, calendar: WorkingDays) -> date:
    """The session after ``session``."""
    return session_of(session + _ONE, calendar)


def is_due(session: date, *, newest_file: date | None, today: date, calendar: WorkingDays) -> bool:
    """Whether what belongs to ``session`` must be there: its own session and one more have passed.

    They have passed when a file of the later one is there, or when the later one is over.
    """
    after = next_session(session, calendar)
    return (newest_file is not None and newest_file >= after) or today > after


class PlainCalendar(Weekdays):
    """Monday to Friday with deadlines in whole working days; an installation uses its own working calendar."""

    def deadline(self, start: datetime, working_days: int) -> datetime:
        """The same hour, ``working_days`` working days later."""
        moment, left = start, working_days
        while left:
            moment += _ONE
            left -= int(self.is_working_day(moment.date()))
        return moment
