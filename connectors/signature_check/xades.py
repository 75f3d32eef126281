"""XAdES: which certificate the signer meant, when, and the time stamps and validation data beside the signature."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data

from connectors.signature_check.asked import Asked
from connectors.signature_check.asn1 import cms, x509
from connectors.signature_check.asn1 import crl as asn1_crl
from connectors.signature_check.asn1 import ocsp as asn1_ocsp
from connectors.signature_check.chain import STAMPING_KEY, TIMESTAMP, Believed, Carried
from connectors.signature_check.subject import clean
from connectors.signature_check.xml_places import DS
from mappings.canonical.signature import Evidence, Reason

XADES = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_NS = {"ds": DS, "x": XADES}
_DIGESTS = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
"""SHA-1 here names a certificate whose key has verified the value: a second certificate for it would need a second preimage."""
_CANONICAL = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": False,
    "http://www.w3.org/2006/12/xml-c14n11": False,
    "http://www.w3.org/2001/10/xml-exc-c14n#": True,
}
"""Algorithm → exclusive."""


def properties_in(element: etree._Element) -> etree._Element | None:
    """The signer's qualifying properties in a signature, or in one of its objects."""
    path = (
        "x:QualifyingProperties" if element.tag == f"{{{DS}}}Object" else "ds:Object/x:QualifyingProperties"
    )
    return element.find(path, _NS)


def _signed(node: etree._Element) -> etree._Element | None:
    properties = properties_in(node)
    return properties.find("x:SignedProperties", _NS) if properties is not None else None


def binding(
    root: etree._Element,
    node: etree._Element,
    targets: Sequence[etree._Element | None],
    signer: x509.Certificate,
) -> list[Reason]:
    """The certificate that the signed properties name must be the one whose key made the value."""
    del root
    signed = _signed(node)
    if signed is None or not any(target is signed for target in targets):
        return [Reason.CERTIFICATE_MISMATCH]  # properties that nobody signed prove nothing
    named = [
        *signed.findall("x:SignedSignatureProperties/x:SigningCertificate/x:Cert", _NS),
        *signed.findall("x:SignedSignatureProperties/x:SigningCertificateV2/x:Cert", _NS),
    ]
    if not named:
        return [Reason.CERTIFICATE_MISMATCH]
    for cert in named:
        method = cert.find("x:CertDigest/ds:DigestMethod", _NS)
        value = cert.find("x:CertDigest/ds:DigestValue", _NS)
        name = _DIGESTS.get(method.get("Algorithm") or "") if method is not None else None
        if name is None or value is None:
            return [Reason.UNSUPPORTED]
        if (
            base64.b64decode(value.text or "")
            == hashlib.new(name, signer.dump(), usedforsecurity=False).digest()
        ):
            return []
    return [Reason.CERTIFICATE_MISMATCH]


def claimed_time(node: etree._Element) -> datetime | None:
    """SigningTime by the signer's clock; without a zone it is read as Viet Nam's (assumed)."""
    text = node.findtext("ds:Object/x:QualifyingProperties/x:SignedProperties/x:SignedSignatureProperties/x:SigningTime", None, _NS)  # fmt: skip
    try:
        found = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone(timedelta(hours=7)))


def carried(node: etree._Element, others: tuple[x509.Certificate, ...]) -> Carried:
    """Certificates, lists and answers among the unsigned properties; what cannot be read does not help."""
    return Carried(
        (*others, *_values(node, "CertificateValues/x:EncapsulatedX509Certificate", x509.Certificate)),
        tuple(_values(node, "RevocationValues/x:CRLValues/x:EncapsulatedCRLValue", asn1_crl.CertificateList)),
        tuple(_values(node, "RevocationValues/x:OCSPValues/x:EncapsulatedOCSPValue", asn1_ocsp.OCSPResponse)),
    )


def _values(node: etree._Element, path: str, kind: Any) -> Iterator[Any]:
    unsigned = "ds:Object/x:QualifyingProperties/x:UnsignedProperties/x:UnsignedSignatureProperties/x:"
    for element in node.findall(unsigned + path, _NS)[:50]:
        try:
            yield kind.load(base64.b64decode(element.text or ""), strict=True)
        except ValueError:
            continue


async def proven_time(
    node: etree._Element, asked: Asked, believed: Believed, held: Carried
) -> tuple[datetime | None, list[Reason], tuple[Evidence, ...]]:
    """The earliest time that a trusted SignatureTimeStamp proves, what is wrong with the stamps, and their authorities."""
    moments: list[datetime] = []
    reasons: list[Reason] = []
    evidence: list[Evidence] = []
    unsigned = "ds:Object/x:QualifyingProperties/x:UnsignedProperties/x:UnsignedSignatureProperties/x:SignatureTimeStamp"
    for stamp in node.findall(unsigned, _NS)[:5]:
        try:
            found = await _stamp(node, stamp, asked, believed, held)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a token that cannot be read proves nothing
            reasons.append(Reason.TIMESTAMP_BROKEN)
            continue
        if not (found["intact"] and found["valid"]):
            reasons.append(Reason.TIMESTAMP_BROKEN)
        elif found["trust_problem_indic"] is not None or found["validation_path"] is None:
            reasons.append(Reason.TIMESTAMP_UNTRUSTED)
        else:
            moments.append(found["timestamp"])
            certificate = found["signing_cert"]
            name = clean(certificate.subject.human_friendly)
            evidence.append(Evidence("timestamp", certificate.sha256.hex(), name, "file", found["timestamp"]))
    return min(moments, default=None), reasons, tuple(evidence)


async def _stamp(
    node: etree._Element, stamp: etree._Element, asked: Asked, believed: Believed, held: Carried
) -> dict[str, Any]:
    token = stamp.findtext("x:EncapsulatedTimeStamp", None, _NS)
    method = stamp.find("ds:CanonicalizationMethod", _NS)
    algorithm = method.get("Algorithm") if method is not None else next(iter(_CANONICAL))
    value = node.find("ds:SignatureValue", _NS)
    if value is None or algorithm not in _CANONICAL:
        raise ValueError("what is stamped cannot be told")
    signed = etree.tostring(
        value, method="c14n", exclusive=_CANONICAL[algorithm], with_comments=False, with_tail=False
    )
    data = cms.ContentInfo.load(base64.b64decode(token or ""))["content"]
    context = believed.context(believed.roots_for(TIMESTAMP, [asked.moment], None), held, asked)

    def imprint(name: str) -> bytes:
        return hashlib.new(name, signed).digest()

    found: dict[str, Any] = await validate_tst_signed_data(data, context, imprint)
    if (
        found["trust_problem_indic"] is None
        and found["validation_path"] is not None
        and believed.answers(held)
    ):
        roots = believed.roots_for(TIMESTAMP, [asked.moment], None)
        if (await believed.path(found["signing_cert"], roots, held, asked, STAMPING_KEY)).reason is not None:
            found["validation_path"] = None  # a list revokes what a responder calls good
    return found
