"""How the money goes back: through the gateway, by bank transfer, or by the treasury. Pure; says why in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from jobs.payments.gateways import GATEWAYS, REQUEST_TIME, Gateway, RefundCall
from jobs.refunds.rules import names_agree
from mappings.canonical.payment import RefundRoute

COUNTER_CHANNELS = frozenset({"cash", "pos", "cod", "tien_mat"})
_UNKNOWN = Gateway("")


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of a payment and its money when a way back is looked for.

    Attributes:
        request_time: the payment's request time as sent; empty where we never saw it (learned from a file).
        terminal_open: the terminal is in force today and ours to use.
        state_money: it lies in a treasury account, or was remitted to the budget.
        provider_reference: the provider's own number of the payment; empty where nobody told it.
        amount: that goes back, đồng; 0: not known yet.
    """

    provider: str
    channel: str
    request_time: str
    terminal_open: bool
    state_money: bool = False
    provider_reference: str = ""
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A way back and what it still waits for (``waiting_for`` on screens; empty: nothing)."""

    route: RefundRoute
    waiting_for: str
    note_vi: str = ""
    note_en: str = ""


@dataclass(frozen=True, slots=True)
class Payee:
    """Who gets the money.

    Attributes:
        other: another account than the one that paid: needs a paper and a name check.
        paper: number of the request or authorisation.
        holder_name: the name that the bank shows for the account, as looked up.
    """

    bank: str = ""
    account: str = ""
    name: str = ""
    other: bool = False
    paper: str = ""
    holder_name: str = ""

    @property
    def complete(self) -> bool:
        """Whether a transfer could be written."""
        return bool(self.bank and self.account and self.name)


def choose(where: Where, payee: Payee, gateways: Mapping[str, Gateway] = GATEWAYS) -> Choice:
    """The way back of a payment; a gateway only where its refund call exists and can be used."""
    if where.state_money:
        return Choice(
            RefundRoute.TREASURY,
            "papers",
            "Tiền đã nộp ngân sách nhà nước: hoàn trả qua Kho bạc.",
            "The money is with the state budget: the treasury pays it back.",
        )
    waits = "" if payee.complete else "account"
    gateway = gateways.get(where.provider, _UNKNOWN)
    if gateway.refund is None:
        return Choice(RefundRoute.TRANSFER, waits, *gateway.no_refund)
    if where.channel in COUNTER_CHANNELS:
        return Choice(RefundRoute.TRANSFER, waits, *_UNKNOWN.no_refund)
    why = _why_not(where, gateway.refund)
    return Choice(RefundRoute.TRANSFER, waits, *why) if why else Choice(RefundRoute.GATEWAY, "")


def _why_not(where: Where, call: RefundCall) -> tuple[str, str] | None:
    """What keeps a provider's own refund from being used for this payment."""
    if call.needs == REQUEST_TIME and not where.request_time:
        return (
            "Không biết thời điểm tạo giao dịch nên cổng không hoàn được.",
            "The payment's creation time is unknown, so the gateway cannot be asked.",
        )
    if call.needs != REQUEST_TIME and not where.provider_reference:
        return (
            "Không biết mã giao dịch của cổng nên cổng không hoàn được.",
            "The provider's own number of the payment is unknown, so it cannot be asked.",
        )
    if not where.terminal_open:
        return ("Điểm thu đã đóng ở cổng thanh toán.", "The terminal is closed at the gateway.")
    if where.amount and (where.amount < call.least or (call.most and where.amount > call.most)):
        return (
            "Số tiền ngoài mức mà cổng nhận hoàn.",
            "The amount is outside what the provider refunds.",
        )
    return None


def payee_trouble(route: RefundRoute, payee: Payee) -> str:
    """What forbids an approval: ``account``, ``paper``, ``name`` — or empty, nothing does."""
    if route is not RefundRoute.TRANSFER:
        return ""
    if not payee.complete:
        return "account"
    if payee.other and not payee.paper.strip():
        return "paper"
    if payee.other and not names_agree(payee.name, payee.holder_name):
        return "name"
    return ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an owed amount that goes one way."""

    amount: int
    state_money: bool


def split_remitted(amount: int, *, share_kept_percent: int, remitted: bool) -> tuple[Part, ...]:
    """An owed amount by who holds the money: the unit keeps its share, the rest was remitted to the budget.

    Example†: fee 1,000,000, 70 % kept, remitted → 700,000 from the unit, 300,000 by treasury order.
    """
    if not remitted:
        return (Part(amount, state_money=False),)
    kept = amount * share_kept_percent // 100
    parts = (Part(kept, state_money=False), Part(amount - kept, state_money=True))
    return tuple(part for part in parts if part.amount)


@dataclass(frozen=True, slots=True)
class DatedAccount:
    """An account of a unit with its days."""

    unit: str
    account: str
    bank: str
    name: str
    valid_from: date
    valid_to: date | None
    document: str = ""
