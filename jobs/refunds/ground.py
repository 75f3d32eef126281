"""What the refunds of one installation stand on: names, chance, calendar, people, audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.kit.seams import Chance, Ids
from jobs.intake.model import NewCase
from jobs.payments.gateways import GATEWAYS, Gateway
from jobs.reconciliation.ports import Calendar
from jobs.refunds import schedule
from jobs.refunds.model import Refund
from jobs.refunds.ports import Audit, People
from jobs.refunds.schedule import NextAsk

RULE = "rule:refunds"
WITHIN = {
    "refund_rejected": 1, "refund_unknown": 1, "refund_contrary": 1, "refund_mismatch": 1, "refund_no_policy": 2,
    "refund_not_sent": 1, "refund_returned": 2, "refund_no_payer": 2, "refund_tax": 5, "refund_stopped": 1,
    "refund_unplaced": 5,
}  # fmt: skip
"""Kind of case → working days until somebody must have dealt with it (by risk: refund practice, §7)."""


class NoChance:
    """No spread: for plays where everything must be told beforehand."""

    def random(self) -> float:
        """Always 0."""
        return 0.0


@dataclass(frozen=True, slots=True)
class Ground:
    """Collaborators; no state of its own.

    Attributes:
        chance: spreads look-ups.
        people: who has which right at a moment (``jobs.refunds.people``).
        audit: writes the audit row of an act into its transaction (``jobs.access.audit.record``).
        gateways: what each way to pay can do, by provider.
    """

    ids: Ids
    chance: Chance
    calendar: Calendar
    people: People
    audit: Audit
    gateways: Mapping[str, Gateway] = field(default_factory=lambda: GATEWAYS)

    def next_ask(self, refund: Refund, now: datetime) -> NextAsk:
        """When the outcome of a refund is asked for next."""
        return schedule.next_ask(
            sent_at=refund.sent_at or now,
            asked=refund.asks,
            now=now,
            calendar=self.calendar,
            spread=self.chance.random(),
        )

    def case(
        self,
        kind: str,
        key: str,
        now: datetime,
        *,
        amount: int | None,
        dossier_code: str,
        evidence: Mapping[str, Any],
    ) -> NewCase:
        """A person's task with its deadline."""
        deadline = self.calendar.deadline(now, WITHIN[kind])
        return NewCase(kind, key, amount, dossier_code or None, deadline, evidence)

    def case_of(self, kind: str, refund: Refund, now: datetime, **evidence: Any) -> NewCase:
        """A person's task about one refund; one of each kind per refund."""
        return self.case(
            kind,
            f"{kind}:{refund.reference}",
            now,
            amount=refund.amount,
            dossier_code=refund.dossier_code,
            evidence={"refund_reference": refund.reference, "payment_reference": refund.payment, **evidence},
        )
