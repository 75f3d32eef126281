"""Their names and numbers. Sources and confidence: ``contract/README.md``."""

from __future__ import annotations

from mappings.canonical.signing import SigningState

CERTIFICATES, SIGN = "/v1/credentials/get_certificate", "/v1/signatures/sign"
SUCCESS = "SUCCESS"
OK, BAD, NOBODY, CREDENTIAL_STATE, BROKEN = 200, 400, 401, 403, 500
"""``status_code`` of sp769 (H)."""


def status_path(transaction: str) -> str:
    """Of the status call."""
    return f"{SIGN}/{transaction}/status"


OLDER_LIST, OLDER_INFO = "/csc/credentials/list", "/csc/credentials/info"
OLDER_SIGN, OLDER_STATUS = "/csc/signature/signhash", "/csc/credentials/gettraninfo"
OLDER_STATES = {
    1: SigningState.SIGNED,
    4000: SigningState.WAITING,
    4001: SigningState.EXPIRED,
    4002: SigningState.REJECTED,
    4003: SigningState.FAILED,
    4004: SigningState.FAILED,
}
"""``tranStatus`` (H); another number is waiting."""
OLDER_NOT_FOUND = frozenset({62000, 62001})
OLDER_BROKEN = 50000
OLDER_CODES = frozenset({30000, 50000, 60000, 60001, 62000, 62001, 62010, 63002, 64000, 65000})
