"""Dossier states of the National Public Service Portal, 1 to 10. The table is ``statuses.csv`` beside this file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from mappings.errors import MappingError

TABLE = "national_statuses"


@dataclass(frozen=True, slots=True)
class NationalStatus:
    """One row. ``carries_fees``: an update to this state may carry the list of fees and papers."""

    code: int
    name_vi: str
    name_en: str
    final: bool
    carries_fees: bool


@cache
def statuses() -> Mapping[int, NationalStatus]:
    """The whole table, by number."""
    text = resources.files(__name__).joinpath("statuses.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {
        int(row["code"]): NationalStatus(
            int(row["code"]), row["name_vi"], row["name_en"], row["final"] == "1", row["carries_fees"] == "1"
        )
        for row in csv.DictReader(lines)
    }


def status(code: int) -> NationalStatus:
    """The state with number ``code``.

    Raises:
        MappingError: the portal has no such state.
    """
    try:
        return statuses()[code]
    except KeyError:
        raise MappingError(TABLE, code) from None
