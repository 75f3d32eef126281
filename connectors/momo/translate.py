"""MoMo's words ↔ ours, pure. The table of codes is data (``contract/codes.toml``)."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from connectors.kit.reading import Unreadable, a_list, a_text, a_whole, an_object
from connectors.momo import wire
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundVerdict

PROVIDER = "momo"
CURRENCY = "VND"

_PAYMENT = {
    "success": PaymentVerdict.PAID,
    "authorised": PaymentVerdict.PENDING,
    "pending": PaymentVerdict.PENDING,
    "accepted": PaymentVerdict.PENDING,
    "failed": PaymentVerdict.FAILED,
    "vague": PaymentVerdict.FAILED,  # 99 is final for a payment
}
_REFUND = {
    # Only MoMo's file or a statement says that the money is there.
    "success": RefundVerdict.SENT_TO_BANK,
    "accepted": RefundVerdict.ACCEPTED,
    "failed": RefundVerdict.REJECTED,
    "refused": RefundVerdict.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Code:
    """One resultCode. ``means`` is ``unknown`` where no table lists it."""

    means: str
    final: bool
    vi: str
    en: str


_NOT_LISTED = Code("unknown", final=False, vi="Mã chưa biết", en="Unknown code")


@dataclass(frozen=True, slots=True)
class RefundPart:
    """One refund as the query of a payment lists it."""

    order_id: str
    amount: int
    code: str
    number: str


@cache
def codes() -> dict[str, Code]:
    """Each resultCode with its meaning."""
    text = files("connectors.momo").joinpath("contract/codes.toml").read_text(encoding="utf-8")
    return {code: Code(**facts) for code, facts in tomllib.loads(text).items()}


def meaning(code: str) -> Code:
    """What ``code`` means; an unfamiliar one is unknown, never success, never failure."""
    return codes().get(code, _NOT_LISTED)


def payment_verdict(code: str, *, authorised_is_paid: bool = False) -> PaymentVerdict:
    """A payment by its resultCode."""
    means = meaning(code).means
    if means == "authorised" and authorised_is_paid:
        return PaymentVerdict.PAID
    return _PAYMENT.get(means, PaymentVerdict.UNKNOWN)


def refund_verdict(code: str) -> RefundVerdict:
    """A refund by its resultCode. 99 and 1081 decide nothing: perhaps it was paid back before."""
    return _REFUND.get(meaning(code).means, RefundVerdict.UNKNOWN)


def news_of(
    fields: Mapping[str, Any],
    verdict: PaymentVerdict,
    *,
    source: str,
    partner: str,
    paid_at: datetime | None = None,
) -> PaymentNews:
    """News from the fields of a notice or of a query's answer.

    Raises:
        Unreadable: with the field that is missing or not as agreed.
    """
    code = wire.code_of(fields)
    said = fields.get("amount")
    if said is None and verdict is not PaymentVerdict.UNKNOWN:
        raise Unreadable("amount", "is missing")
    amount = None if said is None else a_whole(said, "amount")
    number = wire.number_of(fields)
    if verdict is PaymentVerdict.PAID and not number:
        raise Unreadable("transId", "is missing in a payment that is said to be paid")
    return PaymentNews(
        provider=PROVIDER,
        terminal=partner,
        reference=a_text(fields, "orderId", most=wire.MOST_ORDER_ID, empty=False),
        amount=amount or None,
        currency=CURRENCY,
        verdict=verdict,
        source=source,
        code=code,
        message=meaning(code).vi,
        provider_reference=number or None,
        bank_code=a_text({"payType": fields.get("payType") or ""}, "payType", most=50) or None,
        paid_at=paid_at,
    )


def refund_parts(fields: Mapping[str, Any]) -> tuple[RefundPart, ...] | None:
    """``refundTrans`` of an answer; ``None`` where it carries no such list.

    Raises:
        Unreadable
    """
    listed = fields.get("refundTrans")
    if listed is None:
        return None
    found = []
    for item in a_list(listed, "refundTrans"):
        part = an_object(item, "refundTrans")
        found.append(
            RefundPart(
                a_text(part, "orderId", most=200, empty=False),
                a_whole(part.get("amount"), "refundTrans.amount"),
                wire.code_of(part),
                wire.number_of(part),
            )
        )
    return tuple(found)


def text_for(text: str, longest: int) -> str:
    """``text`` as orderInfo or description: NFC, one line, without ``&`` and ``=``, on which raw signing rests.

    Raises:
        ValueError: nothing is left of it.
    """
    plain = "".join(
        " " if c in "&=" or unicodedata.category(c).startswith("C") else c
        for c in unicodedata.normalize("NFC", text)
    )
    found = " ".join(plain.split())[:longest].rstrip()
    if not found:
        raise ValueError("nothing of the text can be sent")
    return found
