"""Public holidays of Việt Nam, as published or computed beforehand. The list is ``vietnam.csv`` beside this file."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day off.

    Attributes:
        works_instead: the Saturday that is worked in exchange, for swapped days.
    """

    day: date
    name_vi: str
    name_en: str
    works_instead: date | None


@dataclass(frozen=True, slots=True)
class HolidayList:
    """The whole list.

    Attributes:
        announced_until: last year whose days were announced by the government; later ones are a forecast.
        source: where the list comes from, in words.
    """

    holidays: tuple[Holiday, ...]
    announced_until: int
    source: str

    def years(self) -> range:
        """The years that the list knows."""
        return range(self.holidays[0].day.year, self.holidays[-1].day.year + 1)

    def of(self, year: int) -> tuple[Holiday, ...]:
        """The days off of one year, in order; nothing for a year that the list does not know."""
        return tuple(holiday for holiday in self.holidays if holiday.day.year == year)


@cache
def vietnam() -> HolidayList:
    """The list as it ships."""
    text = resources.files(__name__).joinpath("vietnam.csv").read_text("utf-8")
    notes = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    announced = next(
        int(found[1]) for note in notes if (found := re.match(r"announced_until: (\d{4})", note))
    )
    source = next(note.removeprefix("Source: ") for note in notes if note.startswith("Source: "))
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    holidays = tuple(
        Holiday(
            date.fromisoformat(row["date"]),
            row["name_vi"],
            row["name_en"],
            date.fromisoformat(row["works_instead"]) if row["works_instead"] else None,
        )
        for row in rows
    )
    return HolidayList(holidays, announced, source)
