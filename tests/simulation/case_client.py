"""The case system as the feed reads it: the world's dossiers in canonical types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mappings.canonical.dossier import (
    DossierHead,
    DossierStage,
    DossierState,
    FeeDemand,
    FeedPage,
    FeeKind,
    FeeLineDemand,
    FeesRead,
)
from tests.simulation.operations import Wire
from tests.simulation.world import CaseSystem, Dossier

PAGE = 1_000
RECEIVED, WORKED_ON, DONE, REFUSED, WITHDRAWN, CANCELLED = 1, 2, 4, 10, 11, 12
_MEANS = {
    RECEIVED: (DossierState.RECEIVED, DossierStage.INTAKE),
    WORKED_ON: (DossierState.PROCESSING, DossierStage.PROCESSING),
    DONE: (DossierState.DONE, DossierStage.RESULT),
    REFUSED: (DossierState.REFUSED, DossierStage.PROCESSING),
    WITHDRAWN: (DossierState.WITHDRAWN, DossierStage.PROCESSING),
    CANCELLED: (DossierState.CANCELLED, DossierStage.INTAKE),
}


class CaseClient:
    """Answers ``changed_since`` and ``fees`` out of the world's books, over a wire that fails."""

    def __init__(self, cases: CaseSystem, wire: Wire) -> None:
        self._cases, self._wire = cases, wire

    def changed_since(self, since: datetime, page: int) -> FeedPage:
        found, more = self._wire.read(
            "changed_since", "", lambda: self._cases.changed_since(since, page, PAGE)
        )
        return FeedPage(tuple(_head(dossier) for dossier in found), more)

    def fees_read(self, source_ids: Sequence[str]) -> FeesRead:
        codes = [source_id.removeprefix("id-") for source_id in source_ids]
        return self._wire.read(
            "fees", "", lambda: FeesRead(tuple(_demand(self._cases.dossiers[code]) for code in codes))
        )


def _head(dossier: Dossier) -> DossierHead:
    state, stage = _MEANS[dossier.status]
    return DossierHead(
        dossier.code, dossier.source_id, "", "H21", "Sở thử nghiệm", "1.000", "Thủ tục thử nghiệm", dossier.status,
        state, stage, "", dossier.updated_at, None, None,
    )  # fmt: skip


def _demand(dossier: Dossier) -> FeeDemand:
    paid = bool(dossier.confirmed)
    lines = tuple(
        FeeLineDemand(
            line.code, line.name, FeeKind(line.kind), line.amount, required=True, paid=paid, unit="H21",
            account="0011001234567", chapter="018", item="2716",
        )
        for line in dossier.lines
    )  # fmt: skip
    return FeeDemand(dossier.code, dossier.source_id, lines)
