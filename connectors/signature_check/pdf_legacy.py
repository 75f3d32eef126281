"""Two forms of the past that the library passes over in silence: both rest on SHA-1, and a file that holds one is not unsigned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.sign.general import byte_range_digest
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, extract_contents

from connectors.signature_check.asn1 import core, x509
from connectors.signature_check.subject import algorithms_of, signer_of
from mappings.canonical.signature import Changes, Coverage, Reason, SignatureReport, judged

DIGEST_INSIDE = "adbe.pkcs7.sha1"
"""A CMS value around the SHA-1 digest of the signed bytes (ISO 32000-1, 12.8.3.3)."""
BARE_RSA = "adbe.x509.rsa_sha1"
"""A bare PKCS #1 value in an octet string; the certificates stand in ``/Cert`` (ISO 32000-1, 12.8.3.2)."""


def digest_inside(embedded: EmbeddedPdfSignature, blank: SignatureReport) -> SignatureReport:
    """Judge ``adbe.pkcs7.sha1``. SHA-1 is not allowed, so it is never VALID; integrity is told all the same."""
    certificate = extract_certs_for_validation(embedded.signed_data).signer_cert
    content = embedded.signed_data["encap_content_info"]["content"].native
    digest = hashes.Hash(getattr(hashes, embedded.md_algorithm.upper())())
    digest.update(content)
    intact, valid = validate_sig_integrity(
        embedded.signer_info, certificate, expected_content_type="data", actual_digest=digest.finalize()
    )
    same = content == embedded.compute_digest("sha1")
    return _judged(
        blank,
        certificate,
        same=same and intact,
        valid=valid,
        whole=_covers(embedded.byte_range, embedded.reader.stream, embedded.pkcs7_content),
        mechanism=str(embedded.signer_info["signature_algorithm"]["algorithm"].native),
    )


def bare_rsa(reader: Any, value: Any, blank: SignatureReport) -> SignatureReport:
    """Judge ``adbe.x509.rsa_sha1``, as :func:`digest_inside`."""
    contents = extract_contents(value)
    held = value["/Cert"]
    first = held[0] if isinstance(held, list) else held
    certificate = x509.Certificate.load(first.original_bytes)
    _, digest = byte_range_digest(reader.stream, byte_range=value["/ByteRange"], md_algorithm="sha1")
    key = load_der_public_key(certificate.public_key.dump())
    raw = core.OctetString.load(contents).native
    valid = isinstance(key, rsa.RSAPublicKey)
    if isinstance(key, rsa.RSAPublicKey):
        try:
            key.verify(raw, digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA1()))  # noqa: S303 - told, never accepted
        except InvalidSignature:
            valid = False
    whole = _covers(value["/ByteRange"], reader.stream, contents)
    return _judged(blank, certificate, same=valid, valid=valid, whole=whole, mechanism="rsassa_pkcs1v15")


def _judged(
    blank: SignatureReport,
    certificate: x509.Certificate,
    *,
    same: bool,
    valid: bool,
    whole: bool,
    mechanism: str,
) -> SignatureReport:
    reasons = [
        *([] if same else [Reason.CONTENT_CHANGED]),
        *([] if valid else [Reason.SIGNATURE_VALUE_WRONG]),
        *([] if whole else [Reason.COVERAGE_UNCLEAR]),
        Reason.WEAK_ALGORITHM,
    ]
    return replace(
        blank,
        reasons=tuple(reasons),
        verdict=judged(reasons),
        intact=same and valid,
        coverage=Coverage.WHOLE_FILE if whole else Coverage.UNCLEAR,
        changes=Changes.NONE if whole else Changes.UNKNOWN,
        signer=signer_of(certificate),
        algorithms=algorithms_of(certificate, "sha1", mechanism),
    )


def _covers(byte_range: Any, stream: Any, contents: bytes) -> bool:
    """Whether the signed bytes are the whole file but the signature string."""
    size = stream.seek(0, 2)
    first, length, second, rest = (int(number) for number in byte_range)
    return first == 0 and second == length + len(contents) * 2 + 2 and second + rest == size
