"""Dossier states of the National Public Service Portal, 1 to 10. Tables: ``statuses.csv`` (theirs), ``states.csv`` (ours)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from mappings.canonical.dossier import DossierState
from mappings.errors import MappingError
from mappings.tables.dated import open_row

TABLE = "national_statuses"


@dataclass(frozen=True, slots=True)
class NationalStatus:
    """One row.

    Attributes:
        carries_fees: an update to this state may carry the list of fees and papers.
        state: what it means to us.
    """

    code: int
    name_vi: str
    name_en: str
    final: bool
    carries_fees: bool
    state: DossierState


@cache
def statuses() -> Mapping[int, NationalStatus]:
    """The whole table, by number."""
    return {
        int(row["code"]): NationalStatus(
            code=int(row["code"]),
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            final=row["final"] == "1",
            carries_fees=row["carries_fees"] == "1",
            state=DossierState(row["state"]),
        )
        for row in _rows("statuses.csv")
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


@cache
def numbers() -> Mapping[tuple[DossierState, bool], int]:
    """(our state, accepted by the office) → the portal's number."""
    found = {
        (DossierState(row["state"]), row["accepted"] == "1"): int(row["code"]) for row in _rows("states.csv")
    }
    return MappingProxyType(found)


def number_of(state: DossierState, *, accepted: bool) -> int:
    """The portal's number for our state.

    Args:
        accepted: whether the office had taken the dossier in when it came to this state.

    Raises:
        MappingError: ``PENDING``: what we cannot read ourselves is told to nobody.
    """
    try:
        return numbers()[state, accepted]
    except KeyError:
        raise MappingError(TABLE, state.value, "it is not told") from None


def state_or_pending(code: object) -> DossierState:
    """What their number means to us; one that neither they publish nor people added is pending: shown, no reason for any act."""
    known = statuses().get(code) if type(code) is int else None
    if known is not None:
        return known.state
    person = open_row("dvcqg", "dossier_state", str(code))
    return DossierState(person.meaning) if person is not None else DossierState.PENDING


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__name__).joinpath(name).read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines))
