"""The installation's calendar: the rows of the database where a year was imported, the shipped list elsewhere."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, datetime

from connectors.kit.seams import monotonic_seconds
from jobs.access import audit
from jobs.access.model import Actor
from jobs.calendar.days import DayKind, DayStatus, SpecialDay, published
from jobs.calendar.hours import DEFAULT_WEEK, Span, Week
from jobs.calendar.working import LOCAL, WorkingCalendar
from jobs.store.postgres import calendar as rows
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx
from mappings.codes.holidays import vietnam

_HOURS_FROM = date(2000, 1, 1)


class UnknownYear(ValueError):
    """The shipped list does not know this year: its days have to be entered by a person."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        status: a forecast is to be imported again when the government has announced the year.
        written: days that are new or changed.
    """

    year: int
    status: DayStatus
    days: tuple[SpecialDay, ...]
    written: int


def import_year(store: PgStore, year: int, *, actor: Actor) -> Imported:
    """Write the shipped list's days of ``year``, and the default office hours where there are none. Safe to repeat.

    Days that a person edited stay as they are.

    Raises:
        UnknownYear: the list ends before this year, or begins after it.
    """
    known = vietnam()
    if year not in known.years():
        raise UnknownYear(f"the holiday list knows {known.years().start} to {known.years().stop - 1}")
    days = published(year)
    with audit.acting(store, "calendar-import", actor, "calendar-import", f"calendar:{year}") as tx:
        rows.note_year(tx, year, known.source, str(actor))
        rows.put_hours(tx, _default_hours())
        gone = rows.drop_unedited(tx, year, [each.day for each in days])
        written = sum(
            rows.put_day(
                tx,
                (each.day, each.kind.value, each.name_vi, each.name_en, each.status.value, each.source),
            )
            for each in days
        )
    return Imported(year, days[0].status, days, written + gone)


def load(tx: PgTx, on: date) -> WorkingCalendar:
    """The calendar as it stands, with the office hours in force on a day."""
    special = [
        SpecialDay(
            row["day"],
            DayKind(row["kind"]),
            row["name_vi"],
            row["name_en"],
            DayStatus(row["status"]),
            row["source"],
        )
        for row in rows.days(tx)
    ]
    weeks: dict[str, dict[int, tuple[Span, ...]]] = {}
    for row in rows.hours(tx, on):
        week = weeks.setdefault(row["unit"], {})
        week[row["weekday"]] = (*week.get(row["weekday"], ()), Span(row["opens"], row["closes"]))
    hours: dict[str, Week] = dict(weeks)
    imported = [int(row["year"]) for row in rows.years(tx)]
    return WorkingCalendar(special, years=imported, hours=hours)


class StoredCalendar:
    """The working calendar for services, read again once a minute. Thread-safe.

    Never to be asked first inside another transaction of a store with a single connection.
    """

    def __init__(self, store: PgStore, *, refresh_seconds: float = 60.0) -> None:
        """Nothing is read before the first question."""
        self._store, self._refresh = store, refresh_seconds
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._calendar = WorkingCalendar()

    def current(self) -> WorkingCalendar:
        """The calendar as last read."""
        if monotonic_seconds() - self._read_at > self._refresh:
            with self._lock:
                if monotonic_seconds() - self._read_at > self._refresh:
                    with self._store.transaction("calendar-read") as tx:
                        self._calendar = load(tx, tx.now.astimezone(LOCAL).date())
                    self._read_at = monotonic_seconds()
        return self._calendar

    def is_working_day(self, day: date) -> bool:
        """See :meth:`WorkingCalendar.is_working_day`."""
        return self.current().is_working_day(day)

    def deadline(self, start: datetime, working_days: int, unit: str = "") -> datetime:
        """See :meth:`WorkingCalendar.deadline`."""
        return self.current().deadline(start, working_days, unit)

    def next_opening(self, moment: datetime, unit: str = "") -> datetime:
        """See :meth:`WorkingCalendar.next_opening`."""
        return self.current().next_opening(moment, unit)


def _default_hours() -> list[tuple[str, int, object, object, date]]:
    return [
        ("", weekday, span.opens, span.closes, _HOURS_FROM)
        for weekday, spans in DEFAULT_WEEK.items()
        for span in spans
    ]
