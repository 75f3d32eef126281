"""What Viettel pushes (``async`` 3): first it fetches a token from us with what we issued to it, then it sends the result with that token.

The token says who speaks; what is said is a hint all the same: its values are not used, the status call is asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from connectors.errors import Forged
from connectors.kit.reading import Unreadable, a_text, an_object, json_value
from connectors.kit.seams import Clock
from connectors.mysign.settings import Settings
from mappings.canonical.signing import SigningHint

MOST_BYTES = 2_000_000
ACCEPTED: Mapping[str, str] = {"status_code": "00"}
"""The answer that they expect."""
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_OURS = re.compile(r"[A-Za-z0-9-]{8,64}")


def token_for(raw_body: bytes, settings: Settings, *, clock: Clock) -> dict[str, Any]:
    """The answer to their asking for a token. It holds its own end and a seal of ours: nothing is stored.

    Raises:
        Forged: not what we issued, or no push is taken at all.
        ValueError: not their message.
    """
    message = an_object(json_value(raw_body, most_bytes=10_000))
    user, word = (a_text(message, name, most=500, empty=False) for name in ("client_id", "client_secret"))
    expected = settings.hook_password.get_secret_value()
    right = _same(user, settings.hook_user) & _same(word, expected)
    if not settings.hook_user or not right:
        raise Forged("mysign: a token was asked for with what we never issued")
    end = str(int(clock.now().timestamp()) + settings.hook_token_seconds)
    return {
        "access_token": f"{end}.{_seal(end, settings)}",
        "token_type": "Bearer",
        "expires_in": settings.hook_token_seconds,
    }


def hint(raw_body: bytes, settings: Settings, *, authorization: str, clock: Clock) -> SigningHint:
    """Which session may have moved on.

    Raises:
        Forged: the token is not ours, or it is over.
        ValueError: not their message.
    """
    kind, _, token = authorization.partition(" ")
    end, _, seal = token.partition(".")
    if not settings.hook_user or kind.lower() != "bearer" or not _same(seal, _seal(end, settings)):
        raise Forged("mysign: the token is not ours")
    if not (end.isascii() and end.isdigit()) or int(end[:12]) < clock.now().timestamp():
        raise Forged("mysign: the token is over")
    message = an_object(json_value(raw_body, most_bytes=MOST_BYTES))
    meta = an_object(message.get("meta_data"), "meta_data")
    theirs = a_text(meta, "transaction_id", most=100, empty=False)
    if not _NAME.fullmatch(theirs):
        raise Unreadable("transaction_id", "is no name")
    said = meta.get("status")
    return SigningHint(
        _ours(meta.get("description")), theirs, str(said)[:40] if isinstance(said, int | str) else ""
    )


def _ours(description: object) -> str:
    """Our transaction out of the description that we sent; empty where it cannot be read: a description is no proof of anything."""
    try:
        text = base64.b64decode(str(description), validate=True).decode()
    except ValueError:
        text = str(description)
    first = text.partition(" ")[0]
    return first if _OURS.fullmatch(first) else ""


def _seal(end: str, settings: Settings) -> str:
    key = settings.hook_password.get_secret_value().encode()
    return hmac.new(key, b"mysign-hook:" + end.encode(), hashlib.sha256).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


__all__ = ["ACCEPTED", "hint", "token_for"]
