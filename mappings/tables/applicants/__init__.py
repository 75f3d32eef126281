"""Who applies, as each system numbers it. The table is ``applicants.csv`` beside this file; its rows have days.

Look-ups are total: a meaning, or ``MappingError``. An applicant of the wrong kind is wrong data about a person, so nothing is guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType

from mappings.canonical.party import PartyKind
from mappings.errors import MappingError
from mappings.tables.dated import Way, installed

TABLE = "applicants"
LIST = "applicant"
"""Its name at the desk where people add rows."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """One row.

    Attributes:
        read: the number is read back as this kind; otherwise it is only sent for want of a better one.
        begins, ends: first and last day; ``ends`` may be open.
        assumed: nobody at the other side has confirmed this row.
    """

    system: str
    code: str
    kind: PartyKind
    read: bool
    begins: date
    ends: date | None
    assumed: bool

    def holds(self, on: date) -> bool:
        """Whether the row is in force on that day."""
        return self.begins <= on and (self.ends is None or on <= self.ends)


@cache
def applicants() -> tuple[Applicant, ...]:
    """The whole table."""
    text = resources.files(__name__).joinpath("applicants.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        Applicant(
            system=row["system"],
            code=row["code"],
            kind=PartyKind(row["kind"]),
            read=row["way"] == "both",
            begins=date.fromisoformat(row["valid_from"]),
            ends=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            assumed=row["confidence"] not in ("A", "B"),
        )
        for row in csv.DictReader(lines)
    )


def codes(system: str, on: date) -> Mapping[PartyKind, str]:
    """Kind → number of ``system`` on that day; a kind that it has no number for is not there."""
    found = {row.kind: row.code for row in applicants() if row.system == system and row.holds(on)}
    for row in reversed(installed().rows(system, LIST)):
        if row.way is not Way.READ and row.holds(on):
            found[PartyKind(row.meaning)] = row.code
    return MappingProxyType(found)


def kinds(system: str, on: date) -> Mapping[str, PartyKind]:
    """Number of ``system`` → kind on that day."""
    found = {
        row.code: row.kind for row in applicants() if row.system == system and row.read and row.holds(on)
    }
    for row in reversed(installed().rows(system, LIST)):
        if row.way is not Way.SENT and row.holds(on):
            found[row.code] = PartyKind(row.meaning)
    return MappingProxyType(found)


def code_of(system: str, kind: PartyKind, on: date) -> str:
    """The number of ``system`` for ``kind``.

    Raises:
        MappingError: it has none on that day.
    """
    try:
        return codes(system, on)[kind]
    except KeyError:
        raise MappingError(TABLE, f"{system}:{kind.value}", f"on {on}") from None


def kind_of(system: str, code: str, on: date) -> PartyKind:
    """What number ``code`` of ``system`` means.

    Raises:
        MappingError: nothing on that day.
    """
    try:
        return kinds(system, on)[code]
    except KeyError:
        raise MappingError(TABLE, f"{system}:{code}", f"on {on}") from None
