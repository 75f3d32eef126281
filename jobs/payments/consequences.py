"""Everything that follows from a batch of news, gathered first and written set by set: one statement per kind of row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.effects.model import NewEffect
from jobs.fees import service as fees
from jobs.intake.model import NewCase, NewEvent
from jobs.ledger.posting import Posting, post
from jobs.payments.model import Attempt

if TYPE_CHECKING:
    from jobs.payments.ports import Owed
    from jobs.store.ports import Tx


@dataclass(frozen=True, slots=True)
class Debt:
    """Money of one payment that is owed back."""

    attempt_reference: str
    amount: int
    cause: str
    dossier_code: str
    stage: str

    @property
    def cause_key(self) -> str:
        """The same cause of the same payment is one refund."""
        return f"{self.cause}:{self.attempt_reference}"


@dataclass(slots=True)
class Consequences:
    """Rows to write."""

    attempts: dict[str, Attempt] = field(default_factory=dict)
    applied: list[tuple[int, int, int]] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    cases: list[NewCase] = field(default_factory=list)
    closed: dict[str, str] = field(default_factory=dict)
    effects: list[NewEffect] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)
    paid_dossiers: set[str] = field(default_factory=set)

    def write(self, tx: Tx, owed: Owed) -> None:
        """Write everything into the given transaction."""
        tx.payments.save(list(self.attempts.values()))
        tx.payments.apply(self.applied)
        post(tx, *self.postings)
        tx.cases.open(self.cases)
        for key, reason in self.closed.items():
            tx.cases.close([key], reason)
        fees.settle_states(tx, self.paid_dossiers)
        tx.effects.plan(self.effects)
        for debt in self.debts:
            owed.open(
                tx,
                attempt_reference=debt.attempt_reference,
                amount=debt.amount,
                cause=debt.cause,
                cause_key=debt.cause_key,
                dossier_code=debt.dossier_code,
                stage=debt.stage,
            )
        tx.events.add(self.events)
