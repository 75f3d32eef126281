"""Office hours by weekday and unit. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from jobs.calendar.days import DayKind


@dataclass(frozen=True, slots=True)
class Span:
    """One opening of the counter, from ``opens`` up to ``closes``, local time."""

    opens: time
    closes: time


Week = Mapping[int, tuple[Span, ...]]
"""Weekday (0 is Monday) → openings in order; a missing weekday is closed."""

_DAY = (Span(time(7, 30), time(11, 30)), Span(time(13, 30), time(17, 0)))
DEFAULT_WEEK: Week = dict.fromkeys(range(5), _DAY)


def openings(week: Week, weekday: int, kind: DayKind) -> tuple[Span, ...]:
    """The openings of one day.

    A swapped Saturday keeps Monday's hours where Saturday has none of its own; a half day ends with its first opening.
    """
    if kind is DayKind.OFF:
        return ()
    spans = week.get(weekday) or week.get(0, ())
    return spans[:1] if kind is DayKind.HALF else spans
