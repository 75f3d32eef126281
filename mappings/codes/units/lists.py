"""The lists themselves: a unit by code and day, units by name and day."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

from mappings.errors import MappingError
from mappings.text import alike

TABLE = "units"
KNOWN_FROM = date(2025, 3, 1)
"""First day of the oldest list; on earlier days it is a guess (``Unit.is_sure``)."""
MERGED_ON = date(2025, 7, 1)
"""First day without districts, of 34 provinces."""
_BEGINNING, _END = date.min, date.max


class Level(StrEnum):
    """Level of a unit; districts end with the day before :data:`MERGED_ON`."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


_BY_LENGTH = {2: Level.PROVINCE, 3: Level.DISTRICT, 5: Level.COMMUNE}


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit during one span of days.

    Attributes:
        code: 2, 3 or 5 digits, by level.
        kind: ``Tỉnh``, ``Thành phố``, ``Quận``, ``Xã`` …; ``name``: without it.
        parent: district of a commune before :data:`MERGED_ON`, else province; empty for a province.
        valid_from: ``None``: not known.
    """

    code: str
    kind: str
    name: str
    parent: str
    valid_from: date | None
    valid_to: date | None

    @property
    def level(self) -> Level:
        return _BY_LENGTH[len(self.code)]

    @property
    def full_name(self) -> str:
        """As it is written in papers: ``Phường Ba Đình``."""
        return f"{self.kind} {self.name}"

    def holds(self, on: date) -> bool:
        """Whether the unit is in the list of that day."""
        return (self.valid_from or _BEGINNING) <= on <= (self.valid_to or _END)

    def is_sure(self, on: date) -> bool:
        """Whether the list of that day is known; before :data:`KNOWN_FROM` it is the one of that day."""
        return self.holds(on) and (self.valid_from is not None or on >= KNOWN_FROM)


def rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of a table beside this file, without its notes."""
    with resources.files(__package__ or __name__).joinpath(name).open("r", encoding="utf-8") as file:
        yield from csv.DictReader(line for line in file if not line.startswith("#"))


@cache
def _by_code() -> Mapping[str, tuple[Unit, ...]]:
    found: dict[str, tuple[Unit, ...]] = {}
    days: dict[str, date | None] = {"": None}
    same: dict[str, str] = {}  # kinds and parents repeat thousands of times
    for row in rows("units.csv"):
        for name in ("valid_from", "valid_to"):
            if row[name] not in days:
                days[row[name]] = date.fromisoformat(row[name])
        kind, parent = (
            same.setdefault(row["kind"], row["kind"]),
            same.setdefault(row["parent"], row["parent"]),
        )
        one = Unit(
            row["code"], kind, row["name"], parent, days[row["valid_from"]], days[row["valid_to"]]
        )  # fmt: skip
        found[one.code] = (*found.get(one.code, ()), one)
    return found


@cache
def _by_name() -> Mapping[tuple[Level, str], tuple[Unit, ...]]:
    found: dict[tuple[Level, str], tuple[Unit, ...]] = {}
    for spans in _by_code().values():
        for one in spans:
            key = one.level, alike(one.name)
            found[key] = (*found.get(key, ()), one)
    return found


def unit(code: str, on: date) -> Unit:
    """The unit that ``code`` meant on the day ``on``.

    Raises:
        MappingError: no unit had this code on that day.
    """
    for one in _by_code().get(code, ()):
        if one.holds(on):
            return one
    spans = _by_code().get(code)
    hint = "other days have it" if spans else "no day has it"
    raise MappingError(TABLE, code, f"on {on.isoformat()}; {hint}")


def units(level: Level, on: date) -> Iterator[Unit]:
    """Every unit of a level on a day, in the order of codes."""
    return (one for spans in _by_code().values() for one in spans if one.level is level and one.holds(on))


def children(code: str, on: date) -> tuple[Unit, ...]:
    """The units right below ``code`` on that day: districts or communes.

    Raises:
        MappingError: no unit had this code on that day.
    """
    parent = unit(code, on).code
    return tuple(
        one for spans in _by_code().values() for one in spans if one.parent == parent and one.holds(on)
    )


def province_of(one: Unit, on: date) -> Unit:
    """The province in which a unit lay on that day."""
    while one.level is not Level.PROVINCE:
        one = unit(one.parent, on)
    return one


def full_name(code: str, on: date) -> str:
    """The whole name of that day: ``Xã Kim Thành, Thành phố Hải Phòng``.

    Raises:
        MappingError: no unit had this code on that day.
    """
    one = unit(code, on)
    words = [one.full_name]
    while one.parent:
        one = unit(one.parent, on)
        words.append(one.full_name)
    return ", ".join(words)


_SHORT = {
    "tp": "Thành phố", "t": "Tỉnh", "q": "Quận", "h": "Huyện", "tx": "Thị xã",
    "p": "Phường", "x": "Xã", "tt": "Thị trấn", "đk": "Đặc khu",
}  # fmt: skip
_KINDS = {
    Level.PROVINCE: ("Tỉnh", "Thành phố"),
    Level.DISTRICT: ("Quận", "Huyện", "Thị xã", "Thành phố"),
    Level.COMMUNE: ("Phường", "Xã", "Thị trấn", "Đặc khu"),
}


def _split(level: Level, text: str) -> Iterator[tuple[str, str]]:
    """(kind, name) readings of a written name, the one with a kind first; ``P. 1`` is short for ``Phường 1``."""
    key = alike(text)
    for kind in _KINDS[level]:
        begin = alike(kind) + " "
        if key.startswith(begin):
            yield kind, key.removeprefix(begin)
    first, dot, rest = text.strip().partition(".")
    short = _SHORT.get(first.strip().casefold())
    if dot and short in _KINDS[level]:
        yield short, alike(rest)
    yield "", key


def named(level: Level, text: str, on: date, *, inside: str = "") -> tuple[Unit, ...]:
    """Units of that day with this name, with or without their kind before it (``Phường Hoà An``, ``P. Hòa An``, ``Hòa An``).

    Names are compared after NFC and without regard to the place of the tone mark; never by sound or by similarity.

    Args:
        inside: code of a unit above; only what lies in it.
    """
    for kind, name in _split(level, text):
        found = [one for one in _by_name().get((level, name), ()) if one.holds(on)]
        if kind:
            found = [one for one in found if one.kind == kind]
        if inside:
            found = [one for one in found if _lies_in(one, inside, on)]
        if found:
            return tuple(found)
    return ()


def _lies_in(one: Unit, above: str, on: date) -> bool:
    while one.parent:
        if one.parent == above:
            return True
        one = unit(one.parent, on)
    return False


__all__ = [
    "KNOWN_FROM",
    "MERGED_ON",
    "TABLE",
    "Level",
    "Unit",
    "children",
    "full_name",
    "named",
    "province_of",
    "rows",
    "unit",
    "units",
]
