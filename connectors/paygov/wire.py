"""PayGov's messages as they stand on the wire, and checksums by rule. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.kit.reading import Unreadable
from connectors.paygov.settings import Checksum

SHOWN = frozenset(
    {
        "partnerCode",
        "orderId",
        "requestCode",
        "amount",
        "serviceCode",
        "errorCode",
        "error_code",
        "transactionNo",
    }
)
"""Fields that an exchange summary may show: no checksum, no key, no address, no text of ours."""


def checksum(rule: Checksum, fields: Mapping[str, str], secret: bytes) -> str:
    """Lower-case hexadecimal.

    Raises:
        ValueError: a value holds the separator, so that two messages would sign alike.
    """
    values = [fields.get(name, "") for name in rule.fields]
    if rule.separator and any(rule.separator in value for value in values):
        raise ValueError("a value holds the separator of the signed text")
    text = rule.separator.join(values).encode()
    kind, _, keyed = rule.algorithm.partition("hmac-")
    if keyed:
        return hmac.digest(secret, text, keyed).hex()
    parts = [secret, text] if rule.secret_first else [text, secret]
    return hashlib.new(kind, rule.separator.encode().join(parts)).hexdigest()


def holds(rule: Checksum, secrets: Iterable[bytes], fields: Mapping[str, str], given: str) -> bool:
    """Whether ``given`` is the checksum under one of ``secrets``; in constant time, whatever its letters' case."""
    if not given or not given.isascii():
        return False
    wanted, found = given.lower(), False
    for secret in secrets:
        try:
            made = checksum(rule, fields, secret)
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
            if len(value) > 2_000:
                raise Unreadable(name, "is too long")
            found[name] = value
    return found
