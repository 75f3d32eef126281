"""What VNPT pushes. It carries no signature, no token, no published address: whoever knows a name can write it. So it is a hint:
its values are never used, the status call is asked instead.
"""

from __future__ import annotations

import hmac
import re

from connectors.errors import Forged
from connectors.kit.reading import Unreadable, a_text, a_whole, an_object, json_value
from connectors.smartca.settings import Service, Settings
from mappings.canonical.signing import SigningHint

MOST_BYTES = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


def hint(raw_body: bytes, settings: Settings) -> SigningHint:
    """Which session may have moved on. The answer to them is neutral, also for a session that nobody knows.

    Raises:
        Forged: it names another partner than us.
        ValueError: not their message.
    """
    message = an_object(json_value(raw_body, most_bytes=MOST_BYTES))
    if settings.service is Service.CSC:
        theirs, ours = a_text(message, "tranId", most=64, empty=False), a_text(message, "refTranId", most=64)
        said = message.get("status")
        return SigningHint(
            _named(ours, "refTranId"), _named(theirs, "tranId"), str(said)[:40] if type(said) is int else ""
        )
    if not hmac.compare_digest(a_text(message, "sp_id", most=200).encode(), settings.sp_id.encode()):
        raise Forged("smartca: the message names another partner")
    code = a_whole(message.get("status_code"), "status_code", most=999)
    return SigningHint(
        _named(a_text(message, "transaction_id", most=64, empty=False), "transaction_id"), "", str(code)
    )


def _named(text: str, field: str) -> str:
    if text and not _NAME.fullmatch(text):
        raise Unreadable(field, "is no name")
    return text


__all__ = ["hint"]
