"""The wire shapes of ``/api/v1``. Amounts are whole đồng beside their currency, ids are texts, times RFC 3339."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_AMOUNT = 999_999_999_999

DossierCode = Annotated[str, StringConstraints(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9._/-]+$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{16}$")]
Sentence = Annotated[str, StringConstraints(min_length=3, max_length=500)]
Amount = Annotated[int, Field(ge=1, le=MOST_AMOUNT, strict=True)]


class Command(BaseModel):
    """A body that commands something: a field that we do not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Shown(BaseModel):
    """A body that we answer with."""

    model_config = ConfigDict(frozen=True)


class Money(Shown):
    """An amount in whole đồng."""

    amount: int
    currency: Literal["VND"] = "VND"


class OpenPayment(Command):
    """Open a payment attempt for the open fees of a dossier."""

    dossier_code: DossierCode
    channel: Literal["vnpay", "payment_platform", "momo", "zalopay", "vietqr"]
    amount: Amount = Field(description="What the caller believes is due; another amount is refused with 412.")
    payer_address: Annotated[str, StringConstraints(min_length=2, max_length=45)] = Field(
        description="The payer's network address, as the gateway asks for it."
    )
    language: Literal["vi", "en"] = "vi"


class Payment(Shown):
    """A payment attempt."""

    id: str
    dossier_code: str | None
    channel: str
    state: str
    amount: int
    currency: Literal["VND"] = "VND"
    payment_url: str | None = None
    qr_code: str | None = Field(
        default=None,
        description="The text of a VietQR code, to be drawn for the payer; only while it may be paid.",
    )
    created_at: datetime
    expires_at: datetime | None = None
    paid_at: datetime | None = None
    provider_reference: str | None = None


class ProposeRefund(Command):
    """Propose a refund of a payment; a person approves it on a page."""

    payment_id: Reference
    amount: Amount
    refundable_amount: Annotated[int, Field(ge=1, le=MOST_AMOUNT, strict=True)] = Field(
        description="What the caller believes is still refundable; another amount is refused with 412."
    )
    cause: Literal[
        "refused",
        "withdrawn",
        "cancelled",
        "paid_twice",
        "paid_too_much",
        "reversed",
        "late_payment",
        "fee_lowered",
        "other",
    ]
    reason: Sentence


class Refund(Shown):
    """A refund and where it stands; only ``SETTLED`` means seen on a statement."""

    id: str
    payment_id: str
    dossier_code: str | None
    state: str
    amount: int
    currency: Literal["VND"] = "VND"
    cause: str
    reason: str
    route: str | None
    waiting_for: str | None = None
    document_number: str | None = None
    requested_at: datetime


class Happening(Shown):
    """One entry of a dossier's time line."""

    at: datetime
    kind: str
    subject: str
    actor: str


class FeeShown(Shown):
    """A fee demand."""

    id: str
    state: str
    amount: int
    currency: Literal["VND"] = "VND"


class Dossier(Shown):
    """A dossier: what is due, paid and refunded, and its time line, newest first, at most 200 entries."""

    code: str
    state: str
    agency: str | None
    procedure: str | None
    updated_at: datetime
    fees: list[FeeShown]
    payments: list[Payment]
    refunds: list[Refund]
    timeline: list[Happening]


class TroubleShown(Shown):
    """Something in a file that could not be read or does not add up."""

    code: str
    where: str
    field: str
    detail: str


class StatementLoaded(Shown):
    """What became of an uploaded file."""

    id: str
    format: str
    loaded: bool
    repeated: bool = Field(description="The same file was loaded before; nothing changed.")
    lines: int
    troubles: list[TroubleShown]


class ProblemError(Shown):
    """One field of a problem."""

    pointer: str
    code: str | None = None
    detail: str


class ProblemDocument(Shown):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    trace_id: str
    detail: str | None = None
    errors: list[ProblemError] | None = None
