"""VNPAY's words ↔ ours, pure. The code tables are data (``contract/codes.toml``), both generations."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from connectors.kit.reading import Unreadable, fourteen_digits
from connectors.vnpay.wire import whole_dong
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundVerdict

PROVIDER = "vnpay"
CURRENCY = "VND"

_UNSAFE = re.compile(r"[^A-Za-z0-9 ._:-]+")
_DIFFERENT_LETTERS = str.maketrans({"đ": "d", "Đ": "D"})

_VERDICTS = {
    "paid": PaymentVerdict.PAID,
    "pending": PaymentVerdict.PENDING,
    "failed": PaymentVerdict.FAILED,
    "reversed": PaymentVerdict.REVERSED,
    "suspect": PaymentVerdict.SUSPECT,
}
_REFUND_VERDICTS = {
    # 'paid' of a refund: VNPAY has finished. Only its file or the bank's statement says that the money is there.
    "paid": RefundVerdict.SENT_TO_BANK,
    "refund_accepted": RefundVerdict.ACCEPTED,
    "refund_sent": RefundVerdict.SENT_TO_BANK,
    "refund_refused": RefundVerdict.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Code:
    """One code of one table.

    Attributes:
        means: a word of ours; ``unknown`` for every code that is not listed.
        generation: ``current``, ``older``, ``both``; empty for a code that is not listed.
    """

    means: str
    generation: str
    vi: str
    en: str


_NOT_LISTED = Code("unknown", "", "Mã chưa biết", "Unknown code")


@cache
def tables() -> dict[str, dict[str, Code]]:
    """Table → code → meaning: ``payment``, ``status``, ``query``, ``refund``."""
    raw = files("connectors.vnpay").joinpath("contract/codes.toml").read_text(encoding="utf-8")
    return {
        table: {code: Code(**facts) for code, facts in codes.items()}
        for table, codes in tomllib.loads(raw).items()
    }


def meaning(table: str, code: str) -> Code:
    """What ``code`` means; an unfamiliar one is unknown, never success, never failure."""
    return tables()[table].get(code, _NOT_LISTED)


def verdict_of_notice(response: str, status: str) -> PaymentVerdict:
    """A payment by its IPN or Return URL: both codes must say the same before it counts as paid or failed."""
    by_response, by_status = meaning("payment", response).means, meaning("status", status).means
    if by_status == "reversed":
        return PaymentVerdict.REVERSED
    if "suspect" in (by_response, by_status):
        return PaymentVerdict.SUSPECT
    if by_status == "pending":
        return PaymentVerdict.PENDING
    if by_response == by_status and by_response in ("paid", "failed"):
        return _VERDICTS[by_response]
    return PaymentVerdict.UNKNOWN


def verdict_of_query(status: str) -> PaymentVerdict:
    """A payment by the TransactionStatus of a query that was answered."""
    return _VERDICTS.get(meaning("status", status).means, PaymentVerdict.UNKNOWN)


def refund_verdict(status: str) -> RefundVerdict:
    """A refund by the TransactionStatus of a query that names a refund."""
    return _REFUND_VERDICTS.get(meaning("status", status).means, RefundVerdict.PENDING)


def payment_news(
    fields: dict[str, str], verdict: PaymentVerdict, *, source: str, code: str, message: str
) -> PaymentNews:
    """News from the fields of an IPN, Return URL or query answer.

    Raises:
        Unreadable: with the field that is missing or not as agreed.
    """
    paid_at = fields.get("vnp_PayDate", "")
    amount = fields.get("vnp_Amount", "")
    if not amount and verdict is not PaymentVerdict.UNKNOWN:
        raise Unreadable("vnp_Amount", "is missing")
    return PaymentNews(
        provider=PROVIDER,
        terminal=fields["vnp_TmnCode"],
        reference=fields["vnp_TxnRef"],
        amount=whole_dong(amount) if amount else None,
        currency=CURRENCY,
        verdict=verdict,
        source=source,
        code=code,
        message=message,
        provider_reference=number(fields.get("vnp_TransactionNo", "")),
        bank_reference=fields.get("vnp_BankTranNo") or None,
        bank_code=fields.get("vnp_BankCode") or None,
        paid_at=fourteen_digits(paid_at, "vnp_PayDate") if paid_at else None,
    )


def number(text: str) -> str | None:
    """VNPAY's transaction number; ``0`` and nothing are the same: there is none."""
    return text if text.strip("0") else None


def safe_text(text: str, longest: int = 255) -> str:
    """``text`` as OrderInfo: without diacritics, and without any character on which encoders disagree.

    Raises:
        ValueError: nothing is left of it.
    """
    plain = unicodedata.normalize("NFD", text.translate(_DIFFERENT_LETTERS))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    found = " ".join(_UNSAFE.sub(" ", letters).split())[:longest].rstrip()
    if not found:
        raise ValueError("nothing of the text can be sent")
    return found
