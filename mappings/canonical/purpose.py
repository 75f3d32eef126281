"""Why somebody's data was asked of a national database. A record of it holds no personal data itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """What must be told before a national database is asked about a person.

    Attributes:
        request_id: ours, unique for ever; leaves us as the request's own id.
        procedure: code of the procedure that justifies the look; local or national.
        unit: code of the agency that asks.
        officer: account of the officer in our own system (e-mail); the other side's account is found by settings.
        dossier_code: the dossier for which it is asked.
    """

    request_id: str
    procedure: str
    unit: str
    officer: str
    dossier_code: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """One look at one person's data, as the ledger of purposes keeps it.

    Attributes:
        request_id: as it left us, so that the other side's log and ours can be laid side by side.
        system, operation: what was asked.
        procedure: the national code that left us; ``unit``, ``officer``: ours.
        subject_digest: keyed digest of the person's number: the same person has the same digest under one key, and
            nobody without the key can try numbers against it. Never the number.
        at: when it was about to leave, with zone.
    """

    request_id: str
    system: str
    operation: str
    procedure: str
    unit: str
    officer: str
    dossier_code: str
    subject_digest: str
    at: datetime


__all__ = ["Purpose", "Reason"]
