"""How the money goes back: through the gateway, by bank transfer, or by the treasury. Pure; says why in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs.refunds.rules import names_agree
from mappings.canonical.payment import RefundRoute

GATEWAYS_WITH_REFUND = frozenset({"vnpay"})
ONE_AT_A_TIME = frozenset({"vnpay"})
"""Providers that cannot tell two open refunds of one payment apart."""
COUNTER_CHANNELS = frozenset({"cash", "pos", "cod", "tien_mat"})


@dataclass(frozen=True, slots=True)
class Where:
    """What is known of a payment and its money when a way back is looked for.

    Attributes:
        request_time: the payment's CreateDate as sent; empty where we never saw it (learned from a file).
        terminal_open: the terminal is in force today and ours to use.
        state_money: it lies in a treasury account, or was remitted to the budget.
    """

    provider: str
    channel: str
    request_time: str
    terminal_open: bool
    state_money: bool = False


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


def choose(where: Where, payee: Payee) -> Choice:
    """The way back of a payment; a gateway only where its refund call exists and can be used."""
    if where.state_money:
        return Choice(
            RefundRoute.TREASURY,
            "papers",
            "Tiền đã nộp ngân sách nhà nước: hoàn trả qua Kho bạc.",
            "The money is with the state budget: the treasury pays it back.",
        )
    waits = "" if payee.complete else "account"
    if where.provider in GATEWAYS_WITH_REFUND and where.channel not in COUNTER_CHANNELS:
        if where.request_time and where.terminal_open:
            return Choice(RefundRoute.GATEWAY, "")
        if not where.request_time:
            why = (
                "Không biết thời điểm tạo giao dịch nên cổng không hoàn được.",
                "The payment's creation time is unknown, so the gateway cannot be asked.",
            )
        else:
            why = ("Điểm thu đã đóng ở cổng thanh toán.", "The terminal is closed at the gateway.")
        return Choice(RefundRoute.TRANSFER, waits, *why)
    if where.provider == "payment_platform":
        return Choice(
            RefundRoute.TRANSFER,
            waits,
            "Nền tảng thanh toán quốc gia không có lệnh hoàn: đơn vị thu chuyển khoản trả.",
            "The national platform has no refund message: the collecting unit pays by transfer.",
        )
    return Choice(
        RefundRoute.TRANSFER,
        waits,
        "Kênh thu này không có lệnh hoàn: chuyển khoản.",
        "This channel has no refund call: by bank transfer.",
    )


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
