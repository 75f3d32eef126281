"""KeyPay's messages as they stand on the wire: what is under the hash in its two forms. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.kit.reading import Unreadable

CREATE_SIGNED = ("addition_fee", "client_id", "command", "trans_amount", "transaction_id", "version")
DETAIL_SIGNED = ("client_id", "command", "transaction_id")
HASH = "check_sum"

SHOWN = frozenset(
    {
        "client_id",
        "command",
        "version",
        "transaction_id",
        "trans_amount",
        "addition_fee",
        "status",
        "return_code",
    }
)
"""Fields that an exchange summary may show: no hash, no address, no text of ours."""


def joined(order: Sequence[str], fields: Mapping[str, str]) -> bytes:
    """Values in ``order`` joined by a bar.

    Raises:
        ValueError: a value holds the bar, so that two messages would sign alike.
    """
    values = [fields.get(name, "") for name in order]
    if any("|" in value for value in values):
        raise ValueError("a value holds the separator of the signed text")
    return "|".join(values).encode()


def signature(order: Sequence[str], fields: Mapping[str, str], key: bytes) -> str:
    """HMAC-SHA256 in lower-case hexadecimal.

    Raises:
        ValueError: as :func:`joined`.
    """
    return hmac.digest(key, joined(order, fields), "sha256").hex()


def holds(keys: Iterable[bytes], order: Sequence[str], fields: Mapping[str, str], given: str) -> bool:
    """Whether ``given`` is the hash under one of ``keys``; in constant time, whatever its letters' case."""
    if len(given) != 64 or not given.isascii():
        return False
    try:
        signed = joined(order, fields)
    except ValueError:
        return False
    wanted, found = given.lower(), False
    for key in keys:
        found |= hmac.compare_digest(hmac.digest(key, signed, "sha256").hex(), wanted)
    return found


def plain_hash(algorithm: str, secret: bytes, fields: Mapping[str, str]) -> str:
    """The stand-alone form: secret, then the values that are not empty, sorted by field name, nothing between them."""
    text = "".join(fields[name] for name in sorted(fields) if fields[name])
    return hashlib.new(algorithm, secret + text.encode()).hexdigest()


def plain_holds(algorithm: str, secrets: Iterable[bytes], fields: Mapping[str, str], given: str) -> bool:
    """Whether ``given`` is the stand-alone form's hash under one of ``secrets``."""
    if not given or not given.isascii():
        return False
    wanted, found = given.lower(), False
    for secret in secrets:
        found |= hmac.compare_digest(plain_hash(algorithm, secret, fields), wanted)
    return found


def as_texts(fields: Mapping[str, Any]) -> dict[str, str]:
    """Plain values as text: texts as they are, whole numbers as their digits; other kinds are left out.

    Raises:
        Unreadable: a text that is too long.
    """
    found: dict[str, str] = {}
    for name, value in fields.items():
        if type(value) is int:
            found[name] = str(value)
        elif isinstance(value, str):
            if len(value) > 2_000:
                raise Unreadable(name, "is too long")
            found[name] = value
    return found
