"""What reconciliation asks of the rest of the house, and the facts it hands over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, LiteralString, Protocol

from jobs.reconciliation.sessions import WorkingDays
from jobs.store.postgres.tx import PgTx
from mappings.canonical.payment import PaymentNews, RefundNews
from mappings.canonical.statement import Trouble


@dataclass(frozen=True, slots=True)
class Credited:
    """A bank line that names a payment: the line's id, the payment's reference. ``amount`` in đồng, above 0."""

    line: int
    reference: str
    account: str
    amount: int
    value_on: date


class Calendar(WorkingDays, Protocol):
    """The working calendar."""

    def deadline(self, start: datetime, working_days: int) -> datetime:
        """The moment ``working_days`` working days after ``start``."""
        ...


class Remedies(Protocol):
    """What a rule may set in motion by itself. Everything happens in the given transaction; repeats change nothing."""

    def payment_seen(self, tx: PgTx, news: PaymentNews) -> None:
        """A gateway's file says paid: the attempt becomes PAID if it agrees, and the case system is told."""
        ...

    def refund_seen(self, tx: PgTx, news: RefundNews) -> None:
        """A file or a bank line settles a refund, or brings it back."""
        ...

    def payments_credited(self, tx: PgTx, lines: Sequence[Credited]) -> Collection[int]:
        """Bank lines show payments' own money: booked where the provider pays straight to the unit's account.

        Returns:
            Lines whose payment has its money already: this money is another's, and is not booked.
        """
        ...

    def ask_gateway(self, tx: PgTx, kind: int, reference: str) -> None:
        """Look the payment (1) or refund (2) up at its provider now."""
        ...

    def refund_owed(self, tx: PgTx, reference: str, amount: int, cause: str) -> None:
        """Open a refund of a payment; it still needs two people."""
        ...

    def post(self, tx: PgTx, event: str, document: str, amounts: Mapping[str, int], value_day: date) -> None:
        """Post an event of the posting table once per document, into the open period."""
        ...

    def take_back(self, tx: PgTx, event: str, document: str, actor: str) -> None:
        """Turn round what is booked for a document, by a counter-entry; nothing when nothing stands."""
        ...

    def explained(self, tx: PgTx, lines: Sequence[int]) -> None:
        """Bank lines found their place: what stood in suspense for them is turned round."""
        ...


@dataclass(frozen=True, slots=True)
class OursSource:
    """Our own side as SQL relations with ``rules.LINE_COLUMNS`` but ``due``, and ``dossier_code``.

    Attributes:
        by_reference: takes ``%(references)s`` and ``%(provider_references)s`` (text arrays).
        by_session: takes ``%(days)s`` (date array): lines whose local day is one of them.
    """

    by_reference: LiteralString
    by_session: LiteralString


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a loaded file.

    Attributes:
        repeated: the same bytes were loaded before; nothing changed.
        version: 2 and more for a changed file; ``difference`` then counts added, removed and changed rows.
    """

    id: str
    format: str
    loaded: bool
    repeated: bool = False
    lines: int = 0
    troubles: Sequence[Trouble] = ()
    version: int = 1
    difference: Mapping[str, Any] = field(default_factory=dict)
    breaks: int = 0


@dataclass(frozen=True, slots=True)
class Understood:
    """What was read of a file before it is loaded."""

    format: str
    loadable: bool
    facts: Sequence[dict[str, Any]]
    troubles: Sequence[Trouble]


@dataclass(frozen=True, slots=True)
class FileOfDay:
    """A loaded file that speaks of a day."""

    name: str
    account: str
    at: datetime
    lines: int
    matched: int


@dataclass(frozen=True, slots=True)
class Closing:
    """The closing of one account and day; ``state`` is ``open`` or ``closed``."""

    account: str
    state: str
    proposed_by: str | None = None
    confirmed_by: str | None = None
    note: str = ""


class Recorded:
    """Remedies that only remember what was asked; for tools and tests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def payment_seen(self, tx: PgTx, news: PaymentNews) -> None:  # noqa: ARG002 - the port's shape
        self.asked.append(("payment_seen", news))

    def refund_seen(self, tx: PgTx, news: RefundNews) -> None:  # noqa: ARG002 - the port's shape
        self.asked.append(("refund_seen", news))

    def payments_credited(self, tx: PgTx, lines: Sequence[Credited]) -> Collection[int]:  # noqa: ARG002
        self.asked += [("payment_credited", line) for line in lines]
        return ()

    def ask_gateway(self, tx: PgTx, kind: int, reference: str) -> None:  # noqa: ARG002 - the port's shape
        self.asked.append(("ask_gateway", (kind, reference)))

    def refund_owed(self, tx: PgTx, reference: str, amount: int, cause: str) -> None:  # noqa: ARG002
        self.asked.append(("refund_owed", (reference, amount, cause)))

    def post(self, tx: PgTx, event: str, document: str, amounts: Mapping[str, int], value_day: date) -> None:  # noqa: ARG002
        self.asked.append(("post", (event, document, dict(amounts), value_day)))

    def take_back(self, tx: PgTx, event: str, document: str, actor: str) -> None:  # noqa: ARG002 - the port's shape
        self.asked.append(("take_back", (event, document)))

    def explained(self, tx: PgTx, lines: Sequence[int]) -> None:  # noqa: ARG002 - the port's shape
        self.asked.append(("explained", tuple(lines)))
