"""What a dossier status number of the case system means to us. The table is ``statuses.csv`` beside this file.

It is marked assumed, row by row; a province that has the real list overrides rows in its settings.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from mappings.canonical.dossier import DossierStage, DossierState
from mappings.errors import MappingError
from mappings.tables.dated import open_row

TABLE = "igate_statuses"


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """One row of the table.

    Attributes:
        national: state of the National Portal, 1 to 10; ``None`` where none may be told.
        assumed: nobody at the case system's side has confirmed this row.
    """

    code: int
    state: DossierState
    stage: DossierStage
    name_vi: str
    national: int | None
    assumed: bool


@cache
def statuses() -> Mapping[int, StatusMeaning]:
    """The whole table, by number."""
    text = resources.files(__name__).joinpath("statuses.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {
        int(row["code"]): StatusMeaning(
            code=int(row["code"]),
            state=DossierState(row["state"]),
            stage=DossierStage(row["stage"]),
            name_vi=row["name_vi"],
            national=int(row["national"]) if row["national"] else None,
            assumed=row["confidence"] not in ("A", "B"),
        )
        for row in csv.DictReader(lines)
    }


def meaning(code: int, overrides: Mapping[int, str] | None = None) -> StatusMeaning:
    """The meaning of status ``code``; ``overrides`` are a province's confirmed rows, ``state`` or ``state/stage``.

    Raises:
        MappingError: neither knows the number, or an override is not in our words.
    """
    known = statuses().get(code)
    if overrides and code in overrides:
        state, _, stage = overrides[code].partition("/")
        try:
            confirmed = DossierState(state), DossierStage(stage)
        except ValueError:
            raise MappingError(TABLE, code, f"the override {overrides[code]!r} is not in our words") from None
        return StatusMeaning(
            code,
            *confirmed,
            name_vi=known.name_vi if known else f"Trạng thái {code}",
            national=known.national if known else None,
            assumed=False,
        )
    person = open_row("igate", "dossier_state", str(code))
    if person is not None:
        state = DossierState(person.meaning)
        same = known is not None and known.state is state
        return StatusMeaning(
            code,
            state,
            known.stage if known is not None and same else DossierStage.UNKNOWN,
            name_vi=known.name_vi if known else f"Trạng thái {code}",
            national=known.national if known is not None and same else None,
            assumed=False,
        )
    if known is None:
        raise MappingError(TABLE, code)
    return known


def meaning_or_pending(code: int, overrides: Mapping[int, str] | None = None) -> tuple[StatusMeaning, bool]:
    """As :func:`meaning`, but an unknown number is pending: shown, and no reason for any act. Second: known."""
    try:
        return meaning(code, overrides), True
    except MappingError:
        name = f"Trạng thái chưa biết ({code})"
        return StatusMeaning(code, DossierState.PENDING, DossierStage.UNKNOWN, name, None, True), False
