"""What ZaloPay sends by itself: the callback of a paid order. Its ``data`` is verified as the text that came."""

from __future__ import annotations

import json

from connectors.errors import Forged
from connectors.kit.reading import an_object, json_value
from connectors.zalopay import wire
from connectors.zalopay.settings import Settings
from connectors.zalopay.translate import called_back
from mappings.canonical.payment import PaymentNews

MOST_BYTES = 32_768
TAKEN_OVER, TAKEN_BEFORE, AGAIN = 1, 2, 0
"""return_code of our answer: taken over, known already, not taken (they call again). Assumed (L)."""


def verified(raw_body: bytes, settings: Settings) -> PaymentNews:
    """The news of a callback. Its reference and amount are as named: compare them with the attempt.

    Raises:
        Forged: no mac, a wrong one, or for an application that is not ours: changes nothing.
        Unreadable: no message (a ``ValueError``), or signed by them with a field missing or not as agreed.
    """
    if len(raw_body) > MOST_BYTES:
        raise Forged("longer than any callback of theirs")
    message = an_object(json_value(raw_body, most_bytes=MOST_BYTES, most_depth=6))
    data, given = message.get("data"), message.get("mac")
    if not isinstance(data, str) or not isinstance(given, str):
        raise Forged("zalopay: a callback without data or mac")
    if not wire.holds(settings.checking_keys, data, given):
        raise Forged("zalopay: the mac of a callback does not hold")
    # From here on only what was under the mac is used.
    fields = an_object(json_value(data.encode(), most_bytes=MOST_BYTES, most_depth=4), "data")
    if str(fields.get("app_id")) != settings.app_id:
        raise Forged("zalopay: for an application that is not ours")
    return called_back(fields, settings)


def answer(code: int, words: str) -> bytes:
    """The body of our answer, at HTTP 200."""
    return json.dumps({"return_code": code, "return_message": words}, ensure_ascii=False).encode()
