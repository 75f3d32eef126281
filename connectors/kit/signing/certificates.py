"""Certificates as providers hand them over: read strictly, described, and checked before anybody is asked to sign."""

from __future__ import annotations

import asyncio
import base64
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from connectors.kit.reading import Unreadable
from connectors.kit.signing.errors import NotFit
from mappings.canonical.signing import Mechanism, SealKind, SigningCertificate

LEAST_RSA_BITS, LEAST_CURVE_BITS = 2048, 256
"""Circular 15/2025/TT-BKHCN."""
_LONGEST = 200
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True, slots=True)
class Material:
    """What a chain is judged by: DER throughout. Nothing is fetched, no root of the operating system is believed."""

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def context(self, moment: datetime, more: Sequence[bytes] = ()) -> Any:
        """A fresh validation context of the library; revocation must be known at every level."""
        from pyhanko_certvalidator import ValidationContext

        from connectors.kit.signing.asn1 import crl, ocsp
        from connectors.kit.signing.asn1 import x509 as asn1

        return ValidationContext(
            trust_roots=[asn1.Certificate.load(der) for der in self.roots],
            other_certs=[asn1.Certificate.load(der) for der in (*self.intermediates, *more)],
            crls=[crl.CertificateList.load(der) for der in self.crls],
            ocsps=[ocsp.OCSPResponse.load(der) for der in self.ocsps],
            moment=moment,
            allow_fetching=False,
            # 'hard-fail' would pass a certificate that names neither a list nor a responder.
            revocation_mode="require",
            retroactive_revinfo=True,
        )


def der_of(text: str, field: str) -> bytes:
    """The certificate in base64, with or without line breaks and PEM lines.

    Raises:
        Unreadable: it is none.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) > 2 and lines[0].startswith("-----BEGIN CERT") and lines[-1].startswith("-----END CERT"):
        lines = lines[1:-1]
    packed = "".join(lines)
    if len(packed) > 100_000 or not _BASE64.fullmatch(packed):
        raise Unreadable(field, "a certificate in base64 is expected")
    try:
        raw = base64.b64decode(packed, validate=True)
        loaded(raw)
    except (ValueError, NotFit) as exc:
        raise Unreadable(field, "a certificate in base64 is expected") from exc
    return raw


def loaded(der: bytes) -> x509.Certificate:
    """The certificate of ``der``.

    Raises:
        NotFit: it cannot be read whole.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (certificate.subject, certificate.issuer, certificate.extensions, certificate.public_key())
    except Exception as exc:  # a parser of foreign bytes: whatever it raises, it is no certificate for us
        raise NotFit("unreadable", "the certificate cannot be read") from exc
    return certificate


def described(
    der: bytes,
    *,
    credential: str,
    kind: SealKind = SealKind.UNKNOWN,
    chain: Sequence[bytes] = (),
    their_status: str = "",
    usable: bool | None = None,
    most_hashes: int = 0,
) -> SigningCertificate:
    """What a certificate says of itself, beside what its provider says of it."""
    certificate = loaded(der)
    return SigningCertificate(
        credential=credential,
        kind=kind,
        subject=_first(certificate.subject, NameOID.COMMON_NAME),
        numbers=tuple(_all(certificate.subject, NameOID.USER_ID)),
        issuer=_first(certificate.issuer, NameOID.COMMON_NAME),
        serial=f"{certificate.serial_number:x}",
        sha256=certificate.fingerprint(_sha256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        certificate=_packed(der),
        chain=tuple(_packed(one) for one in chain),
        their_status=their_status,
        usable=usable,
        key=_key(certificate),
        most_hashes=most_hashes,
    )


def mechanism_of(der: bytes, *, pss: bool = False) -> Mechanism:
    """How the certificate's key signs.

    Raises:
        NotFit: with a key that we do not know or that is too short.
    """
    key = loaded(der).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < LEAST_RSA_BITS:
            raise NotFit("weak-key", f"RSA of {key.key_size} bits")
        return Mechanism.RSA_PSS if pss else Mechanism.RSA
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.key_size < LEAST_CURVE_BITS:
            raise NotFit("weak-key", f"a curve of {key.key_size} bits")
        return Mechanism.ECDSA
    raise NotFit("weak-key", "neither RSA nor a curve")


def fit_to_sign(
    held: SigningCertificate, *, moment: datetime, material: Material | None, number: str = ""
) -> None:
    """Refuse a certificate that a checker would refuse afterwards, before its holder is asked.

    Args:
        material: roots and revocation data; ``None``: only what the certificate and its provider say is judged.
        number: of the person or organisation that is to sign (digits, a branch as ``0123456789-001``); empty: anybody.

    Raises:
        NotFit: with the first thing that stands against it.
    """
    der = base64.b64decode(held.certificate)
    certificate = loaded(der)
    if held.usable is False:
        raise NotFit("not-active", "the provider says that it is not active")
    if moment > certificate.not_valid_after_utc:
        raise NotFit("expired", f"since {certificate.not_valid_after_utc:%d/%m/%Y}")
    if moment < certificate.not_valid_before_utc:
        raise NotFit("not-yet-valid", f"until {certificate.not_valid_before_utc:%d/%m/%Y}")
    mechanism_of(der)
    if not _may_sign(certificate):
        raise NotFit("key-usage", "neither digital signature nor non-repudiation")
    if number and number not in {text.rpartition(":")[2].strip() for text in held.numbers}:
        raise NotFit("other-person", "the certificate names somebody else")
    if material is not None:
        between = [base64.b64decode(one) for one in held.chain]
        asyncio.run(_chained(der, between, material, moment))


async def _chained(der: bytes, between: Sequence[bytes], material: Material, moment: datetime) -> None:
    from pyhanko_certvalidator import CertificateValidator
    from pyhanko_certvalidator.errors import (
        InsufficientRevinfoError,
        PathBuildingError,
        PathValidationError,
        RevokedError,
    )

    from connectors.kit.signing.asn1 import x509 as asn1

    context = material.context(moment, between)
    validator = CertificateValidator(asn1.Certificate.load(der), validation_context=context)
    try:
        await validator.async_validate_path()
    except RevokedError as exc:
        raise NotFit("revoked", "the certificate or its issuer is revoked") from exc
    except InsufficientRevinfoError as exc:
        raise NotFit("revocation-unknown", "no revocation data that is fresh enough") from exc
    except PathBuildingError as exc:
        raise NotFit("unknown-root", "no path to a root on our list") from exc
    except PathValidationError as exc:
        raise NotFit("unknown-root", "the path to a root on our list does not hold") from exc


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature or usage.content_commitment


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa {key.key_size}"
    return f"ec {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else "unknown"


def _all(name: x509.Name, kind: x509.ObjectIdentifier) -> list[str]:
    return [clean(str(part.value)) for part in name.get_attributes_for_oid(kind)]


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    return next(iter(_all(name, kind)), "")


def clean(text: str) -> str:
    """Foreign text fit for a screen: NFC, no control or direction characters, not endless."""
    normal = unicodedata.normalize("NFC", text)
    return "".join(c for c in normal if unicodedata.category(c)[0] != "C")[:_LONGEST]


def _packed(der: bytes) -> str:
    return base64.b64encode(der).decode("ascii")


def pem_of(der: bytes) -> str:
    """As PEM, for libraries that want it so."""
    return loaded(der).public_bytes(Encoding.PEM).decode("ascii")


def _sha256() -> Any:
    from cryptography.hazmat.primitives.hashes import SHA256

    return SHA256()


__all__ = ["Material", "clean", "der_of", "described", "fit_to_sign", "loaded", "mechanism_of", "pem_of"]
