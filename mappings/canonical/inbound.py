"""What other systems send us about dossiers: new ones, news of handling, results, tax papers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, ResultPaper


class NewsKind(StrEnum):
    """What happened there."""

    NEW_DOSSIER = "new_dossier"
    STATE = "state"
    SUPPLEMENT_ASKED = "supplement_asked"
    SUPPLEMENT_RECEIVED = "supplement_received"
    FINISHED = "finished"
    TAX_NOTICE = "tax_notice"
    TAX_RECEIPT = "tax_receipt"
    WRONG_TAX_RESULT = "wrong_tax_result"
    UPDATE_ASKED = "update_asked"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True)
class DossierNews:
    """One verified message of another system about one dossier.

    Attributes:
        key: the same message twice has the same key: recorded once.
        state: what it means for us; ``PENDING`` when our tables do not know their code (``their_state`` keeps it).
        at: when it happened there, with zone; ``None``: not told.
        results: files as links that must be fetched, or already stored.
        facts: what the kind brings beside (tax rows, new due date), JSON values only.
        dossier: of ``NEW_DOSSIER``.
    """

    system: str
    kind: NewsKind
    key: str
    dossier_code: str
    state: DossierState = DossierState.PENDING
    their_state: str = ""
    at: datetime | None = None
    officer: str = ""
    note: str = ""
    results: tuple[ResultPaper, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    dossier: DossierFile | None = None
