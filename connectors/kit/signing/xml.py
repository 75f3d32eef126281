"""Signing XML in two steps (XAdES B-B, enveloped, whole document, canonical XML 1.0); see :mod:`connectors.kit.signing.pdf`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.xades.xades import XAdESDataObjectFormat, XAdESSigner

from connectors.kit.signing.certificates import loaded, mechanism_of
from connectors.kit.signing.errors import NotFit, Unsignable, WrongSignature
from connectors.kit.signing.values import verified_value
from connectors.kit.xml import XmlRefused, parse
from mappings.canonical.signing import DocumentKind, Level, Mechanism, PreparedDocument

MOST_BYTES = 10_000_000
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_METHODS = {Mechanism.RSA: SignatureMethod.RSA_SHA256, Mechanism.ECDSA: SignatureMethod.ECDSA_SHA256}


def prepare_xml(
    raw: bytes,
    *,
    document: str,
    name: str,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    moment: datetime,
    description: str = "",
) -> tuple[bytes, PreparedDocument]:
    """The document with a signature whose value is still zero, and what must be signed.

    Exclusive canonicalisation is not used: the library writes a reference then that other tools do not verify.

    Raises:
        Unsignable: no XML that we accept, or it holds a signature already (an enveloped one would cover ours).
    """
    if len(raw) > MOST_BYTES:
        raise Unsignable("unreadable", f"more than {MOST_BYTES} bytes")
    try:
        mechanism = mechanism_of(certificate)
        root = parse(raw)
    except NotFit as exc:
        raise Unsignable("certificate", str(exc)) from exc
    except XmlRefused as exc:
        raise Unsignable("unreadable", exc.reason) from exc
    if root.getprevious() is not None or root.getnext() is not None:
        raise Unsignable("unreadable", "processing-instruction")
    if root.find(f".//{_DS}Signature") is not None or root.tag == f"{_DS}Signature":
        raise Unsignable("field-taken", "it is signed already")
    digest = hashlib.sha256(etree.tostring(root, method="c14n")).hexdigest()
    key = _Watching(certificate, mechanism)
    signed = _AtMoment(moment, mechanism, description).sign(
        root,
        key=key,  # type: ignore[arg-type]  # anything that signs like a key does
        cert=[loaded(one) for one in (certificate, *chain)],
        always_add_key_value=False,
    )
    prepared = etree.tostring(signed, encoding="UTF-8", xml_declaration=True)
    placeholder = base64.b64encode(key.raw)
    if prepared.count(placeholder) != 1:
        raise Unsignable("unreadable", "the place of the value is not found again")
    start = prepared.index(placeholder)
    found = signed.find(f"{_DS}Signature")
    return prepared, PreparedDocument(
        document=document,
        name=name,
        kind=DocumentKind.XML,
        level=Level.B,
        mechanism=mechanism,
        file_sha256=hashlib.sha256(prepared).hexdigest(),
        document_digest=digest,
        to_sign=base64.b64encode(key.seen).decode("ascii"),
        to_sign_sha256=hashlib.sha256(key.seen).hexdigest(),
        hole_start=start,
        hole_end=start + len(placeholder),
        field=(found.get("Id") or "") if found is not None else "",
        certificate_sha256=hashlib.sha256(certificate).hexdigest(),
        prepared_at=moment,
    )


def finish_xml(kept: bytes, prepared: PreparedDocument, value: str, *, certificate: bytes) -> bytes:
    """The prepared document with its value. Not a byte beside the value changes.

    Raises:
        WrongSignature: the value, the file or the certificate is not the one that was prepared.
    """
    if hashlib.sha256(kept).hexdigest() != prepared.file_sha256:
        raise WrongSignature("other-file", "the kept file is not the one that was prepared")
    if hashlib.sha256(certificate).hexdigest() != prepared.certificate_sha256:
        raise WrongSignature("other-certificate", "prepared for another certificate")
    raw = verified_value(
        value,
        signed=base64.b64decode(prepared.to_sign),
        certificate=certificate,
        mechanism=prepared.mechanism,
    )
    if prepared.mechanism is Mechanism.ECDSA:  # XML wants the two numbers side by side (RFC 4050)
        size = _size(certificate)
        raw = b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(raw))
    text = base64.b64encode(raw)
    if len(text) != prepared.hole_end - prepared.hole_start:
        raise WrongSignature("too-large", "the value does not fit the place kept for it")
    return kept[: prepared.hole_start] + text + kept[prepared.hole_end :]


class _AtMoment(XAdESSigner):
    """The library's signer with our time instead of the machine's."""

    def __init__(self, moment: datetime, mechanism: Mechanism, description: str) -> None:
        super().__init__(
            data_object_format=XAdESDataObjectFormat(description or "Hồ sơ điện tử", "text/xml"),
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=_METHODS[mechanism],
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
        )
        self._moment = moment

    def add_signing_time(
        self, signed_signature_properties: Any, sig_root: Any, signing_settings: Any
    ) -> None:
        super().add_signing_time(signed_signature_properties, sig_root, signing_settings)
        signed_signature_properties[-1].text = self._moment.astimezone(UTC).isoformat(timespec="seconds")


class _Watching:
    """Looks like a private key; signs nothing and remembers what it was to sign.

    Attributes:
        seen: the canonical SignedInfo; ``raw``: the placeholder as it stands in the document. It is no value that a key
            could make by chance: all bits are set.
    """

    def __init__(self, certificate: bytes, mechanism: Mechanism) -> None:
        self._size = _size(certificate)
        self.key_size: int = self._size * 8
        self._curve = mechanism is Mechanism.ECDSA
        self.seen = b""
        self.raw = b"\xff" * (self._size * (2 if self._curve else 1))

    def sign(self, data: bytes, **_: Any) -> bytes:
        self.seen = data
        if self._curve:
            number = int.from_bytes(self.raw[: self._size], "big")
            return encode_dss_signature(number, number)
        return self.raw


def _size(certificate: bytes) -> int:
    key: Any = loaded(certificate).public_key()
    return (int(key.key_size) + 7) // 8


__all__ = ["MOST_BYTES", "finish_xml", "prepare_xml"]
