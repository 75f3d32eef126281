"""Their messages ↔ our facts; pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.kit.reading import Unreadable, a_list, a_text, a_whole, an_object
from connectors.kit.signing.asked import values_for
from connectors.kit.signing.certificates import der_of, described
from connectors.mysign import wire
from connectors.mysign.settings import Settings
from mappings.canonical.signing import SignatureValue, SigningCertificate, SigningRequest, SigningState

_USABLE = {"valid": True, "active": True, "expired": False, "revoked": False, "suspended": False}


def certificates_body(signer: str, settings: Settings) -> dict[str, Any]:
    """Of certificates/info."""
    return {**ours(settings), "profile_id": settings.profile_id, "user_id": signer, "certificates": "chain", "certInfo": True, "authInfo": True}  # fmt: skip


def sign_body(request: SigningRequest, credential: str, settings: Settings) -> dict[str, Any]:
    """Of signHash. Our transaction stands before the description: the only place of it that comes back with their news."""
    most = settings.most_characters
    return {
        **ours(settings),
        "credentialID": credential,
        "numSignatures": len(request.documents),
        "description": wire.shown(f"{request.transaction} {request.description}", most),
        "documents": [
            {"document_id": one.document, "document_name": wire.shown(one.name or one.document, most)}
            for one in request.documents
        ],
        "hash": [_coded(one.sha256, settings) for one in request.documents],
        "hashAlgo": settings.hash_algorithm,
        "signAlgo": settings.sign_algorithm,
        "async": settings.wait,
    }


def ours(settings: Settings) -> dict[str, str]:
    """Who we are."""
    return {"client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value()}


def certificates(found: Any, settings: Settings) -> list[SigningCertificate]:
    """Of certificates/info: a list."""
    listed = a_list(found, "certificates")
    if len(listed) > 50:
        raise Unreadable("certificates", "more than 50")
    return [_certificate(an_object(one, "certificates"), settings) for one in listed]


def transaction_of(body: Mapping[str, Any]) -> str:
    """Their name of the session."""
    name = body.get("transactionId")
    text = str(name) if type(name) is int else name
    if (
        not isinstance(text, str)
        or not 1 <= len(text) <= 100
        or not text.replace("-", "").isalnum()
        or not text.isascii()
    ):
        raise Unreadable("transactionId", "a name is expected")
    return text


def state_of(body: Mapping[str, Any], settings: Settings) -> tuple[SigningState, int]:
    """State and their number. One that nobody explained is waiting."""
    code = a_whole(body.get("status"), "status", most=99_999)
    if code in settings.waiting_codes:
        return SigningState.WAITING, code
    return wire.STATES.get(code, SigningState.WAITING), code


def values_of(body: Mapping[str, Any], documents: Sequence[str]) -> tuple[SignatureValue, ...]:
    """Values in the order of the request; base64 with line breaks is theirs."""
    listed = a_list(body.get("signatures"), "signatures")
    if len(listed) != len(documents):
        raise Unreadable("signatures", "one value for each hash is expected")
    if listed and isinstance(listed[0], Mapping):  # as in their news: named by document
        pairs = [_pair(an_object(one, "signatures")) for one in listed]
    elif all(isinstance(one, str) for one in listed):
        pairs = list(zip(documents, listed, strict=True))
    else:
        raise Unreadable("signatures", "texts are expected")
    return values_for(documents, pairs)


def _pair(one: Mapping[str, Any]) -> tuple[str, str]:
    return a_text(one, "document_id", empty=False), a_text(one, "signature", most=100_000, empty=False)


def _certificate(facts: Mapping[str, Any], settings: Settings) -> SigningCertificate:
    cert = an_object(facts.get("cert"), "cert")
    listed = a_list(cert.get("certificates"), "certificates")
    if not 1 <= len(listed) <= 10 or not all(isinstance(one, str) for one in listed):
        raise Unreadable("certificates", "1 to 10 texts are expected")
    ders = [der_of(one, "certificates") for one in listed]
    status = a_text(cert, "status", most=60) if "status" in cert else ""
    most = a_whole(facts["multisign"], "multisign", most=10_000) if "multisign" in facts else 0
    return described(
        ders[0],
        credential=a_text(facts, "credential_id", most=200, empty=False),
        chain=ders[1:],
        their_status=status,
        usable=_USABLE.get(status.strip().lower()),
        most_hashes=most or settings.most_documents,
    )


def _coded(sha256: str, settings: Settings) -> str:
    return (
        sha256 if settings.hash_coding == "hex" else base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
    )
