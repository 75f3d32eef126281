"""The payment attempt and what it pays. Amounts are whole đồng."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mappings.canonical.payment import AttemptState


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to pay. What was agreed with the payer (reference, amount, terminal, request time) never changes.

    Attributes:
        key: the caller's; the same key is the same attempt.
        request_time: as sent, to the character: look-ups must repeat it. ``None``: somebody else sent the request.
        paid_amount: what refunds of it may not exceed; set when PAID or REVERSED.
        next_look_up_at: when its outcome is asked about next; set while it is unresolved.
        asks: look-ups planned so far.
        code: the provider's last word.
    """

    id: int
    reference: str
    key: str | None
    channel: str
    provider: str
    terminal: str
    amount: int
    state: AttemptState
    created_at: datetime
    expires_at: datetime | None
    request_time: str | None = None
    payment_url: str | None = None
    provider_reference: str | None = None
    bank_reference: str | None = None
    bank_code: str | None = None
    code: str = ""
    paid_at: datetime | None = None
    paid_amount: int | None = None
    next_look_up_at: datetime | None = None
    asks: int = 0
    payer_address: str = ""
    language: str = "vi"
    opened_by: str = ""


@dataclass(frozen=True, slots=True)
class Allocated:
    """What of an attempt pays one fee line.

    Attributes:
        amount: what was meant for the line when the attempt was opened.
        applied: what counted when the money came; the rest of the payment is surplus.
        taken_back: of ``applied``, refunded or held for refunds.
        line: the line's name across versions (:attr:`jobs.fees.model.FeeLine.name_of_line`).
    """

    attempt_id: int
    fee_line_id: int
    dossier_code: str
    line: str
    kind: str
    unit: str
    account: str
    chapter: str
    item: str
    share_kept_percent: int
    amount: int
    applied: int = 0
    taken_back: int = 0


@dataclass(frozen=True, slots=True)
class Terminal:
    """A merchant's number at a provider, for a time.

    Attributes:
        unit: whose it is.
        account: where the provider pays its sessions.
        ipn_owner: ``lienthong`` or ``igate``: who is told by notification. It has one address only.
        valid_to: the last day, or ``None``.
    """

    provider: str
    code: str
    unit: str
    account: str
    ipn_owner: str
    valid_from: date
    valid_to: date | None = None
