"""Telling the case system that a fee is paid; and the counter's list where it cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jobs.effects.model import NewEffect
from jobs.fees.model import FeeLine
from jobs.intake.model import Dossier, NewCase
from jobs.payments.model import Attempt

if TYPE_CHECKING:
    from jobs.store.ports import Tx

SYSTEM, OPERATION = "igate", "confirm_fee"
UNCONFIRMED = "paid_unconfirmed"
"""Kind of the cases that make the list 'Đã thu, chưa ghi nhận trên iGate'."""
_DEADLINE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a dossier that was paid."""

    line: FeeLine
    amount: int


def effect_key(dossier_code: str, attempt_reference: str) -> str:
    """The same payment is told for the same dossier once."""
    return f"fee-paid:{dossier_code}:{attempt_reference}"


def case_key(dossier_code: str, attempt_reference: str) -> str:
    """The line of the counter's list."""
    return f"paid-unconfirmed:{dossier_code}:{attempt_reference}"


def effect(dossier: Dossier, attempt: Attempt, lines: Sequence[Told], correlation_id: str) -> NewEffect:
    """The call that tells the case system; it waits in the dossier's lane."""
    paid_at = attempt.paid_at
    return NewEffect(
        key=effect_key(dossier.code, attempt.reference),
        system=SYSTEM,
        operation=OPERATION,
        lane=dossier.code,
        payload={
            "dossier_code": dossier.name_there,
            "source_id": dossier.source_id,
            "status": dossier.status,
            "fee_lines": [
                {
                    "code": told.line.code,
                    "name": told.line.name,
                    "kind": told.line.kind,
                    "amount": told.amount,
                }
                for told in lines
            ],
            "amount": sum(told.amount for told in lines),
            "paid_at": paid_at.isoformat() if paid_at else "",
            "payment_reference": attempt.reference,
            "provider": attempt.provider,
        },
        dossier_code=dossier.code,
        reference=attempt.reference,
        correlation_id=correlation_id,
        cause="fee-paid",
    )


def unconfirmed(dossier_code: str, attempt_reference: str, amount: int, why: str, now: datetime) -> NewCase:
    """The line for the counter: collected, and the case system could not be told."""
    return NewCase(
        UNCONFIRMED,
        case_key(dossier_code, attempt_reference),
        amount,
        dossier_code,
        now + _DEADLINE,
        {"payment_reference": attempt_reference, "why": why},
    )


def unconfirmed_dossiers(tx: Tx) -> dict[str, list[str]]:
    """Dossier → keys of its open lines of the list; the feed looks at these dossiers again until each line is gone."""
    found: dict[str, list[str]] = {}
    for case in tx.cases.open_of_kind(UNCONFIRMED):
        if case["dossier_code"]:
            found.setdefault(case["dossier_code"], []).append(case["key"])
    return found
