"""ZaloPay's messages as they stand on the wire: what is under the mac, their numbers and ours. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.kit.reading import Unreadable, a_whole, fourteen_digits

CREATE_SIGNED = ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item")
QUERY_SIGNED = ("app_id", "app_trans_id")  # and key1 itself, as the last value
REFUND_SIGNED = ("app_id", "zp_trans_id", "amount", "description", "timestamp")
"""The refund's own number, m_refund_id, is not among them: only TLS keeps it."""
QUERY_REFUND_SIGNED = ("app_id", "m_refund_id", "timestamp")

SHOWN = frozenset(
    {
        "app_id", "app_trans_id", "amount", "app_time", "zp_trans_id", "m_refund_id", "timestamp", "refund_id",
        "return_code", "return_message", "sub_return_code", "sub_return_message", "is_processing",
    }
)  # fmt: skip
"""Fields that an exchange summary may show: no mac, no address, no text of ours."""

_OURS = re.compile(r"[0-9A-Za-z]{1,32}")
_THEIR_FORM = re.compile(r"([0-9]{6})_([0-9A-Za-z]{1,33})")


def mac(order: Sequence[str], fields: Mapping[str, Any], key: bytes, *last: str) -> str:
    """HMAC-SHA256 hex of the values joined with a bar.

    Raises:
        ValueError: a value holds the bar, so that two messages would sign alike.
    """
    values = [str(fields[name]) for name in order]
    if any("|" in value for value in values):
        raise ValueError("a value holds the separator of the signed text")
    return hmac.digest(key, "|".join([*values, *last]).encode(), "sha256").hex()


def holds(keys: Iterable[bytes], data: str, given: str) -> bool:
    """Whether ``given`` is the mac of a callback's ``data``; in constant time, whatever its letters' case."""
    if len(given) != 64 or not given.isascii():
        return False
    wanted, found = given.lower(), False
    for key in keys:
        found |= hmac.compare_digest(hmac.digest(key, data.encode(), "sha256").hex(), wanted)
    return found


def order_number(reference: str, request_time: str) -> str:
    """app_trans_id: ``yymmdd_reference``, the day being that of the request (Việt Nam).

    Raises:
        Unreadable: the time is none; ValueError: a reference they would refuse.
    """
    fourteen_digits(request_time, "request_time")
    if not _OURS.fullmatch(reference):
        raise ValueError("a reference is 1 to 32 letters and digits")
    return f"{request_time[2:8]}_{reference}"


def reference_of(order: str) -> str:
    """Our reference in an app_trans_id.

    Raises:
        Unreadable: not of our form.
    """
    found = _THEIR_FORM.fullmatch(order)
    if found is None:
        raise Unreadable("app_trans_id", "is not of our form")
    return found[2]


def refund_number(reference: str, app_id: str, day_of: str) -> str:
    """m_refund_id: ``yymmdd_appid_reference``. The same for every attempt and look-up of a refund.

    Args:
        day_of: 14 digits; the moment the refund was decided on.

    Raises:
        Unreadable, ValueError: as :func:`order_number`.
    """
    fourteen_digits(day_of, "refund_time")
    if not _OURS.fullmatch(reference):
        raise ValueError("a reference is 1 to 32 letters and digits")
    return f"{day_of[2:8]}_{app_id}_{reference}"


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def moment_of(value: Any, field: str) -> datetime:
    """Milliseconds since 1970 as a moment in UTC.

    Raises:
        Unreadable
    """
    found = a_whole(value, field, least=1_000_000_000_000, most=9_999_999_999_999)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=found // 1000)


def code_of(fields: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    """A return code as text; empty where it may be missing and is.

    Raises:
        Unreadable
    """
    if fields.get(name) is None:
        if needed:
            raise Unreadable(name, "is missing")
        return ""
    return str(a_whole(fields[name], name, least=-999_999, most=999_999))


def number_of(fields: Mapping[str, Any], name: str) -> str:
    """A number of theirs as text; 0 and nothing are the same: there is none.

    Raises:
        Unreadable
    """
    value = fields.get(name)
    if value is None or value == "":
        return ""
    found = a_whole(value, name, least=0, most=10**17)
    return str(found) if found else ""
