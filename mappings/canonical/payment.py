"""The payment attempt and the refund as every part of the project names them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AttemptState(StrEnum):
    """Where a payment attempt stands. PAID is final; contrary news raises an alarm, never a step back."""

    CREATED = "CREATED"  # stored with reference and request time; nothing has left us
    SENT = "SENT"  # the payer holds the address of the payment page
    PAID = "PAID"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"  # ours alone: money may still arrive
    UNKNOWN = "UNKNOWN"  # asked about until it ends
    SUSPECT = "SUSPECT"  # VNPAY 07: money taken, the provider waits for our decision
    REVERSED = "REVERSED"  # VNPAY 04: the bank took it, the provider did not: the citizen is owed


class RefundState(StrEnum):
    """Where a refund stands; see the edge table in ``jobs.refunds.rules``."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    RESERVED = "RESERVED"
    SENDING = "SENDING"
    ACCEPTED = "ACCEPTED"
    SENT_TO_BANK = "SENT_TO_BANK"
    SETTLED = "SETTLED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    RELEASED = "RELEASED"
    NOT_SENT = "NOT_SENT"
    UNKNOWN = "UNKNOWN"
    REJECTED = "REJECTED"
    RETURNED_BY_BANK = "RETURNED_BY_BANK"


class RefundRoute(StrEnum):
    """How the money goes back."""

    GATEWAY = "gateway"  # the provider's refund call
    TRANSFER = "transfer"  # bank transfer order file
    TREASURY = "treasury"  # treasury decision and payment order, with document number


class PaymentVerdict(StrEnum):
    """What a provider says of an attempt, translated."""

    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"
    SUSPECT = "suspect"
    REVERSED = "reversed"
    UNKNOWN = "unknown"


class RefundVerdict(StrEnum):
    """What a provider, a file or a bank line says of a refund, translated."""

    ACCEPTED = "accepted"
    SENT_TO_BANK = "sent_to_bank"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """Verified news of a payment attempt, from whichever door it came.

    Attributes:
        provider: ``vnpay``, ``payment_platform`` ...
        terminal: TmnCode or partner code that the news names.
        reference: our attempt reference (TxnRef, MaThamChieu).
        amount: whole đồng; ``None`` where the provider did not say.
        source: ``ipn``, ``query``, ``file`` or ``person``.
        code: the provider's own codes, as received, joined with ``/``.
        paid_at: when the provider says it was paid, with zone.
    """

    provider: str
    terminal: str
    reference: str
    amount: int | None
    currency: str
    verdict: PaymentVerdict
    source: str
    code: str = ""
    message: str = ""
    provider_reference: str | None = None
    bank_reference: str | None = None
    bank_code: str | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundNews:
    """News of a refund, by our refund reference.

    Attributes:
        amount: whole đồng the source speaks of, ``None`` where it does not say.
        source: ``answer``, ``query``, ``file``, ``statement`` or ``person``.
    """

    reference: str
    verdict: RefundVerdict
    source: str
    amount: int | None = None
    code: str = ""
    message: str = ""
    provider_reference: str | None = None
    return_reason: str | None = None
