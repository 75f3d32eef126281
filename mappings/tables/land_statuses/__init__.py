"""What a land register's status code means to us, by the day. The table is ``statuses.csv`` beside this file; assumed, row by row."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from mappings.canonical.dossier import DossierState
from mappings.errors import MappingError
from mappings.tables.dated import added

TABLE = "land_statuses"
PROGRESS, END = "progress", "end"


@dataclass(frozen=True, slots=True)
class LandStatus:
    """One row.

    Attributes:
        list: ``progress`` or ``end``.
        national: the portal's number, 1 to 10.
        assumed: nobody at the register's side has confirmed this row.
    """

    list: str
    code: str
    state: DossierState
    national: int
    name_vi: str
    valid_from: date
    valid_to: date | None
    assumed: bool

    def holds(self, on: date) -> bool:
        """Whether the row holds on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@cache
def statuses() -> tuple[LandStatus, ...]:
    """The whole table, in its order."""
    text = resources.files(__name__).joinpath("statuses.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(
        LandStatus(
            row["list"],
            row["code"],
            DossierState(row["state"]),
            int(row["national"]),
            row["name_vi"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            row["confidence"] not in ("A", "B"),
        )
        for row in rows
    )


def meaning(of: str, code: str, on: date, overrides: Mapping[str, str] | None = None) -> DossierState:
    """Our state for ``code`` of the list ``of`` on that day.

    Args:
        overrides: a province's confirmed rows, ``progress/7`` → our word.

    Raises:
        MappingError: neither knows the code on that day, or an override is not in our words.
    """
    confirmed = (overrides or {}).get(f"{of}/{code}")
    if confirmed is not None:
        try:
            return DossierState(confirmed)
        except ValueError:
            raise MappingError(TABLE, code, f"the override {confirmed!r} is not in our words") from None
    person = added(f"land.{of}", "dossier_state", on, code=code)
    if person is not None:
        return DossierState(person.meaning)
    for row in statuses():
        if (row.list, row.code) == (of, code) and row.holds(on):
            return row.state
    raise MappingError(TABLE, f"{of}/{code}", f"on {on.isoformat()}")


def meaning_or_pending(
    of: str, code: str, on: date, overrides: Mapping[str, str] | None = None
) -> DossierState:
    """As :func:`meaning`; what is unknown is pending: shown, and no reason for any act."""
    try:
        return meaning(of, code, on, overrides)
    except MappingError:
        return DossierState.PENDING
