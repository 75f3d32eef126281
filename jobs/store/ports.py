"""What the work asks of its store. Two implementations (PostgreSQL, memory) pass one contract suite."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from jobs.effects.ports import EffectRows
    from jobs.fees.ports import FeeRows
    from jobs.intake.ports import CaseRows, DossierRows, EventRows, InboxRows
    from jobs.ledger.ports import LedgerRows
    from jobs.payments.ports import PaymentRows
    from jobs.refunds.ports import RefundRows

Boundary = Callable[[str], None]
"""Called with the name of a crash point (``before-commit:NAME``, ``after-commit:NAME``); does nothing in production."""

R = TypeVar("R")


class Tx(Protocol):
    """One transaction: one fact and the work that follows from it."""

    name: str
    now: datetime  # the transaction's time by the installation's clock, UTC

    @property
    def effects(self) -> EffectRows: ...
    @property
    def inbox(self) -> InboxRows: ...
    @property
    def dossiers(self) -> DossierRows: ...
    @property
    def events(self) -> EventRows: ...
    @property
    def cases(self) -> CaseRows: ...
    @property
    def ledger(self) -> LedgerRows: ...
    @property
    def fees(self) -> FeeRows: ...
    @property
    def payments(self) -> PaymentRows: ...
    @property
    def refunds(self) -> RefundRows: ...

    def wake(self, queue: str) -> None:
        """Wake the workers of ``queue`` after the commit; harmless to repeat, lost without damage."""
        ...


class Store(Protocol):
    """Opens transactions. Nothing is visible to others, and nothing is woken, before the commit."""

    def transaction(self, name: str) -> AbstractContextManager[Tx]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Raises:
            StoreUnavailable: nothing was stored.
            SerialConflict: rolled back, may be run again.
            CommitUnknown: the answer to COMMIT was lost.
        """
        ...

    def run(self, name: str, work: Callable[[Tx], R]) -> R:
        """``work`` in a transaction, again after a serial conflict (at most five times).

        ``work`` must be free of outside effects.
        """
        ...
