"""What VNPT Pay sends by itself (CONFIRM, as recalled), verified by what the manual says, and our signed answer."""

from __future__ import annotations

import json

from connectors.errors import Forged
from connectors.kit.reading import an_object, json_value
from connectors.vnpt_pay import wire
from connectors.vnpt_pay.settings import HASH, ORDER, Settings
from connectors.vnpt_pay.translate import news_of
from mappings.canonical.payment import PaymentNews

MOST_BYTES = 16_384


def verified(raw_body: bytes, settings: Settings) -> PaymentNews:
    """The news of a callback. Its reference and amount are as named: compare them with the attempt.

    Raises:
        Forged: no SECURE_CODE or a wrong one: changes nothing.
        Unreadable: no message (a ``ValueError``), or signed by them with a field missing or not as agreed.
    """
    if len(raw_body) > MOST_BYTES:
        raise Forged("longer than any callback of theirs")
    order = settings.manual.callback_fields
    fields = wire.as_texts(an_object(json_value(raw_body, most_bytes=MOST_BYTES, most_depth=4)))
    if not wire.holds(order, fields, fields.pop(HASH, ""), settings.checking_keys):
        raise Forged("vnpt_pay: SECURE_CODE of a callback is missing or does not hold")
    return news_of({name: fields[name] for name in order if name in fields}, settings, source="ipn")


def answer(reference: str, code: str, words: str, settings: Settings) -> bytes:
    """The signed body of our answer to a callback."""
    manual = settings.manual
    values = {**manual.fixed, ORDER: reference, manual.code_field: code, "DESCRIPTION": words}
    message = {name: values.get(name, "").replace("|", " ") for name in manual.our_answer_fields}
    message[HASH] = wire.secure_code(manual.our_answer_fields, message, settings.signing_key)
    return json.dumps(message, ensure_ascii=False).encode()
