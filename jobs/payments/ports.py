"""What payments ask of their rows, of the channels, and of whoever opens refunds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from jobs.effects.model import NewEffect
from jobs.payments.model import Allocated, Attempt, Terminal

if TYPE_CHECKING:
    from jobs.store.ports import Tx


class PaymentRows(Protocol):
    """Attempts, their allocations, and terminals, inside one transaction."""

    def create(self, attempt: Attempt, lines: Sequence[tuple[int, int]]) -> Attempt | None:
        """Store a new attempt (its ``id`` is ignored) that pays (fee line id, amount); ``None``: key or reference is taken."""
        ...

    def by_reference(self, reference: str) -> Attempt | None: ...
    def by_key(self, key: str) -> Attempt | None: ...

    def known(self, references: Iterable[str]) -> set[str]:
        """Those of the references that name an attempt."""
        ...

    def lock(self, references: Iterable[str]) -> dict[str, Attempt]:
        """Attempts by reference, locked in one order until the commit. Lock their dossiers before."""
        ...

    def save(self, attempts: Sequence[Attempt]) -> None:
        """Store what may change of locked attempts.

        Raises:
            IllegalTransition: (memory) or a check violation (PostgreSQL) where the published edges do not have the step.
        """
        ...

    def allocated(self, references: Iterable[str]) -> dict[str, list[Allocated]]:
        """What attempts pay, by reference, in order of the lines."""
        ...

    def apply(self, applied: Sequence[tuple[int, int, int]]) -> None:
        """Store (attempt id, fee line id, applied)."""
        ...

    def take_back(self, changes: Sequence[tuple[int, int, int]]) -> None:
        """Add (attempt id, fee line id, đồng) to what is refunded or held of a line; negative gives it back.

        The store refuses less than nothing and more than was applied.
        """
        ...

    def of_dossier(self, dossier_code: str) -> list[Attempt]:
        """Attempts that pay lines of a dossier, oldest first."""
        ...

    def due_look_ups(self, now: datetime, most: int) -> list[Attempt]:
        """Attempts whose look-up is due, oldest first, locked; those that somebody else holds are left out."""
        ...

    def expiring(self, now: datetime, most: int) -> list[Attempt]:
        """Attempts whose page has closed: CREATED, SENT, and UNKNOWN ones whose page nobody ever got.

        Locked; those that somebody else holds are left out.
        """
        ...

    def terminals(self, provider: str, code: str) -> list[Terminal]:
        """All periods of one terminal, oldest first."""
        ...

    def add_terminal(self, terminal: Terminal) -> None: ...
    def close_terminal(self, provider: str, code: str, last_day: date) -> None: ...


class Owed(Protocol):
    """Opens refunds that a cause makes owed. The policy row in force decides full, part or none; no row: a person's case."""

    def open(
        self,
        tx: Tx,
        *,
        attempt_reference: str,
        amount: int,
        cause: str,
        cause_key: str,
        dossier_code: str,
        stage: str = "",
    ) -> None:
        """Money of one payment is owed back; the same ``cause_key`` is one refund.

        Causes: paid_twice, paid_too_much, reversed, late_payment, other.
        """
        ...

    def dossier_closed(self, tx: Tx, dossier_code: str, reason: str, stage: str) -> None:
        """A dossier was refused, withdrawn or cancelled: what was paid for it may be owed."""
        ...

    def fee_lowered(self, tx: Tx, dossier_code: str) -> None:
        """Less is due than was paid: the difference is owed."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """What a channel needs to ask for a payment.

    Attributes:
        description: letters, digits and spaces only, so that no encoder can disagree.
        receipt: facts for a receipt, by canonical names.
    """

    reference: str
    dossier_code: str
    amount: int
    created: datetime
    expires: datetime
    description: str
    payer_address: str
    language: str
    receipt: dict[str, object]
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the payer gets to the payment page.

    Attributes:
        request_time: as it is (or will be) sent, to the character.
        payment_url: empty when it comes with the effect's answer.
        effect: what has to be called first, in the same transaction.
    """

    request_time: str
    payment_url: str = ""
    effect: NewEffect | None = None


class Channel(Protocol):
    """A way to pay. Asking is pure: nothing leaves us before the attempt is committed.

    Attributes:
        minimum: smallest amount that it takes, đồng.
        straight: money goes to the collecting office's account, the provider owes us nothing.
    """

    @property
    def name(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def terminal(self) -> str: ...
    @property
    def minimum(self) -> int: ...
    @property
    def maximum(self) -> int: ...
    @property
    def straight(self) -> bool: ...
    @property
    def page_lives(self) -> timedelta: ...

    def ask(self, order: Order) -> Asked: ...
