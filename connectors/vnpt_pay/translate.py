"""VNPT Pay's words ↔ ours, by what the manual says. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from connectors.kit.reading import a_text, a_whole
from connectors.vnpt_pay.settings import AMOUNT, ORDER, Settings
from mappings.canonical.payment import PaymentNews, PaymentVerdict

PROVIDER = "vnpt_pay"
CURRENCY = "VND"
_WORDS = {
    PaymentVerdict.PAID: "Đã thanh toán",
    PaymentVerdict.FAILED: "Thất bại",
    PaymentVerdict.UNKNOWN: "Chưa rõ",
}


def news_of(fields: Mapping[str, str], settings: Settings, *, source: str) -> PaymentNews:
    """News from fields that were verified. A state that the manual does not name is unknown.

    Raises:
        Unreadable: with the field that is missing or not as agreed.
    """
    manual = settings.manual
    state = a_text(fields, manual.state_field, most=20, empty=False)
    said = PaymentVerdict.UNKNOWN
    if state in manual.paid_states:
        said = PaymentVerdict.PAID
    elif state in manual.failed_states:
        said = PaymentVerdict.FAILED
    return PaymentNews(
        provider=PROVIDER,
        terminal=settings.merchant,
        reference=a_text(fields, ORDER, most=64, empty=False),
        amount=a_whole(fields.get(AMOUNT), AMOUNT, least=1),
        currency=CURRENCY,
        verdict=said,
        source=source,
        code=state,
        message=_WORDS[said],
        provider_reference=fields.get(manual.number_field) or None,
    )


def text_for(text: str, longest: int) -> str:
    """``text`` as DESCRIPTION: NFC, one line, without the bar that separates signed values.

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
