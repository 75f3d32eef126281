"""Their names and numbers. Sources and confidence: ``contract/README.md``."""

from __future__ import annotations

import base64

from mappings.canonical.signing import SigningState

LOGIN, CERTIFICATES, SIGN, STATUS = "/ras/v1/login", "/certificates/info", "/signHash", "/requests/status"

STATES = {
    1: SigningState.SIGNED,
    4001: SigningState.EXPIRED,
    4002: SigningState.REJECTED,
    4004: SigningState.FAILED,
    4005: SigningState.FAILED,
    13004: SigningState.FAILED,
}
"""``status`` of a request; waiting ones stand in the settings, another number is waiting too. 4005: pack used up; 13004: certificate."""
INTERNAL = 50000
LOGIN_ERRORS = {
    "58007": "client-unknown",
    "58008": "signer-unknown",
    "59033": "signer-refused",
    "86024": "secret-wrong",
    "86002": "client-certificate-revoked",
}
OURS = frozenset({"client-unknown", "secret-wrong", "client-certificate-revoked"})
"""Errors that are about us, not about the signer."""


def shown(text: str, most: int) -> str:
    """A text for the signer: base64 of UTF-8, cut at a whole letter so that the coded form stays below ``most`` characters."""
    cut = text
    while len(coded := base64.b64encode(cut.encode()).decode("ascii")) >= most:
        cut = cut[:-1]
    return coded
