"""Their messages ↔ our facts; pure. What cannot be read raises ``Unreadable`` with their name of the field."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.csc import wire
from connectors.csc.settings import Settings
from connectors.kit.reading import Unreadable, a_list, a_text, a_whole, an_object
from connectors.kit.signing.asked import values_for
from connectors.kit.signing.certificates import der_of, described
from connectors.kit.signing.unlock import Unlock
from mappings.canonical.signing import (
    Mechanism,
    SignatureValue,
    SigningCertificate,
    SigningRequest,
)

_MOST_TOKEN = 20_000


def hash_of(sha256: str) -> str:
    """A hash as they want it: base64 of the bytes."""
    return base64.b64encode(bytes.fromhex(sha256)).decode("ascii")


def authorise_body(
    request: SigningRequest, credential: wire.Credential, settings: Settings, unlock: Unlock
) -> dict[str, Any]:
    """Of credentials/authorize."""
    hashes, digest = settings.names
    body: dict[str, Any] = {
        "credentialID": credential.name,
        "numSignatures": len(request.documents),
        hashes: [hash_of(one.sha256) for one in request.documents],
        "description": request.description,
    }
    if digest == "hashAlgorithmOID":
        body[digest] = wire.SHA256_OID
    pin, otp = unlock.pin.get_secret_value(), unlock.otp.get_secret_value()
    if settings.version == "v2":
        given = [("PIN", pin), ("OTP", otp)]
        parts = [{"id": name, "value": value} for name, value in given if value]
        if parts:
            body["authData"] = parts
    else:
        body |= {name: value for name, value in (("PIN", pin), ("OTP", otp)) if value}
    if settings.client_data:
        body["clientData"] = request.transaction
    return body


def sign_body(request: SigningRequest, credential: str, sad: str, settings: Settings) -> dict[str, Any]:
    """Of signatures/signHash."""
    hashes, digest = settings.names
    body: dict[str, Any] = {
        "credentialID": credential,
        "SAD": sad,
        hashes: [hash_of(one.sha256) for one in request.documents],
        digest: wire.SHA256_OID,
        "signAlgo": wire.SIGN_OIDS[request.mechanism],
    }
    if request.mechanism is Mechanism.RSA_PSS:
        body["signAlgoParams"] = wire.PSS_PARAMETERS
    if settings.asynchronous:
        body["operationMode"] = "A"
    if settings.client_data:
        body["clientData"] = request.transaction
    return body


def credential_names(body: Mapping[str, Any], most: int) -> tuple[list[str], str]:
    """Names of one page of credentials/list, and the mark of the next page."""
    names = a_list(body.get("credentialIDs"), "credentialIDs")
    if len(names) > most or not all(isinstance(one, str) and 0 < len(one) <= 200 for one in names):
        raise Unreadable("credentialIDs", f"at most {most} names are expected")
    after = a_text(body, "nextPageToken", most=_MOST_TOKEN) if "nextPageToken" in body else ""
    return names, after


def credential_of(name: str, body: Mapping[str, Any]) -> wire.Credential:
    """One answer of credentials/info, of either version."""
    key = an_object(body.get("key", {}), "key")
    cert = an_object(body.get("cert", {}), "cert")
    listed = a_list(cert.get("certificates"), "certificates")
    if not 1 <= len(listed) <= 10 or not all(isinstance(one, str) for one in listed):
        raise Unreadable("certificates", "1 to 10 texts are expected")
    auth = an_object(body["auth"], "auth") if "auth" in body else {}
    mode = a_text(auth, "mode") if auth else a_text(body, "authMode") if "authMode" in body else wire.IMPLICIT
    return wire.Credential(
        name=name,
        key_status=_word(key, "status"),
        certificate_status=_word(cert, "status"),
        certificates=tuple(der_of(one, "certificates") for one in listed),
        mode=mode,
        multisign=a_whole(body["multisign"], "multisign", most=10_000) if "multisign" in body else 0,
    )


def certificate_of(held: wire.Credential) -> SigningCertificate:
    """A credential as everybody else here knows it."""
    key = wire.ENABLED.get(held.key_status.lower()) if held.key_status else None
    standing = wire.STANDING.get(held.certificate_status.lower()) if held.certificate_status else None
    usable = False if False in (key, standing) else True if key and standing is not False else None
    said = "/".join(part for part in (held.key_status, held.certificate_status) if part)
    return described(
        held.certificates[0],
        credential=held.name,
        chain=held.certificates[1:],
        their_status=said,
        usable=usable,
        most_hashes=held.multisign,
    )


def authorised(status: int, body: Mapping[str, Any]) -> wire.Authorised:
    """SAD or handle; one of them must be there, and a 202 has no SAD yet."""
    if status == 202:
        return wire.Authorised("", a_text(body, "handle", most=_MOST_TOKEN, empty=False))
    return wire.Authorised(a_text(body, "SAD", most=_MOST_TOKEN, empty=False), "")


def response_id(body: Mapping[str, Any]) -> str:
    """The name of an asynchronous signing."""
    return a_text(body, "responseID", most=500, empty=False)


def signatures(body: Mapping[str, Any], documents: Sequence[str]) -> tuple[SignatureValue, ...]:
    """Values in the order of the request: the answer names no documents, it keeps the order (C1)."""
    values = a_list(body.get("signatures"), "signatures")
    if len(values) != len(documents) or not all(isinstance(one, str) for one in values):
        raise Unreadable("signatures", "one text for each hash is expected")
    return values_for(documents, list(zip(documents, values, strict=True)))


def refusal_code(body: Mapping[str, Any]) -> str:
    """Our short code of their error, or their own; empty where there is none. Free text never passes: it may name a person."""
    error = body.get("error")
    words = body.get("error_description")
    if not isinstance(error, str) or not error:
        return ""
    if isinstance(words, str):
        for part, code in wire.MEANINGS:
            if part in words.lower():
                return code
    return error if error in wire.KNOWN_ERRORS else "other"


def _word(values: Mapping[str, Any], field: str) -> str:
    return a_text(values, field, most=40) if field in values else ""
