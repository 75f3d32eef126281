"""Signed XML of every kind: enveloped, enveloping, detached, XAdES; and the same, wrapped and spoiled."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from asn1crypto import algos, tsp
from lxml import etree
from signxml import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
    XMLSigner,
)
from signxml.xades import XAdESSigner

from tests.contract.signature_check.pdfs import stamper_of
from tests.contract.signature_check.pki import SIGNED, Holder

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = CanonicalizationMethod.CANONICAL_XML_1_0

PAPER = b"<HDon><DLHDon Id='data'><TongTien>100000</TongTien><Ten>\xc4\x90\xc6\xa1n</Ten></DLHDon></HDon>"


def _signer(
    cls: Any, method: Any, holder: Holder, c14n: Any, digest: Any, signature: Any, **more: Any
) -> tuple[Any, dict[str, Any]]:
    made = cls(
        method=method, signature_algorithm=signature or _fitting(holder), digest_algorithm=digest, c14n_algorithm=c14n, **more
    )  # fmt: skip
    return made, {"key": holder.key, "cert": [holder.certificate]}


def _fitting(holder: Holder) -> SignatureMethod:
    return SignatureMethod.ECDSA_SHA256 if hasattr(holder.key, "curve") else SignatureMethod.RSA_SHA256


def enveloped(
    holder: Holder,
    source: bytes = PAPER,
    *,
    xades: bool = False,
    c14n: Any = C14N,
    digest: Any = DigestAlgorithm.SHA256,
    signature: Any = None,
    reference: str | None = None,
    others: tuple[Holder, ...] = (),
) -> bytes:
    """The signature stands in the document that it signs."""
    cls = XAdESSigner if xades else XMLSigner
    made, how = _signer(cls, SignatureConstructionMethod.enveloped, holder, c14n, digest, signature)
    how["cert"] += [one.certificate for one in others]
    if xades:
        how["always_add_key_value"] = False
    if reference is not None:
        how["reference_uri"] = reference
    return bytes(
        etree.tostring(made.sign(etree.fromstring(source), **how), encoding="UTF-8", xml_declaration=True)
    )


def enveloping(holder: Holder) -> bytes:
    """The document stands in the signature."""
    made, how = _signer(
        XMLSigner, SignatureConstructionMethod.enveloping, holder, C14N, DigestAlgorithm.SHA256, None
    )
    return bytes(etree.tostring(made.sign(etree.fromstring(PAPER), **how)))


def beside(holder: Holder, source: bytes = PAPER, name: str = "data") -> bytes:
    """An invoice: one part is signed by its id, the signature stands beside it."""
    made, how = _signer(
        XMLSigner, SignatureConstructionMethod.detached, holder, C14N, DigestAlgorithm.SHA256, None
    )
    root = etree.fromstring(source)
    part = root.find(f".//*[@Id='{name}']")
    alone = etree.fromstring(etree.tostring(part, with_tail=False))
    node = made.sign(alone, reference_uri=f"#{name}", **how)
    etree.SubElement(root, "DSCKS").append(node)
    return bytes(etree.tostring(root))


def apart(holder: Holder, raw: bytes, uri: str = "tep.xml") -> bytes:
    """A signature alone, of data in another file."""
    made, how = _signer(
        XMLSigner, SignatureConstructionMethod.detached, holder, C14N, DigestAlgorithm.SHA256, None
    )
    return bytes(etree.tostring(made.sign(etree.fromstring(raw), reference_uri=uri, **how)))


def with_stamp(raw: bytes, stamper: Holder, moment: datetime = SIGNED, *, spoiled: bool = False) -> bytes:
    """XAdES-T: a time stamp over the signature value among the unsigned properties."""
    root = etree.fromstring(raw)
    value = root.find(f".//{{{DS}}}SignatureValue")
    signed = etree.tostring(value, method="c14n", with_tail=False)
    request = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": tsp.MessageImprint(
                {
                    "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                    "hashed_message": hashlib.sha256(signed + (b"x" if spoiled else b"")).digest(),
                }
            ),
            "cert_req": True,
        }
    )
    answer = stamper_of(stamper, moment).request_tsa_response(request)
    properties = root.find(f".//{{{XADES}}}QualifyingProperties")
    unsigned = etree.SubElement(properties, f"{{{XADES}}}UnsignedProperties")
    unsigned = etree.SubElement(unsigned, f"{{{XADES}}}UnsignedSignatureProperties")
    stamp = etree.SubElement(unsigned, f"{{{XADES}}}SignatureTimeStamp")
    etree.SubElement(stamp, f"{{{DS}}}CanonicalizationMethod", Algorithm=C14N.value)
    token = etree.SubElement(stamp, f"{{{XADES}}}EncapsulatedTimeStamp")
    token.text = base64.b64encode(answer["time_stamp_token"].dump()).decode()
    return bytes(etree.tostring(root))
