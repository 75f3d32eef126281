"""Words of the inbound work: what recording gives, kinds of cases, where a file came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mappings.canonical.dossier import DossierState
from mappings.canonical.file import FileRef
from mappings.canonical.inbound import DossierNews

MARK = "_inbound"
"""In a payload: which news an effect belongs to. Connectors do not read it."""
CAUSE = "inbound"

PARKED = "inbound_parked"
UNREADABLE = "inbound_unreadable"
UNKNOWN_STATE = "inbound_unknown_state"
ASKS = "inbound_asks"
TAX = "inbound_tax"
NO_FILE = "inbound_no_file"
NOT_TOLD = "inbound_not_told"
NOT_CREATED = "inbound_not_created"
NOT_CONFIRMED = "inbound_not_confirmed"
CASES = (PARKED, UNREADABLE, UNKNOWN_STATE, ASKS, TAX, NO_FILE, NOT_TOLD, NOT_CREATED, NOT_CONFIRMED)
"""Kinds of cases."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a message at the door.

    Attributes:
        new: at least one piece of news was not there before.
        refusal: why it is not taken, in words for the sender; empty: taken.
        given_code: the code of a dossier that began there, once it has one.
    """

    new: bool
    refusal: str = ""
    given_code: str = ""


Decide = Callable[[DossierNews, DossierState | None, bool], tuple[DossierNews | None, str]]
"""(news, our dossier's state or ``None``, recorded before) → the news to keep, or ``None`` and the words of the refusal."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a system has made of a dossier; see the columns of ``inbound_standing``."""

    system: str
    news_id: int
    state: DossierState | None
    seen: str
    told: bool
    moved_at: datetime | None
    answered_at: datetime | None


def origin(news: DossierNews, ref: FileRef) -> str:
    """Under which name a file of this news is stored: once per message, so that a corrected file is another one."""
    return f"{news.system}:{news.key}:{ref.id}"


def refs(news: DossierNews) -> list[FileRef]:
    """Every file that the news names."""
    papers = news.dossier.papers if news.dossier is not None else ()
    return [
        *(ref for paper in papers for ref in paper.files),
        *(result.file for result in news.results if result.file is not None),
    ]
