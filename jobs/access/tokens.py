"""Secrets that we hand out: made here, shown once, kept as digests only."""

from __future__ import annotations

import hashlib
import hmac
import secrets

KEY_PREFIX = "lt"


def new_token() -> str:
    """256 bits of the operating system's randomness, safe in cookies and addresses."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token. Tokens are random, so a plain hash cannot be searched backwards."""
    return hashlib.sha256(token.encode()).digest()


def same(left: bytes, right: bytes) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left, right)


def new_api_key() -> tuple[str, str, str]:
    """A key for a calling system.

    Returns:
        its public id, its secret, and the text that is shown once: ``lt_<id>_<secret>``.
    """
    key_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    return key_id, secret, f"{KEY_PREFIX}_{key_id}_{secret}"


def split_api_key(text: str) -> tuple[str, str] | None:
    """Id and secret of a shown key, or ``None`` when the text is no key of ours."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != KEY_PREFIX or not parts[1] or len(parts[2]) < 32 or len(text) > 200:
        return None
    return parts[1], parts[2]
