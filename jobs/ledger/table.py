"""The posting table: every event with debit, credit, document and dates. Data; what books it is ``posting.py``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an event.

    Attributes:
        account: ``kind`` with the names of its details in braces, or ``{account}`` for one that is given whole.
        amount: name of the amount it carries; ``lines``: once for each given line, with the line's own amount.
    """

    account: str
    amount: str = "amount"


@dataclass(frozen=True, slots=True)
class Rule:
    """One event.

    Attributes:
        document: what names it, so that the same document is booked once.
        dates: where transaction, value and booking day come from.
        signed: amounts may be negative (money that went the other way).
    """

    event: str
    debit: tuple[Leg, ...]
    credit: tuple[Leg, ...]
    document: str
    dates: tuple[str, str, str]
    vi: str
    en: str
    signed: bool = False


_RECEIVABLE = "receivable:{provider}:{terminal}"
_SURPLUS = "surplus:{provider}:{terminal}"
_FEE = "provider_fee:{provider}:{terminal}"
_SUSPENSE = "suspense:{source}:{detail}"
_PAYABLE = "refunds_payable:{unit}"
_BANK = "bank:{account}"
# What money of a payment is: fee lines, and the rest of it that nobody asked for.
_FEES = (Leg("fee_payable:{unit}:{item}", "lines"), Leg(_SURPLUS, "surplus"))
_REMITTED = Leg("remitted:{unit}:{item}:{year}", "lines")
_OPEN = "an open period"

RULES: tuple[Rule, ...] = (
    # Money comes in.
    Rule("paid", (Leg(_RECEIVABLE),), _FEES, "payment reference", ("paid at", "paid at", _OPEN),
         "Thu phí qua cổng", "Paid through a provider"),
    Rule("paid_direct", (Leg("in_transit:{account}"),), _FEES, "payment reference", ("paid at", "paid at", _OPEN),
         "Thu thẳng về tài khoản đơn vị", "Paid straight to the collecting office's account"),
    Rule("direct_credited", (Leg(_BANK),), (Leg("in_transit:{account}"),), "payment reference",
         ("value day", "value day", _OPEN),
         "Tiền thu thẳng đã về", "Money paid straight to the account has come"),
    Rule("direct_credited_doubtful", (Leg(_BANK),), (Leg(_RECEIVABLE),), "payment reference",
         ("value day", "value day", _OPEN),
         "Tiền thu thẳng còn nghi vấn đã về", "Money in doubt, paid straight to the account, has come"),
    Rule("paid_other", (Leg("collected:{channel}:{unit}"),), _FEES, "receipt number", ("paid at", "paid at", _OPEN),
         "Thu tiền mặt, POS, COD", "Paid in cash, by POS or on delivery"),
    Rule("session_paid", (Leg(_BANK, "bank"), Leg(_FEE, "fee")), (Leg(_RECEIVABLE, "bank"), Leg(_RECEIVABLE, "fee")),
         "provider, terminal and session", ("session", "value day", _OPEN),
         "Cổng chuyển tiền phiên", "A session was paid out net", signed=True),
    Rule("session_carried", (Leg(_RECEIVABLE, "carried"), Leg(_FEE, "fee")),
         (Leg("carried:{provider}:{terminal}", "carried"), Leg(_RECEIVABLE, "fee")),
         "provider, terminal and session", ("session", "session", _OPEN),
         "Phiên hoàn nhiều hơn thu, chuyển sau", "More refunds than receipts: carried forward"),
    Rule("carry_settled", (Leg("carried:{provider}:{terminal}"),), (Leg(_RECEIVABLE),),
         "provider, terminal and the session that bears it", ("session", "value day", _OPEN),
         "Trừ phiên âm kỳ trước", "A later session bore what was carried forward"),
    Rule("provider_fee", (Leg(_FEE),), (Leg(_BANK),), "invoice number", ("invoice day", "value day", _OPEN),
         "Trả phí dịch vụ theo hóa đơn", "The provider's fee paid by invoice"),
    # Refunds.
    Rule("refund_reserved", _FEES, (Leg(_PAYABLE),), "refund reference", ("approved at", "approved at", _OPEN),
         "Giữ tiền để hoàn", "Held for a refund"),
    Rule("refund_settled_provider", (Leg(_PAYABLE),), (Leg(_RECEIVABLE),), "refund reference",
         ("refunded at", "session", _OPEN), "Cổng đã hoàn", "Settled by the provider"),
    Rule("refund_netted", (Leg(_PAYABLE),), (Leg(_RECEIVABLE),), "row of the session file",
         ("refunded at", "session", _OPEN), "Hoàn trừ vào phiên", "Settled by netting in a session"),
    Rule("refund_settled_transfer", (Leg(_PAYABLE),), (Leg(_BANK),), "refund reference",
         ("transfer day", "value day", _OPEN), "Đã chuyển khoản hoàn", "Settled by bank transfer"),
    Rule("refund_settled_treasury", (Leg(_PAYABLE),), (_REMITTED,), "refund reference",
         ("order day", "value day", _OPEN), "Kho bạc hoàn, giảm thu năm thu", "Settled by treasury, the year's revenue falls"),
    Rule("refund_settled_treasury_later", (Leg(_PAYABLE),), (Leg("budget_repayment:{unit}:{item}:{year}", "lines"),),
         "refund reference", ("order day", "value day", _OPEN),
         "Kho bạc hoàn, ghi chi năm hiện hành", "Settled by treasury out of a later budget year"),
    Rule("refund_released", (Leg(_PAYABLE),), _FEES, "refund reference", ("ended at", "ended at", _OPEN),
         "Bỏ giữ tiền hoàn", "Refused or released: no longer held"),
    Rule("refund_returned", (Leg(_BANK),), (Leg(_PAYABLE),), "bank line", ("value day", "value day", _OPEN),
         "Ngân hàng trả lại tiền hoàn", "A transfer came back"),
    # Money without a place.
    Rule("unexplained", (Leg(_BANK),), (Leg(_SUSPENSE),), "bank line", ("value day", "value day", _OPEN),
         "Tiền về chưa rõ", "A bank line that nobody knows", signed=True),
    Rule("unplaced", (Leg(_RECEIVABLE),), (Leg(_SUSPENSE),), "the news' own key", ("paid at", "paid at", _OPEN),
         "Tin báo có tiền chưa xác định", "Signed news of money that we cannot place"),
    Rule("suspect", (Leg(_RECEIVABLE),), (Leg(_SUSPENSE),), "payment reference", ("paid at", "paid at", _OPEN),
         "Giao dịch nghi vấn, chờ quyết định", "Taken, suspected: the provider waits for a decision"),
    Rule("suspense_placed", (Leg(_SUSPENSE),), _FEES, "case and payment", ("decided at", "paid at", _OPEN),
         "Xác định được khoản treo", "Money in suspense found its place"),
    Rule("suspense_withdrawn", (Leg(_SUSPENSE),), (Leg(_RECEIVABLE),), "case", ("decided at", "decided at", _OPEN),
         "Khoản treo không còn", "The provider took back what it had told"),
    Rule("suspense_returned", (Leg(_SUSPENSE),), (Leg(_BANK),), "case", ("transfer day", "value day", _OPEN),
         "Trả lại khoản treo", "Money in suspense was sent back"),
    Rule("reversed", (Leg("reversal_claim:{provider}:{terminal}"),), (Leg(_SURPLUS),), "payment reference",
         ("told at", "told at", _OPEN), "Ngân hàng đã trừ, cổng đảo", "Taken by the bank, reversed by the provider"),
    Rule("reversal_received", (Leg(_BANK),), (Leg("reversal_claim:{provider}:{terminal}"),), "bank line",
         ("value day", "value day", _OPEN), "Đòi được khoản đảo", "Reversed money was paid to us"),
    Rule("reversal_returned", (Leg(_SURPLUS),), (Leg("reversal_claim:{provider}:{terminal}"),), "payment reference",
         ("told at", "told at", _OPEN), "Ngân hàng đã trả người nộp", "The bank gave reversed money back itself"),
    Rule("refund_settled_by_reversal", (Leg(_PAYABLE),), (Leg("reversal_claim:{provider}:{terminal}"),),
         "refund reference", ("refunded at", "refunded at", _OPEN),
         "Hoàn bằng chính khoản đảo", "A refund settled by the provider out of the reversed money"),
    Rule("clawback", (Leg("clawback:{provider}:{terminal}"),), (Leg(_RECEIVABLE),), "provider's claim",
         ("told at", "session", _OPEN), "Bị đòi lại sau khi thu", "Claimed back after it was paid"),
    Rule("clawback_borne", _FEES, (Leg("clawback:{provider}:{terminal}"),), "provider's claim",
         ("decided at", "decided at", _OPEN), "Chịu khoản bị đòi lại", "The unit bears what was claimed back"),
    # Money goes on.
    Rule("remittance", (_REMITTED,), (Leg(_BANK),), "payment order number", ("order day", "value day", _OPEN),
         "Nộp NSNN", "Remitted to the budget"),
    Rule("unit_transfer", (Leg("handed_over:{unit}:{item}", "lines"),), (Leg(_BANK),), "payment order number",
         ("order day", "value day", _OPEN), "Chuyển đơn vị", "Handed over to a unit"),
    Rule("unit_return", (Leg(_BANK),), (Leg("handed_over:{unit}:{item}", "lines"),), "bank line",
         ("value day", "value day", _OPEN), "Đơn vị chuyển trả", "A unit gave money back"),
    Rule("treasury_return", (Leg(_BANK),), (_REMITTED,), "treasury order number", ("order day", "value day", _OPEN),
         "KBNN hoàn trả, giảm thu", "The treasury paid back to our account"),
    Rule("treasury_return_later", (Leg(_BANK),), (Leg("budget_repayment:{unit}:{item}:{year}", "lines"),),
         "treasury order number", ("order day", "value day", _OPEN),
         "KBNN hoàn trả, ghi chi năm hiện hành", "The treasury paid back out of a later budget year"),
    # Going live.
    Rule("opening", (Leg("{account}", "lines"),), (Leg("opening:{as_of}"),), "opening list",
         ("as of", "as of", "as of"), "Số dư mang sang", "Opening balances", signed=True),
)  # fmt: skip

BY_EVENT = {rule.event: rule for rule in RULES}
CORRECTION = "correction"
"""The event of counter-entries: every leg of another transaction, turned round."""
