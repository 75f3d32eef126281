"""The accounts of the ledger: ``kind:detail[:detail…]``. A debit is positive, a credit negative."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

NOTHING = "-"
"""Stands for a detail that nobody told us, so that an account never ends in a colon."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of account.

    Attributes:
        details: names of the parts behind the kind, in order.
        normal: ``debit`` or ``credit``: the side on which its balance usually stands.
    """

    details: tuple[str, ...]
    normal: str
    vi: str
    en: str


KINDS: dict[str, Kind] = {
    "receivable": Kind(("provider", "terminal"), "debit", "Phải thu cổng thanh toán", "Owed by the provider"),
    "in_transit": Kind(("account",), "debit", "Tiền đang về tài khoản", "On its way straight to an account"),
    "bank": Kind(("account",), "debit", "Tiền gửi", "Bank account"),
    "collected": Kind(("channel", "unit"), "debit", "Thu qua kênh khác", "Collected by cash, POS or COD"),
    "fee_payable": Kind(("unit", "item"), "credit", "Phí, lệ phí phải nộp đơn vị", "Fees owed to the unit"),
    "remitted": Kind(("unit", "item", "year"), "debit", "Đã nộp NSNN", "Handed over to the budget"),
    "handed_over": Kind(("unit", "item"), "debit", "Đã chuyển đơn vị", "Handed over to the unit"),
    "budget_repayment": Kind(
        ("unit", "item", "year"), "credit", "Hoàn trả ghi chi năm sau", "Repaid out of a later budget year"
    ),
    "refunds_payable": Kind(("unit",), "credit", "Phải hoàn trả người nộp", "Refunds owed to payers"),
    "surplus": Kind(("provider", "terminal"), "credit", "Tiền nộp thừa", "Paid but not owed"),
    "suspense": Kind(("source", "detail"), "credit", "Tiền chờ xử lý", "Money without a place"),
    "provider_fee": Kind(("provider", "terminal"), "debit", "Phí dịch vụ cổng", "The provider's fees"),
    "carried": Kind(
        ("provider", "terminal"), "credit", "Phiên âm chuyển sau", "Owed to the provider, carried forward"
    ),
    "reversal_claim": Kind(
        ("provider", "terminal"),
        "debit",
        "Ngân hàng đã trừ, cổng chưa nhận",
        "Taken by the bank, claimed back",
    ),
    "clawback": Kind(
        ("provider", "terminal"), "debit", "Bị đòi lại sau khi thu", "Claimed back after it was paid"
    ),
    "opening": Kind(("as_of",), "credit", "Số dư mang sang", "Opening balance"),
}
"""``remitted`` and ``handed_over`` stand against ``fee_payable``: what of a unit's fees has been handed over. The unit is
still owed the sum of the three."""


@lru_cache(maxsize=4096)  # few names, each in a million entries: made once and shared
def account(kind: str, *details: str) -> str:
    """The name of an account.

    Raises:
        ValueError: there is no such kind, or the details are not those of the kind.
    """
    wanted = KINDS[kind].details if kind in KINDS else None
    if wanted is None or len(details) != len(wanted):
        raise ValueError(f"{kind}: the details {wanted} are needed, not {details}")
    return ":".join((kind, *(_clean(detail) for detail in details)))


def _clean(detail: str) -> str:
    return detail.replace(":", ".").strip() or NOTHING
