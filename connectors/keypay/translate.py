"""KeyPay's words ↔ ours, pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from connectors.keypay.settings import Settings
from connectors.kit.reading import Unreadable, a_text, a_whole
from mappings.canonical.payment import PaymentNews, PaymentVerdict

PROVIDER = "keypay"
CURRENCY = "VND"
_WORDS = {
    PaymentVerdict.PAID: "Đã thanh toán",
    PaymentVerdict.FAILED: "Thất bại",
    PaymentVerdict.UNKNOWN: "Chưa rõ",
}


def verdict(state: str, settings: Settings) -> PaymentVerdict:
    """A payment by its state; what nobody has named is unknown, never success, never failure."""
    if state in settings.paid_states:
        return PaymentVerdict.PAID
    return PaymentVerdict.FAILED if state in settings.failed_states else PaymentVerdict.UNKNOWN


def news_of(fields: Mapping[str, str], settings: Settings, *, source: str) -> PaymentNews:
    """News from a callback or a detail answer.

    Raises:
        Unreadable: with the field that is missing or not as agreed.
    """
    state = a_text(fields, settings.state_field, most=20, empty=False)
    said = verdict(state, settings)
    amount = fields.get("trans_amount", "")
    if not amount and said is not PaymentVerdict.UNKNOWN:
        raise Unreadable("trans_amount", "is missing")
    number = fields.get(settings.number_field, "")
    if len(number) > 60 or not number.isprintable():
        raise Unreadable(settings.number_field, "is too long or not printable")
    return news(
        settings.client_id,
        a_text(fields, "transaction_id", most=64, empty=False),
        a_whole(amount, "trans_amount", least=1) if amount else None,
        said,
        source=source,
        code=state,
        number=number,
    )


def news(
    terminal: str,
    reference: str,
    amount: int | None,
    said: PaymentVerdict,
    *,
    source: str,
    code: str,
    number: str = "",
) -> PaymentNews:
    """News with our words."""
    return PaymentNews(
        provider=PROVIDER,
        terminal=terminal,
        reference=reference,
        amount=amount,
        currency=CURRENCY,
        verdict=said,
        source=source,
        code=code,
        message=_WORDS[said],
        provider_reference=number or None,
    )


def text_for(text: str, longest: int) -> str:
    """``text`` as a description: NFC, one line, without the bar that separates signed values.

    Raises:
        ValueError: nothing is left of it.
    """
    plain = "".join(
        " " if c == "|" or unicodedata.category(c).startswith("C") else c
        for c in unicodedata.normalize("NFC", text)
    )
    found = " ".join(plain.split())[:longest].rstrip()
    if not found:
        raise ValueError("nothing of the text can be sent")
    return found
