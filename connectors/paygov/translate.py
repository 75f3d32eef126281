"""PayGov's words ↔ ours, pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from connectors.kit.reading import Unreadable, a_text, a_whole, fourteen_digits
from connectors.paygov.settings import Settings
from mappings.canonical.payment import PaymentNews, PaymentVerdict

PROVIDER = "paygov"
CURRENCY = "VND"
_UNSAFE = re.compile(r"[^A-Za-z0-9 ._:-]+")
_LETTERS = str.maketrans({"đ": "d", "Đ": "D"})
_WORDS = {
    PaymentVerdict.PAID: "Đã thanh toán",
    PaymentVerdict.FAILED: "Thất bại",
    PaymentVerdict.UNKNOWN: "Chưa rõ",
}


def order_of(settings: Settings, *, unit: str, dossier: str, reference: str) -> str:
    """The orderId of a payment.

    Raises:
        ValueError: a part that the form needs is missing.
    """
    parts = {"unit": unit, "dossier": dossier, "reference": reference}
    for name, value in parts.items():
        if f"{{{name}}}" in settings.order_form and not value:
            raise ValueError(f"orderId needs the {name}")
    return settings.order_form.format(**parts)


def verdict(code: str, settings: Settings) -> PaymentVerdict:
    """A payment by its errorCode; what nobody has named is unknown."""
    if code in settings.paid_codes:
        return PaymentVerdict.PAID
    return PaymentVerdict.FAILED if code in settings.failed_codes else PaymentVerdict.UNKNOWN


def called_back(fields: Mapping[str, str], settings: Settings) -> PaymentNews:
    """News from the verified fields of a callback. Its reference is requestCode, whole: nothing is cut out of orderId.

    Raises:
        Unreadable: with the field that is missing or not as agreed.
    """
    names = settings.names
    code = a_text(fields, names.code, most=20, empty=False)
    said = verdict(code, settings)
    if names.amount not in fields:
        raise Unreadable(names.amount, "is missing")
    moment = fields.get(names.paid_at, "")
    return PaymentNews(
        provider=PROVIDER,
        terminal=settings.partner_code,
        reference=a_text(fields, names.request, most=64, empty=False),
        amount=a_whole(fields[names.amount], names.amount, least=1),
        currency=CURRENCY,
        verdict=said,
        source="ipn",
        code=code,
        message=_WORDS[said],
        provider_reference=fields.get(names.number) or None,
        bank_code=fields.get(names.gate) or None,
        paid_at=fourteen_digits(moment, names.paid_at) if moment and said is PaymentVerdict.PAID else None,
    )


def safe_text(text: str, longest: int) -> str:
    """``text`` without diacritics and without signs, as orderInfo wants it.

    Raises:
        ValueError: nothing is left of it.
    """
    plain = unicodedata.normalize("NFD", text.translate(_LETTERS))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    found = " ".join(_UNSAFE.sub(" ", letters).split())[:longest].rstrip()
    if not found:
        raise ValueError("nothing of the text can be sent")
    return found
