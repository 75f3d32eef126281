"""What MoMo sends by itself: the notice of a payment (IPN). Verified over the values as they came.

Our answer is HTTP 204 without a body within 15 seconds; MoMo never pays back because of an answer of ours.
"""

from __future__ import annotations

from connectors.errors import Forged
from connectors.kit.reading import Unreadable, a_text, an_object, json_value
from connectors.momo import wire
from connectors.momo.settings import Settings
from connectors.momo.translate import news_of, payment_verdict
from mappings.canonical.payment import PaymentNews, PaymentVerdict

MOST_BYTES = 16_384
ANSWER_STATUS = 204
_NEEDED = ("amount", "orderId", "partnerCode", "requestId", "responseTime", "resultCode", "transId")


def verified(raw_body: bytes, settings: Settings) -> PaymentNews:
    """The news of a notice. Its reference and amount are as named: compare them with the attempt.

    Raises:
        Forged: no hash, a wrong one, or for a partner that is not us: changes nothing.
        Unreadable: no message (a ``ValueError``), or signed by them with a field missing or not as agreed.
    """
    if len(raw_body) > MOST_BYTES:
        raise Forged("longer than any notice of theirs")
    message = an_object(json_value(raw_body, most_bytes=MOST_BYTES, most_depth=4))
    given = message.get("signature")
    if not isinstance(given, str):
        raise Forged("momo: a notice without a hash")
    try:
        values = wire.as_signed(message, wire.IPN_SIGNED)
    except Unreadable as exc:
        raise Forged(f"momo: {exc}") from exc
    if not wire.holds(settings.pairs_to_check, wire.IPN_SIGNED, values, given):
        raise Forged("momo: the hash of a notice does not hold")
    if not wire.is_one_reading(wire.IPN_SIGNED, values):
        raise Forged("momo: a notice that can be read in two ways")
    if values.get("partnerCode") != settings.partner_code:
        raise Forged("momo: for a partner that is not us")
    return _news(values, settings)


def _news(values: dict[str, str], settings: Settings) -> PaymentNews:
    # From here on only what was under the hash is used.
    for name in _NEEDED:
        if name not in values:
            raise Unreadable(name, "is missing")
    for name in ("message", "orderInfo", "orderType", "extraData"):
        a_text({name: values.get(name, "")}, name, most=4_000)
    code = wire.code_of(values)
    verdict = payment_verdict(code, authorised_is_paid=settings.authorised_is_paid)
    told = wire.moment_of(values["responseTime"], "responseTime")
    paid_at = told if verdict is PaymentVerdict.PAID else None
    return news_of(values, verdict, source="ipn", partner=settings.partner_code, paid_at=paid_at)
