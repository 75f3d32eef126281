"""SECURE_CODE, as recalled: SHA-256 over all values joined by a bar, the secret last. The order is the manual's. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.kit.reading import Unreadable

SHOWN = frozenset(
    {"ACTION", "MERCHANT_ORDER_ID", "AMOUNT", "CREATE_DATE", "RESPONSE_CODE", "STATUS", "CURRENCY_CODE"}
)
"""Fields that an exchange summary may show: no hash, no address, no text of ours."""


def secure_code(order: Sequence[str], fields: Mapping[str, str], secret: str) -> str:
    """Lower-case hexadecimal.

    Raises:
        ValueError: a value holds the bar, so that two messages would sign alike.
    """
    values = [fields.get(name, "") for name in order]
    if any("|" in value for value in values):
        raise ValueError("a value holds the separator of the signed text")
    return hashlib.sha256("|".join([*values, secret]).encode()).hexdigest()


def holds(order: Sequence[str], fields: Mapping[str, str], given: str, secrets: Iterable[str]) -> bool:
    """Whether ``given`` is the code under one of ``secrets``; in constant time, whatever its letters' case."""
    if len(given) != 64 or not given.isascii():
        return False
    wanted, found = given.lower(), False
    for secret in secrets:
        try:
            made = secure_code(order, fields, secret)
        except ValueError:
            return False
        found |= hmac.compare_digest(made, wanted)
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
            if len(value) > 4_000:
                raise Unreadable(name, "is too long")
            found[name] = value
    return found
