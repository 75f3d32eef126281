"""What KeyPay sends by itself, in both forms: verified with their second key before anything in it is believed."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from connectors.errors import Forged
from connectors.keypay import wire
from connectors.keypay.settings import Settings, StandAlone
from connectors.keypay.translate import news, news_of
from connectors.kit.reading import Unreadable, a_text, a_whole, an_object, json_value
from connectors.kit.seams import is_reference
from mappings.canonical.payment import PaymentNews, PaymentVerdict

MOST_BYTES = 16_384
PAYABLE, NOTHING_TO_PAY, IN_ERROR = 1, 0, -1
"""error_code of our answer when the portal asks what is to be paid for a case."""


def verified(raw: bytes, settings: Settings) -> PaymentNews:
    """The news of a callback: a JSON body through the portal, a query string stand-alone.

    Raises:
        Forged: no hash, a wrong one, or for a client that is not us: changes nothing.
        Unreadable: no message (a ``ValueError``), or signed by them with a field missing or not as agreed.
    """
    if len(raw) > MOST_BYTES:
        raise Forged("longer than any notice of theirs")
    if settings.stand_alone is not None:
        return _stand_alone(raw, settings, settings.stand_alone)
    message = an_object(json_value(raw, most_bytes=MOST_BYTES, most_depth=6))
    fields = wire.as_texts(message)
    given = fields.pop(wire.HASH, "")
    if not wire.holds(settings.checking_keys, settings.callback_fields, fields, given):
        raise Forged("keypay: the hash of a callback is missing or does not hold")
    signed = {name: fields[name] for name in settings.callback_fields if name in fields}
    if signed.get("client_id", settings.client_id) != settings.client_id:
        raise Forged("keypay: for a client that is not us")
    return news_of(signed, settings, source="ipn")


def answer(code: int, words: str) -> bytes:
    """The body of our answer to a callback; 0 taken over."""
    return json.dumps({"return_code": code, "return_msg": words}, ensure_ascii=False).encode()


def _stand_alone(raw: bytes, settings: Settings, form: StandAlone) -> PaymentNews:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=60)
    except ValueError as exc:
        raise Forged("keypay: not a query string") from exc
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Forged("keypay: a name stands there twice")
    given = fields.pop(form.hash_field, "")
    if not wire.plain_holds(form.algorithm, settings.checking_keys, fields, given):
        raise Forged("keypay: the hash of a notice is missing or does not hold")
    if any(fields.get(name, value) != value for name, value in form.fixed.items()):
        # Values are signed without their names: a value may have been moved to another field.
        raise Forged("keypay: a fixed field has another value")
    reference = a_text(fields, form.reference_field, most=40, empty=False)
    if not is_reference(reference):
        # Values are signed without anything between them: a digit may have been moved over from the next one.
        raise Forged("keypay: not a reference of ours")
    code = a_text(fields, form.code_field, most=20, empty=False)
    said = PaymentVerdict.UNKNOWN
    if code in form.paid_codes:
        said = PaymentVerdict.PAID
    elif code in form.failed_codes:
        said = PaymentVerdict.FAILED
    if form.amount_field not in fields:
        raise Unreadable(form.amount_field, "is missing")
    return news(
        settings.client_id,
        reference,
        a_whole(fields[form.amount_field], form.amount_field, least=1),
        said,
        source="ipn",
        code=code,
    )
