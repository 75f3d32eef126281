"""Preparing documents and finishing them. No transaction, no call: bytes in, bytes out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mappings.canonical.signing import DocumentKind, PreparedDocument, SignedDocument, SigningCertificate

if TYPE_CHECKING:
    from jobs.signatures.judging import Judge

_TYPES = {DocumentKind.PDF: "application/pdf", DocumentKind.XML: "application/xml"}


def kind_of(name: str, media_type: str) -> DocumentKind | None:
    """What a stored file is, by its type or name; ``None``: nothing that is signed here."""
    plain = media_type.partition(";")[0].strip().lower()
    if plain == "application/pdf" or name.lower().endswith(".pdf"):
        return DocumentKind.PDF
    if plain in ("application/xml", "text/xml") or name.lower().endswith(".xml"):
        return DocumentKind.XML
    return None


def media_type(kind: DocumentKind) -> str:
    """Of a signed file."""
    return _TYPES[kind]


def choose(
    held: Sequence[SigningCertificate], *, credential: str, number: str, moment: datetime
) -> SigningCertificate | str:
    """The one certificate that may sign now and names the signer, or why there is none (``certificate-…``)."""
    from connectors.kit.signing.certificates import fit_to_sign
    from connectors.kit.signing.errors import NotFit

    asked = [one for one in held if not credential or one.credential == credential]
    fitting, why = [], "none"
    for one in asked:
        try:
            fit_to_sign(one, moment=moment, material=None, number=number)
        except NotFit as exc:
            why = exc.code
            continue
        fitting.append(one)
    if len(fitting) == 1:
        return fitting[0]
    return f"certificate-{'several' if fitting else why}"


def kept(held: SigningCertificate) -> dict[str, Any]:
    """What must be remembered of the certificate until the files are finished."""
    return {"credential": held.credential, "certificate": held.certificate, "chain": list(held.chain)}


def prepare(
    raw: bytes,
    *,
    document: str,
    name: str,
    kind: DocumentKind,
    certificate: Mapping[str, Any],
    moment: datetime,
    field: str,
) -> tuple[bytes, PreparedDocument]:
    """The file with a hole for the signature, and what must be signed.

    Raises:
        Unsignable: it cannot be signed as it is.
    """
    from connectors.kit.signing.pdf import prepare_pdf
    from connectors.kit.signing.xml import prepare_xml

    der, chain = _ders(certificate)
    if kind is DocumentKind.XML:
        return prepare_xml(raw, document=document, name=name, certificate=der, chain=chain, moment=moment)
    out = BytesIO()
    made = prepare_pdf(
        BytesIO(raw),
        out,
        document=document,
        name=name,
        certificate=der,
        chain=chain,
        moment=moment,
        field=field,
    )
    return out.getvalue(), made


def finish(
    raw: bytes,
    prepared: PreparedDocument,
    value: str,
    *,
    certificate: Mapping[str, Any],
    number: str,
    moment: datetime,
    judge: Judge,
) -> tuple[bytes, SignedDocument]:
    """The signed file, which the signature check found valid and signed by the one who was asked.

    Raises:
        WrongSignature: the value is not of this certificate over this document.
        NotReleased: it was not found soundly signed; it must not leave.
    """
    from connectors.kit.signing.pdf import finish_pdf
    from connectors.kit.signing.release import released
    from connectors.kit.signing.xml import finish_xml

    der, chain = _ders(certificate)
    if prepared.kind is DocumentKind.XML:
        made = finish_xml(raw, prepared, value, certificate=der)
    else:
        file = BytesIO(raw)
        finish_pdf(file, prepared, value, certificate=der, chain=chain, moment=moment)
        made = file.getvalue()
    told = released(
        made,
        document=prepared.document,
        name=prepared.name,
        kind=prepared.kind,
        level=prepared.level,
        judge=judge,
        signer_sha256=prepared.certificate_sha256,
        number=number,
    )
    return made, told


def sha256(raw: bytes) -> str:
    """Hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def _ders(certificate: Mapping[str, Any]) -> tuple[bytes, list[bytes]]:
    return base64.b64decode(certificate["certificate"]), [
        base64.b64decode(one) for one in certificate["chain"]
    ]


__all__ = ["choose", "finish", "kept", "kind_of", "media_type", "prepare", "sha256"]
