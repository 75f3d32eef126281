"""An enterprise, cooperative or household business as the registers know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mappings.canonical.party import Party, PartyKind, PersonName, Place


class EnterpriseState(StrEnum):
    """As the register says; ``UNKNOWN`` keeps a word of theirs that our table does not hold."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DISSOLVING = "dissolving"
    DISSOLVED = "dissolved"
    CLOSED_TAX = "closed_tax"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Enterprise:
    """What a register answers about one code.

    Attributes:
        code: enterprise code, which is the tax code; 10 digits, branches 13.
        capital: charter capital in whole đồng; ``None``: not told.
        changes: how often the registration was changed.
    """

    code: str
    kind: PartyKind
    name: str
    state: EnterpriseState
    their_state: str = ""
    short_name: str = ""
    foreign_name: str = ""
    type_name: str = ""
    founded_on: date | None = None
    amended_on: date | None = None
    changes: int = 0
    capital: int | None = None
    head_office: Place | None = None
    representatives: tuple[PersonName, ...] = ()
    activities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RegistrationDossier:
    """A dossier at the business register as its lists tell it.

    Attributes:
        number: of the register's journal (IN_JOURNAL_NO); its key.
        code, tax_code: of the enterprise; empty while it has none.
        status: the register's own word or number; nobody has published what they are.
        contact: who handed it in; told for one dossier only. Personal.
    """

    number: str
    kind: str
    name: str
    status: str
    code: str = ""
    tax_code: str = ""
    office: str = ""
    received_on: date | None = None
    due_on: date | None = None
    enterprise_type: str = ""
    registered_on: date | None = None
    supplemented_on: date | None = None
    submission: str = ""
    contact: Party | None = None
