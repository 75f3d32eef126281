"""The working calendar: which days are worked, when counters are open, and arithmetic in working time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.calendar.days import DayKind, DayStatus, SpecialDay, published
from jobs.calendar.hours import DEFAULT_WEEK, Span, Week, openings

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
_ONE = timedelta(days=1)
_LONGEST_SEARCH = 400


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A length of time as offices count it.

    Attributes:
        days: whole working days.
        minutes: office time beyond them.
        late: the moment has passed; the length says since when.
    """

    days: int
    minutes: int
    late: bool = False

    def words(self, language: str = "vi") -> str:
        """``2 ngày làm việc 3 giờ`` or ``2 working days 3 hours``: the two largest parts."""
        hours, minutes = divmod(self.minutes, 60)
        if language == "en":
            names = (_plural(self.days, "working day"), _plural(hours, "hour"), _plural(minutes, "minute"))
        else:
            names = (f"{self.days} ngày làm việc", f"{hours} giờ", f"{minutes} phút")
        parts = [name for count, name in zip((self.days, hours, minutes), names, strict=True) if count]
        told = " ".join(parts[:2]) or names[2]
        if not self.late:
            return told
        return f"{told} late" if language == "en" else f"quá hạn {told}"


def _plural(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


class WorkingCalendar:
    """Answers questions about working time. Moments carry a zone; days are days in Việt Nam.

    A year that was not given is read from the list that ships (a forecast after the last announced year).
    """

    def __init__(
        self,
        special: Iterable[SpecialDay] = (),
        *,
        years: Iterable[int] = (),
        hours: Mapping[str, Week] | None = None,
    ) -> None:
        """``special`` replaces the shipped list for ``years`` and for the years of its own days.

        Args:
            hours: unit code → its week; the empty code is everybody else's.
        """
        self._special: dict[date, SpecialDay] = {}
        self._years = set(years)
        for given in special:
            self._special[given.day] = given
            self._years.add(given.day.year)
        self._hours = {"": DEFAULT_WEEK} | dict(hours or {})

    def special(self, day: date) -> SpecialDay | None:
        """What is special about a day; ``None`` for a day like every other of its name."""
        if day.year not in self._years:
            self._years.add(day.year)
            self._special |= {each.day: each for each in published(day.year)}
        return self._special.get(day)

    def of_year(self, year: int) -> tuple[SpecialDay, ...]:
        """The special days of a year, in order."""
        self.special(date(year, 1, 1))
        return tuple(self._special[day] for day in sorted(self._special) if day.year == year)

    def status(self, year: int) -> DayStatus:
        """Whether the days of a year are announced; one forecast day makes the year a forecast."""
        days = self.of_year(year)
        sure = bool(days) and all(day.status is DayStatus.ANNOUNCED for day in days)
        return DayStatus.ANNOUNCED if sure else DayStatus.FORECAST

    def kind(self, day: date) -> DayKind:
        """How a day is worked."""
        special = self.special(day)
        if special is not None:
            return special.kind
        return DayKind.WORKING if day.weekday() < 5 else DayKind.OFF

    def is_working_day(self, day: date) -> bool:
        """Whether time limits count this day; a half day counts."""
        return self.kind(day) is not DayKind.OFF

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        return next(after for after in _onward(day + _ONE) if self.is_working_day(after))

    def working_days(self, first: date, last: date) -> int:
        """How many working days lie from ``first`` to ``last``, both included."""
        span = (last - first).days + 1
        return sum(self.is_working_day(first + timedelta(days=number)) for number in range(span))

    def deadline(self, start: datetime, working_days: int, unit: str = "") -> datetime:
        """The moment ``working_days`` working days after ``start``: the same hour, moved into that day's office hours.

        The day of ``start`` is not counted. Nothing to wait for (0) gives ``start`` itself.
        """
        if working_days < 0:
            raise ValueError("a deadline lies ahead")
        if not working_days:
            return start
        local = start.astimezone(LOCAL)
        day = local.date()
        for _ in range(working_days):
            day = self.next_working_day(day)
        wanted = datetime.combine(day, local.time(), LOCAL)
        return self._into_hours(wanted, unit).astimezone(start.tzinfo)

    def after(self, start: datetime, days: int, office_time: timedelta, unit: str = "") -> datetime:
        """``days`` working days and then ``office_time`` of open counters after ``start``."""
        moment = self.deadline(start, days, unit).astimezone(LOCAL)
        left = office_time
        for opens, closes in self._openings_from(moment, unit):
            begin = max(opens, moment)
            if begin + left <= closes:
                return (begin + left).astimezone(start.tzinfo)
            left -= closes - begin
        raise ValueError("the counters of this unit never open")

    def between(self, start: datetime, end: datetime, unit: str = "") -> WorkingTime:
        """How much working time lies from ``start`` to ``end``; ``late`` when ``end`` is the earlier one."""
        if end < start:
            length = self.between(end, start, unit)
            return WorkingTime(length.days, length.minutes, late=bool(length.days or length.minutes))
        days, reached = 0, start
        while (ahead := self.deadline(start, days + 1, unit)) <= end:
            days, reached = days + 1, ahead
        rest = timedelta()
        for opens, closes in self._openings_from(reached.astimezone(LOCAL), unit):
            if opens >= end:
                break
            rest += max(timedelta(), min(closes, end) - max(opens, reached))
        return WorkingTime(days, int(rest.total_seconds() // 60))

    def is_open(self, moment: datetime, unit: str = "") -> bool:
        """Whether the counter of ``unit`` is open."""
        return self.next_opening(moment, unit) == moment

    def next_opening(self, moment: datetime, unit: str = "") -> datetime:
        """``moment`` itself while the counter is open, else when it opens next."""
        for opens, _ in self._openings_from(moment.astimezone(LOCAL), unit):
            return max(opens, moment).astimezone(moment.tzinfo)
        raise ValueError("the counters of this unit never open")

    def openings(self, day: date, unit: str = "") -> tuple[Span, ...]:
        """The openings of one day, in order."""
        week = self._hours.get(unit) or self._hours[""]
        return openings(week, day.weekday(), self.kind(day))

    def _openings_from(self, moment: datetime, unit: str) -> Iterator[tuple[datetime, datetime]]:
        """Openings that end after ``moment``, as far as anybody would look."""
        for day in _onward(moment.date()):
            for span in self.openings(day, unit):
                closes = datetime.combine(day, span.closes, LOCAL)
                if closes > moment:
                    yield datetime.combine(day, span.opens, LOCAL), closes

    def _into_hours(self, moment: datetime, unit: str) -> datetime:
        """The nearest open moment of that day: not before it opens, not after it closes, not in the lunch break."""
        spans = self.openings(moment.date(), unit)
        if not spans:
            return moment
        local, last = moment.time(), spans[0].opens
        for span in spans:
            if local < span.opens:
                break
            last = min(local, span.closes)
        return datetime.combine(moment.date(), last, LOCAL)


def _onward(day: date) -> Iterator[date]:
    for number in range(_LONGEST_SEARCH):
        yield day + timedelta(days=number)
