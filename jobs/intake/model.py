"""Dossiers, messages, events and cases as the work sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier as stored; see the columns of table ``dossier``.

    Attributes:
        code: the first code that we saw; later ones are aliases.
        current_code: what the case system calls it now; empty when it is ``code``.
        procedure: its name, for people.
        state: a value of :class:`mappings.canonical.dossier.DossierState`.
        closed_at: when we saw it refused, withdrawn or cancelled.
    """

    code: str
    state: str
    updated_at: datetime
    source_id: str = ""
    current_code: str = ""
    national_code: str = ""
    agency: str = ""
    agency_name: str = ""
    procedure: str = ""
    procedure_code: str = ""
    status: int | None = None
    status_known: bool = True
    stage: str = ""
    applicant_name: str = ""
    folded: str = ""
    seen_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def name_there(self) -> str:
        """The code that the case system knows it by."""
        return self.current_code or self.code


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A line of a time line. ``subject`` is ``payment:REFERENCE``, ``dossier:CODE`` …; ``facts`` holds no personal data."""

    kind: str
    subject: str
    actor: str
    dossier_code: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class NewCase:
    """Something that a person must look at. The same ``key`` is one case; ``amount`` is what is at risk."""

    kind: str
    key: str
    amount: int | None = None
    dossier_code: str | None = None
    deadline: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A stored message that waits to be worked on."""

    id: int
    source: str
    key: str
    received_at: datetime
    news: Mapping[str, Any] | None
    correlation_id: str = ""
