"""Who stands behind the level-1 part of an organisation code, as far as it is public. The list is ``agencies.csv`` beside this file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from mappings.codes.forms import unit_part
from mappings.errors import MappingError

TABLE = "agencies"


@dataclass(frozen=True, slots=True)
class Agency:
    """One row.

    Attributes:
        code: ``H22``, ``G15``.
        assumed: read out of counts, not said by anybody.
    """

    code: str
    name: str
    valid_from: date
    valid_to: date | None
    assumed: bool

    def holds(self, on: date) -> bool:
        """Whether the row is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@cache
def agencies() -> Mapping[str, tuple[Agency, ...]]:
    """Code → its rows."""
    text = resources.files(__name__).joinpath("agencies.csv").read_text("utf-8")
    found: dict[str, tuple[Agency, ...]] = {}
    for row in csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#")):
        one = Agency(
            row["code"],
            row["name"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            row["confidence"] == "D",
        )
        found[one.code] = (*found.get(one.code, ()), one)
    return found


def agency(code: str, on: date) -> Agency:
    """Whose code it was on that day; takes any code with a level-1 part in it (``000.00.01.H22``, ``KQ.G15.000031``).

    Raises:
        MappingError: it has no such part, or nobody is known for it on that day.
    """
    part = unit_part(code)
    for one in agencies().get(part, ()):
        if one.holds(on):
            return one
    raise MappingError(TABLE, part or code, f"on {on.isoformat()}; the official list is not public")
