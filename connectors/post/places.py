"""The Post's own codes of provinces and districts, beside the statistics office's. The table is the Post's to give."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path

from mappings.canonical.party import Place
from mappings.errors import MappingError

TABLE = "post_places"
SANDBOX = "sandbox"
_COLUMNS = ("unit", "province", "district", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class PostPlace:
    """Where something goes, in the Post's numbers."""

    province: int
    district: int


@dataclass(frozen=True, slots=True)
class _Row:
    unit: str
    place: PostPlace
    valid_from: date
    valid_to: date | None


class Places:
    """Total look-ups: a place, or :class:`MappingError`."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._rows: dict[str, list[_Row]] = {}
        for row in rows:
            self._rows.setdefault(row.unit, []).append(row)

    def of(self, place: Place, today: date) -> PostPlace:
        """The Post's numbers of ``place``: by its commune, else by its district of old, else by its province.

        Args:
            today: the day whose table holds.

        Raises:
            MappingError: the table has none of the three. The place itself stands in no message.
        """
        for unit in (place.commune, place.district and f"{place.province}.{place.district}", place.province):
            for row in self._rows.get(unit, []) if unit else []:
                if row.valid_from <= today and (row.valid_to is None or today <= row.valid_to):
                    return row.place
        raise MappingError(TABLE, place.commune or place.province or "no code", "ask the Post for its table")


@lru_cache(maxsize=8)
def places(file: str) -> Places:
    """The table in ``file``, or the sandbox's made-up one.

    Raises:
        ValueError: a line that is not as described in docs/systems/post.md; the message names it.
        OSError: no such file.
    """
    if file == SANDBOX:
        text = resources.files("connectors.post.contract").joinpath("places.csv").read_text("utf-8")
    elif file:
        text = Path(file).read_text("utf-8-sig")
    else:
        return Places([])
    return Places(_rows(text))


def _rows(text: str) -> list[_Row]:
    numbered = [
        (at, line) for at, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")
    ]
    if not numbered or tuple(numbered[0][1].split(",")) != _COLUMNS:
        raise ValueError(f"places_file: the first line is {','.join(_COLUMNS)}")
    found = []
    for (at, _), row in zip(numbered[1:], csv.DictReader(line for _, line in numbered), strict=True):
        try:
            found.append(_row(row))
        except (ValueError, TypeError, AttributeError) as exc:
            raise ValueError(f"places_file: line {at} cannot be read: {exc}") from exc
    return found


def _row(row: dict[str, str]) -> _Row:
    if not row["unit"].replace(".", "").isdigit():
        raise ValueError("unit is a code of the statistics office")
    return _Row(
        unit=row["unit"],
        place=PostPlace(int(row["province"]), int(row["district"])),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )
