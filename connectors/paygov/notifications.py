"""What PayGov sends by itself. Its checksum's formula was found nowhere: until it is set, no callback is believed."""

from __future__ import annotations

import json

from connectors.errors import Forged
from connectors.kit.reading import an_object, json_value
from connectors.paygov import wire
from connectors.paygov.settings import Settings
from connectors.paygov.translate import called_back
from mappings.canonical.payment import PaymentNews

MOST_BYTES = 16_384


def verified(raw_body: bytes, settings: Settings) -> PaymentNews:
    """The news of a callback. Its reference and amount are as named: compare them with the attempt.

    Raises:
        Forged: no checksum, a wrong one, or no rule to check it by: changes nothing.
        Unreadable: no message (a ``ValueError``), or signed by them with a field missing or not as agreed.
    """
    rule = settings.callback_checksum
    if rule is None:
        raise Forged(
            "paygov: callback_checksum is not set, so no callback can be believed "
            "(chưa đặt callback_checksum: chưa tin được thông báo nào)"
        )
    if len(raw_body) > MOST_BYTES:
        raise Forged("longer than any callback of theirs")
    fields = wire.as_texts(an_object(json_value(raw_body, most_bytes=MOST_BYTES, most_depth=4)))
    given = fields.pop(settings.names.checksum, "")
    if not wire.holds(rule, settings.checking_keys, fields, given):
        raise Forged("paygov: the checksum of a callback is missing or does not hold")
    return called_back({name: fields[name] for name in rule.fields if name in fields}, settings)


def answer(code: str, words: str) -> bytes:
    """The body of our answer to a callback; ``00`` taken over."""
    return json.dumps({"error_code": code, "error_message": words}, ensure_ascii=False).encode()
