"""The refund as it is stored, with its lines and signatures; mandates and stop switches. Frozen and small."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from jobs.refunds.policy import DEFAULT_STEPS, Step
from jobs.refunds.rules import terms_hash
from mappings.canonical.payment import RefundRoute, RefundState

ORDERS = "orders:"
"""Begins the key of an effect that carries many transfer orders; a single refund's key begins with ``refund:``."""


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund. Amounts are whole đồng, times UTC.

    Attributes:
        key: of the intent; the same one is the same refund for ever.
        payment: reference of the payment.
        waiting_for: ``account``, ``papers``, ``treasury``, ``person``, ``other_refund``, ``unit_account`` or empty.
        steps: signatures that it needs, in order.
        opened_by: rule, key or person that wrote it down; ``requested_by``: the person who asks (at first the same).
        payer_account: ours, that a transfer is paid from; ``unit``: whose refunds payable carries it in the ledger.
        of_reversal: the bank took the money, the provider never got it: there is a claim, no receivable.
        effect_key: of the planned effect; ``None``: it waits.
        overdue: the cut-off and one session more are past without a word; a person has it.
        replaces: id of the refund that the bank sent back.
    """

    id: int
    reference: str
    key: str
    attempt_id: int
    payment: str
    provider: str
    terminal: str
    amount: int
    cause: str
    route: RefundRoute
    opened_by: str
    requested_by: str
    requested_at: datetime
    reason: str = ""
    stage: str = ""
    dossier_code: str = ""
    one_at_a_time: bool = False
    state: RefundState = RefundState.REQUESTED
    waiting_for: str = ""
    document_number: str = ""
    payee_bank: str = ""
    payee_account: str = ""
    payee_name: str = ""
    payee_other: bool = False
    payee_paper: str = ""
    payee_holder: str = ""
    payer_account: str = ""
    unit: str = ""
    of_reversal: bool = False
    steps: tuple[Step, ...] = DEFAULT_STEPS
    policy: str = ""
    legal_basis: str = ""
    approved_by: str | None = None
    approved_at: datetime | None = None
    terms_hash: str | None = None
    effect_key: str | None = None
    code: str = ""
    message: str = ""
    provider_reference: str | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    next_look_up_at: datetime | None = None
    asks: int = 0
    overdue: bool = False
    replaces: int | None = None
    updated_at: datetime | None = None

    @property
    def subject(self) -> str:
        """How time line and audit name it."""
        return f"refund:{self.reference}"

    @property
    def channel(self) -> str:
        """Whose stop switch it goes by: the gateway, or ``statements`` for bank and treasury."""
        return self.provider if self.route is RefundRoute.GATEWAY else "statements"

    def terms(self) -> str:
        """The hash of what an approval approves."""
        return terms_hash(
            reference=self.reference,
            payment=self.payment,
            amount=self.amount,
            route=self.route,
            cause=self.cause,
            reason=self.reason,
            payee_bank=self.payee_bank,
            payee_account=self.payee_account,
            payee_name=self.payee_name,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """What of one fee line goes back; ``unit`` and ``item`` name its account in the ledger."""

    fee_line_id: int
    amount: int
    unit: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature under a refund."""

    step: Step
    person: str
    at: datetime
    terms_hash: str


@dataclass(frozen=True, slots=True)
class Mandate:
    """A standing mandate (văn bản ủy quyền): its limits are 0 until set, and one signature alone puts nothing in force."""

    number: str
    causes: tuple[str, ...]
    limit_per_refund: int
    limit_per_day: int
    valid_from: date
    valid_until: date
    signed_first: str
    signed_second: str | None = None
    revoked_at: datetime | None = None

    def covers(self, *, cause: str, amount: int, spent_today: int, day: date) -> bool:
        """Whether a refund may go by it; ``spent_today`` is what went by it on the local day already."""
        return (
            self.revoked_at is None
            and self.signed_second not in (None, self.signed_first)
            and cause in self.causes
            and self.valid_from <= day <= self.valid_until
            and amount <= self.limit_per_refund
            and spent_today + amount <= self.limit_per_day
        )


@dataclass(frozen=True, slots=True)
class Switch:
    """The stop switch of one provider; a limit of 0 is none.

    Attributes:
        day_amount, day_rejected: of the local ``day``: đồng sent, refunds refused.
    """

    provider: str
    kind: str = "refund"
    stopped_at: datetime | None = None
    stopped_by: str = ""
    reason: str = ""
    limit_amount: int = 0
    limit_rejected: int = 0
    limit_unknown: int = 0
    day: date | None = None
    day_amount: int = 0
    day_rejected: int = 0
