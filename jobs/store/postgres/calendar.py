"""Rows of the working calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx


def years(tx: PgTx) -> list[DictRow]:
    """The imported years."""
    return tx.fetch("select year, source, imported_at, imported_by from calendar_year order by year")


def days(tx: PgTx) -> list[DictRow]:
    """The special days of all imported years: some twenty rows a year."""
    return tx.fetch(
        "select day, kind, name_vi, name_en, status, source, changed_by from calendar_day order by day"
    )


def hours(tx: PgTx, on: date) -> list[DictRow]:
    """The openings in force on a day."""
    return tx.fetch(
        """select unit, weekday, opens, closes from office_hours
           where valid_from <= %(on)s and coalesce(valid_to >= %(on)s, true) order by unit, weekday, opens""",
        {"on": on},
    )


def note_year(tx: PgTx, year: int, source: str, by: str) -> None:
    """Remember that a year's days stand in the table."""
    tx.execute(
        """insert into calendar_year (year, source, imported_at, imported_by) values (%s, %s, %s, %s)
           on conflict (year) do update set source = excluded.source, imported_at = excluded.imported_at,
               imported_by = excluded.imported_by""",
        (year, source, tx.now, by),
    )


def drop_unedited(tx: PgTx, year: int, keep: Sequence[date]) -> int:
    """Take away the days of a year that no longer stand in its list; what a person edited stays."""
    return tx.execute(
        """delete from calendar_day where extract(year from day) = %s and changed_by is null
           and day <> all(%s::date[])""",
        (year, list(keep)),
    ).rowcount


def put_day(tx: PgTx, row: tuple[date, str, str, str, str, str]) -> bool:
    """Write one day of a list; ``False`` when nothing changed or a person edited that day."""
    return bool(
        tx.execute(
            """insert into calendar_day (day, kind, name_vi, name_en, status, source) values (%s, %s, %s, %s, %s, %s)
               on conflict (day) do update set kind = excluded.kind, name_vi = excluded.name_vi,
                   name_en = excluded.name_en, status = excluded.status, source = excluded.source
               where calendar_day.changed_by is null and (calendar_day.kind, calendar_day.name_vi,
                   calendar_day.name_en, calendar_day.status, calendar_day.source) is distinct from
                   (excluded.kind, excluded.name_vi, excluded.name_en, excluded.status, excluded.source)""",
            row,
        ).rowcount
    )


def put_hours(tx: PgTx, rows: Sequence[tuple[str, int, object, object, date]]) -> None:
    """Write openings that are not there yet: unit, weekday, opens, closes, valid from."""
    for row in rows:
        tx.execute(
            """insert into office_hours (unit, weekday, opens, closes, valid_from) values (%s, %s, %s, %s, %s)
               on conflict do nothing""",
            row,
        )
