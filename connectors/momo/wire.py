"""MoMo's messages as they stand on the wire: what is under the hash, and how numbers stand there. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.reading import Unreadable, a_whole

CREATE_SIGNED = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId",
    "requestType",
)  # fmt: skip
QUERY_SIGNED = ("accessKey", "orderId", "partnerCode", "requestId")
REFUND_SIGNED = ("accessKey", "amount", "description", "orderId", "partnerCode", "requestId", "transId")
IPN_SIGNED = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType",
    "requestId", "responseTime", "resultCode", "transId",
)  # fmt: skip
"""Names under the hash, in alphabetical order, as published."""

SHOWN = frozenset(
    {
        "partnerCode", "requestId", "orderId", "amount", "transId", "requestType", "resultCode", "message",
        "responseTime", "lang",
    }
)  # fmt: skip
"""Fields that an exchange summary may show: no hash, no address, no text of ours."""

ORDER_ID = re.compile(r"[0-9a-zA-Z](?:[-_.]*[0-9a-zA-Z]+)*")
MOST_ORDER_ID, MOST_REQUEST_ID = 63, 50


def raw(order: Sequence[str], fields: Mapping[str, Any], access_key: str) -> bytes:
    """What is signed: ``name=value`` joined by ``&``, raw UTF-8, nothing encoded."""
    values = {**fields, "accessKey": access_key}
    return "&".join(f"{name}={values.get(name, '')}" for name in order).encode()


def signature(order: Sequence[str], fields: Mapping[str, Any], pair: tuple[str, bytes]) -> str:
    """HMAC-SHA256 in lower-case hexadecimal."""
    access_key, secret = pair
    return hmac.digest(secret, raw(order, fields, access_key), "sha256").hex()


def holds(
    pairs: Iterable[tuple[str, bytes]], order: Sequence[str], fields: Mapping[str, Any], given: str
) -> bool:
    """Whether ``given`` is the hash under one of ``pairs``; in constant time, whatever its letters' case."""
    if len(given) != 64 or not given.isascii():
        return False
    wanted, found = given.lower(), False
    for pair in pairs:
        found |= hmac.compare_digest(signature(order, fields, pair), wanted)
    return found


def is_one_reading(order: Sequence[str], fields: Mapping[str, Any]) -> bool:
    """Whether the signed text says the same values in one way only: ``&name=`` inside a value would be another field."""
    text = raw(order, fields, "").decode()
    return all(text.count(f"&{name}=") == (1 if place else 0) for place, name in enumerate(order))


def as_signed(fields: Mapping[str, Any], order: Sequence[str]) -> dict[str, str]:
    """The values under the hash as text: texts as they are, whole numbers as their digits.

    Raises:
        Unreadable: a value of another kind.
    """
    found: dict[str, str] = {}
    for name in order:
        value = fields.get(name)
        if value is None:
            continue
        if type(value) is int:
            found[name] = str(value)
        elif isinstance(value, str):
            found[name] = value
        else:
            raise Unreadable(name, "a text or a whole number is expected")
    return found


def code_of(fields: Mapping[str, Any]) -> str:
    """The resultCode as text.

    Raises:
        Unreadable
    """
    if "resultCode" not in fields:
        raise Unreadable("resultCode", "is missing")
    return str(a_whole(fields["resultCode"], "resultCode", least=-99_999, most=99_999))


def number_of(fields: Mapping[str, Any]) -> str:
    """The transId as text; 0 and nothing are the same: there is none.

    Raises:
        Unreadable
    """
    value = fields.get("transId")
    if value is None or value == "":
        return ""
    found = a_whole(value, "transId", least=0, most=10**17)
    return str(found) if found else ""


def moment_of(value: Any, field: str) -> datetime:
    """Milliseconds since 1970 as a moment in UTC.

    Raises:
        Unreadable: also for a moment no payment was ever made at.
    """
    found = a_whole(value, field, least=1_000_000_000_000, most=9_999_999_999_999)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=found // 1000)


def fits_as_order(reference: str) -> bool:
    """Whether MoMo takes ``reference`` as orderId and requestId."""
    return len(reference.encode()) <= min(MOST_ORDER_ID, MOST_REQUEST_ID) and bool(
        ORDER_ID.fullmatch(reference)
    )
