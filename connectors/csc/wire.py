"""Their names and numbers. Source: CSC API v1.0.4.0 and v2.0.0.2 (contract/README.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mappings.canonical.signing import Mechanism

INFO, LIST, DETAILS = "/info", "/credentials/list", "/credentials/info"
AUTHORISE, CHECK, SEND_OTP = "/credentials/authorize", "/credentials/authorizeCheck", "/credentials/sendOTP"
CHALLENGE = "/credentials/getChallenge"
SIGN, POLL = "/signatures/signHash", "/signatures/signPolling"

SHA256_OID = "2.16.840.1.101.3.4.2.1"
SIGN_OIDS = {
    Mechanism.RSA: "1.2.840.113549.1.1.1",
    Mechanism.RSA_PSS: "1.2.840.113549.1.1.10",
    Mechanism.ECDSA: "1.2.840.10045.4.3.2",
}
PSS_PARAMETERS = "MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg"
"""RSASSA-PSS-params: SHA-256, MGF1 with SHA-256, salt of 32 bytes; DER in base64."""

IMPLICIT, EXPLICIT, OAUTH = "implicit", "explicit", "oauth2code"
ENABLED = {"enabled": True, "disabled": False}
STANDING = {"valid": True, "expired": False, "revoked": False, "suspended": False}


@dataclass(frozen=True, slots=True)
class Credential:
    """One answer of credentials/info.

    Attributes:
        key_status, certificate_status: theirs, empty where not told.
        certificates: DER, the signer's first.
        mode: how the signer agrees.
        multisign: hashes per authorisation, 0 where not told.
    """

    name: str
    key_status: str
    certificate_status: str
    certificates: tuple[bytes, ...]
    mode: str
    multisign: int


@dataclass(frozen=True, slots=True)
class Authorised:
    """Of authorize: the SAD (a secret: it opens the key), or the handle of an authorisation that is still going on."""

    sad: str
    handle: str
    until: datetime | None = None


KNOWN_ERRORS = frozenset(
    {
        "invalid_request", "unauthorized_client", "access_denied", "invalid_scope", "server_error", "temporarily_unavailable",
        "expired_token", "invalid_token", "authentication_error", "invalid_otp", "invalid_pin", "invalid_authentication_data",
        "invalid_hash", "unsupported_grant_type", "invalid_grant",
    }
)  # fmt: skip
MEANINGS = (
    ("pin locked", "pin-locked"),
    ("pin", "invalid-pin"),
    ("otp", "invalid-otp"),
    ("sad expired", "sad-expired"),
    ("not authorized by the sad", "hash-not-authorised"),
    ("numbers of signatures", "too-many-hashes"),
    ("certificate is expired", "certificate-expired"),
    ("credentialid", "credential-unknown"),
    ("digest value", "digest-length"),
    ("sad", "sad-invalid"),
)
"""Part of ``error_description`` in lower case → our short code, first hit. Wordings differ: what fits none keeps ``error`` alone."""
