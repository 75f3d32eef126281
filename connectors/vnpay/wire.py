"""VNPAY's messages as they stand on the wire: fields, order of signing, hashes. Pure.

×100 of amounts and local time live here and in ``translate`` only.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from connectors.kit.reading import VIETNAM, Unreadable

VERSION = "2.1.0"
HASH = "vnp_SecureHash"

QUERY_ASKED = (
    "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate",
    "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo",
)  # fmt: skip
REFUND_ASKED = (
    "vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef", "vnp_Amount",
    "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo",
)  # fmt: skip
REFUND_ANSWERED = (
    "vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount",
    "vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus", "vnp_OrderInfo",
)  # fmt: skip
QUERY_ANSWERED = (*REFUND_ANSWERED, "vnp_PromotionCode", "vnp_PromotionAmount")

SHOWN = frozenset(
    {
        "vnp_RequestId", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount", "vnp_TransactionNo",
        "vnp_TransactionType", "vnp_TransactionDate", "vnp_CreateDate", "vnp_ResponseId", "vnp_ResponseCode",
        "vnp_Message", "vnp_TransactionStatus", "vnp_PayDate", "vnp_BankCode",
    }
)  # fmt: skip
"""Fields that an exchange summary may show: neither a hash nor anything of a person."""

_SAFE = re.compile(r"[A-Za-z0-9 ._:-]+")
_LONGEST_VALUE = 500


def signature(key: bytes, data: bytes) -> str:
    """HMAC-SHA512 in lower-case hexadecimal."""
    return hmac.digest(key, data, "sha512").hex()


def holds(keys: Iterable[bytes], data: bytes, given: str) -> bool:
    """Whether ``given`` is the hash of ``data`` under one of ``keys``; in constant time, whatever its letters' case."""
    if len(given) != 128 or not given.isascii():
        return False
    wanted = given.lower()
    found = False
    for key in keys:
        found |= hmac.compare_digest(signature(key, data), wanted)
    return found


def query_string(fields: Mapping[str, str], key: bytes) -> str:
    """The signed query string of a payment address: non-empty fields, sorted, form-encoded, hash at the end.

    Raises:
        ValueError: a value on which encoders disagree.
    """
    for name, value in fields.items():
        if "~" in value or "*" in value or not value.isprintable():
            raise ValueError(f"{name} holds a character that encoders disagree on")
    text = "&".join(f"{name}={quote_plus(value)}" for name, value in sorted(fields.items()) if value)
    return f"{text}&{HASH}={signature(key, text.encode())}"


def piped(order: Sequence[str], fields: Mapping[str, str]) -> bytes:
    """What query and refund sign: values in ``order`` joined by ``|``; what is missing is empty text."""
    return "|".join(fields.get(name, "") for name in order).encode()


def signed(order: Sequence[str], fields: Mapping[str, str], key: bytes) -> dict[str, str]:
    """``fields`` with their hash.

    Raises:
        ValueError: a value holds the separator, so that two messages would sign alike.
    """
    if any("|" in value for value in fields.values()):
        raise ValueError("a value holds the separator of the signed text")
    return {**fields, HASH: signature(key, piped(order, fields))}


def answer_fields(value: Any) -> dict[str, str]:
    """An answer's fields as texts. Whole numbers are taken as their digits; other shapes are none of theirs.

    Raises:
        Unreadable
    """
    if not isinstance(value, dict):
        raise Unreadable("body", "an object is expected")
    found: dict[str, str] = {}
    for name, item in value.items():
        if item is None:
            continue
        if type(item) is int:
            found[name] = str(item)
        elif isinstance(item, str) and len(item) <= _LONGEST_VALUE:
            found[name] = item
        elif name.startswith("vnp_"):
            raise Unreadable(name, "a text is expected")
    return found


def stamp(moment: datetime) -> str:
    """``yyyyMMddHHmmss`` in Việt Nam."""
    return moment.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def times_hundred(amount: int) -> str:
    """Whole đồng as ``vnp_Amount``.

    Raises:
        ValueError: not a positive whole number of at most 12 digits when × 100.
    """
    if type(amount) is not int or not 0 < amount < 10**10:
        raise ValueError("an amount is whole đồng, at least 1, below 10,000,000,000")
    return str(amount * 100)


def whole_dong(text: str, field: str = "vnp_Amount") -> int:
    """``vnp_Amount`` as whole đồng.

    Raises:
        Unreadable: not 1–12 digits, or a fraction of a đồng.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and (text == "0" or text[0] != "0")):
        raise Unreadable(field, "1 to 12 digits are expected")
    amount, rest = divmod(int(text), 100)
    if rest:
        raise Unreadable(field, "is no whole number of đồng")
    return amount


def is_safe(text: str) -> bool:
    """Whether every encoder writes ``text`` alike."""
    return _SAFE.fullmatch(text) is not None
