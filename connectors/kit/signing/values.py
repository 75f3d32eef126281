"""Signature values as they come back: raw or wrapped, and always verified before they are put anywhere."""

from __future__ import annotations

import base64
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from connectors.kit.reading import Unreadable
from connectors.kit.signing.certificates import loaded
from connectors.kit.signing.errors import WrongSignature
from mappings.canonical.signing import Mechanism

MOST_BYTES = 65_536
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def value_text(text: str, field: str) -> str:
    """A base64 value without its line breaks.

    Raises:
        Unreadable: not base64, empty, or endless.
    """
    packed = "".join(text.split())
    if len(packed) > MOST_BYTES or not _BASE64.fullmatch(packed) or len(packed) % 4:
        raise Unreadable(field, "a signature value in base64 is expected")
    return packed


def verified_value(text: str, *, signed: bytes, certificate: bytes, mechanism: Mechanism) -> bytes:
    """The raw signature value over ``signed`` by the key of ``certificate``; DER for a curve.

    Known services answer with a raw value, some with a CMS around it, curves as DER or as two numbers side by side. What it
    is shows in its form; whether it is right shows only in the verification.

    Raises:
        WrongSignature: it does not verify; a wrong value would be filled in without complaint.
    """
    try:
        raw = base64.b64decode(value_text(text, "signature"), validate=True)
    except ValueError as exc:
        raise WrongSignature("shape", "not base64") from exc
    for candidate in _candidates(raw, certificate):
        if _holds(candidate, signed, certificate, mechanism):
            return candidate
    raise WrongSignature("value", "not made by this certificate over these bytes")


def _candidates(raw: bytes, certificate: bytes) -> list[bytes]:
    key = loaded(certificate).public_key()
    found: list[bytes] = []
    if isinstance(key, rsa.RSAPublicKey):
        if len(raw) == (key.key_size + 7) // 8:
            found.append(raw)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        size = (key.key_size + 7) // 8
        found.append(raw)
        if len(raw) == 2 * size:
            found.append(
                encode_dss_signature(int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big"))
            )
    if raw[:1] == b"\x30":
        found += _inside_cms(raw)
    return found


def _inside_cms(raw: bytes) -> list[bytes]:
    """The values of the signers in a CMS; none where it is no CMS."""
    from connectors.kit.signing.asn1 import cms

    try:
        content = cms.ContentInfo.load(raw, strict=True)
        if content["content_type"].native != "signed_data":
            return []
        return [bytes(signer["signature"].native) for signer in content["content"]["signer_infos"]]
    except (ValueError, TypeError, KeyError):
        return []


def _holds(value: bytes, signed: bytes, certificate: bytes, mechanism: Mechanism) -> bool:
    key = loaded(certificate).public_key()
    try:
        match mechanism, key:
            case Mechanism.RSA, rsa.RSAPublicKey():
                key.verify(value, signed, padding.PKCS1v15(), SHA256())
            case Mechanism.RSA_PSS, rsa.RSAPublicKey():
                key.verify(value, signed, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())
            case Mechanism.ECDSA, ec.EllipticCurvePublicKey():
                key.verify(value, signed, ec.ECDSA(SHA256()))
            case _:
                return False
    except InvalidSignature:
        return False
    return True


__all__ = ["value_text", "verified_value"]
