"""Days and moments of a plain table in columns: as strict as reading each text by itself, and much faster.

Polars' own reading of dates is generous (blanks for zeros, the second 60, the year 0), so each text must also have
the full shape of its pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from jobs.reconciliation.quick_rows import NotPlain
from jobs.reconciliation.sides import SKEW_SECONDS, day_number

_COMPACT = "%Y%m%d%H%M%S"
_DAY_MS = 86_400_000
_MOST_DAYS = 4_000
_DIGITS = {"%d": "[0-9]{2}", "%m": "[0-9]{2}", "%Y": "[1-9][0-9]{3}", "%y": "[0-9]{2}",
           "%H": "[0-9]{2}", "%M": "[0-9]{2}", "%S": "[0-5][0-9]"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """How the texts of one column are read.

    ``first`` is worked out before the columns that ``sound``, ``day`` and ``skew`` are made of. ``day`` is only as good
    as ``day_numbers`` says: a day that the calendar does not have shows itself there.
    """

    first: tuple[pl.Expr, ...]
    sound: pl.Expr
    day: pl.Expr
    skew: pl.Expr
    pattern: str


def pattern_of(sample: Iterator[str], patterns: tuple[str, ...]) -> str:
    """The first pattern that every text of the sample has.

    Raises:
        NotPlain: none has, or a text is not written in full.
    """
    texts = [text for text in sample if text]
    for pattern in patterns:
        if texts and all(_fits(text, pattern) for text in texts):
            return pattern
    raise NotPlain("dates")


def _fits(text: str, pattern: str) -> bool:
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - only the shape is asked
    except ValueError:
        return False
    return moment.strftime(pattern) == text


def times(column: str, pattern: str, name: str) -> Times:
    """Read ``column`` by ``pattern``; intermediate columns carry ``name``. Where there is no text nothing is sound."""
    text = pl.col(column)
    if pattern == _COMPACT:
        return _compact(text, name)
    if not re.search("%[HMS]", pattern):
        # Few days, many rows: the texts themselves are kept, and read one by one afterwards.
        midnight = pl.lit(-1, pl.Int8())  # a day alone is its first moment
        return Times((), text.is_not_null(), text, midnight, pattern)
    moment = pl.col(f"{name}_moment")
    read = text.str.to_datetime(pattern, strict=False, time_unit="ms", exact=True, cache=False)
    ms = moment.dt.epoch("ms")
    sound = moment.is_not_null() & text.str.contains(_shape(pattern))
    return Times(
        (read.alias(f"{name}_moment"),),
        sound,
        (ms // _DAY_MS).cast(pl.Int32),
        _near_midnight((ms % _DAY_MS), SKEW_SECONDS * 1000, _DAY_MS - SKEW_SECONDS * 1000),
        pattern,
    )


def _compact(text: pl.Expr, name: str) -> Times:
    """``20261120235959`` as two whole numbers; fourteen characters and this large: fourteen digits."""
    whole = text.cast(pl.Int64, strict=False)
    day, time = pl.col(f"{name}_day"), pl.col(f"{name}_time")
    first = (
        (whole // 1_000_000).cast(pl.Int32).alias(f"{name}_day"),
        (whole % 1_000_000).cast(pl.Int32).alias(f"{name}_time"),
    )
    sound = (
        (text.str.len_bytes() == 14)
        & (day >= 1000_01_01)
        & (time < 24_00_00)
        & (time % 10_000 < 60_00)
        & (time % 100 < 60)
    )
    minutes = SKEW_SECONDS // 60 * 100
    return Times(first, sound, day, _near_midnight(time, minutes, 24_00_00 - 40_00 - minutes), _COMPACT)


def _near_midnight(time: pl.Expr, early: int, late: int) -> pl.Expr:
    return (time >= late).cast(pl.Int8) - (time < early).cast(pl.Int8)


def _shape(pattern: str) -> str:
    shape = re.escape(pattern)
    for mark, digits in _DIGITS.items():
        shape = shape.replace(mark, digits)
    return f"^{shape}$"


def day_numbers(days: pl.Series, read: Times) -> dict[int | str, int]:
    """What ``Times.day`` gave → days since 1970.

    Raises:
        NotPlain: a day that does not exist, or too many different ones.
    """
    distinct = days[:1].to_list() if days.len() and bool((days == days[0]).all()) else days.unique().to_list()
    if len(distinct) > _MOST_DAYS:
        raise NotPlain(f"{len(distinct)} days")
    return {day: _day_number(day, read.pattern) for day in distinct}


def _day_number(day: int | str | None, pattern: str) -> int:
    if isinstance(day, str):
        if not _fits(day, pattern):
            raise NotPlain(day)
        return day_number(datetime.strptime(day, pattern).date())  # noqa: DTZ007 - a day, not a moment
    if day is None or pattern != _COMPACT:
        if day is None:
            raise NotPlain("no day")
        return day
    try:
        return day_number(date(day // 10_000, day // 100 % 100, day % 100))
    except ValueError as exc:
        raise NotPlain(str(day)) from exc
