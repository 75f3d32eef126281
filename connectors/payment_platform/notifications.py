"""What the platform pushes to us: CONFIRM, verified before anything in it is believed, and our signed answer."""

from __future__ import annotations

import json

from connectors.errors import Forged
from connectors.payment_platform import translate, wire
from connectors.payment_platform.settings import Settings
from mappings.canonical.payment import PaymentNews


def verified(raw_body: bytes, settings: Settings) -> PaymentNews:
    """The news of a CONFIRM. Its partner, reference and amount are as named: compare them with the attempt.

    Raises:
        Forged: MaXacThuc is missing or wrong for this very body. Nothing in it was used.
        ValueError: not a message (not UTF-8, not JSON, a key twice), or signed but with a field that is
            missing or cannot be read.
    """
    message = wire.read_object(raw_body)
    if not wire.is_signed(message, wire.CONFIRM_FIELDS, settings):
        raise Forged("payment_platform.confirm: MaXacThuc is missing or wrong")
    return translate.confirmed(message, settings)


def answer(news: PaymentNews | None, code: str, words: str, settings: Settings) -> bytes:
    """The body of our answer: ``00`` taken over, ``99`` other. The same news always gives the same bytes.

    ThoiGianGD is the one that they sent, so that a repeat is answered the same.
    """
    moment = news.paid_at if news is not None else None
    message = {
        "MaLoi": code,
        "MoTaLoi": words.replace("|", " "),
        "MaDoiTac": settings.partner_code,
        "MaThamChieu": news.reference if news is not None else "",
        "ThoiGianGD": wire.sent_time(moment, settings) if moment is not None else "",
    }
    values = [message.get(name, "").replace("|", " ") for name in settings.answer_fields]
    secret = settings.hash_secret.get_secret_value()
    message["MaXacThuc"] = wire.signature(values, secret, settings.hash_algorithm)
    return json.dumps(message, ensure_ascii=False).encode()
