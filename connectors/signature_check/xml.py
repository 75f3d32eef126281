"""The signatures of an XML document: strict reading, every reference to one known place, the signer's chain as in a PDF."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509 as crypto_x509
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.exceptions import InvalidDigest, InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from connectors.kit.xml import XmlRefused, parse
from connectors.signature_check import xades
from connectors.signature_check.algorithms import short_key
from connectors.signature_check.asked import Asked
from connectors.signature_check.asn1 import x509
from connectors.signature_check.chain import Believed, Carried, Chained, evidence_of, lists_of, root_of
from connectors.signature_check.pdf_time import HEALED_BY_TIME, WANTS_LISTS
from connectors.signature_check.settings import Limits
from connectors.signature_check.subject import algorithms_of, signer_of
from connectors.signature_check.unfit import Unfit
from connectors.signature_check.xml_places import (
    DS,
    OBJECT,
    SIGNATURE,
    NoPlace,
    by_id,
    element_at,
    followed,
    place_of,
    route,
    signatures_in,
    uncovered,
)
from mappings.canonical.signature import Changes, Coverage, Reason, SignatureKind, SignatureReport, judged

_NS = {"ds": DS}
_METHODS = frozenset(
    method
    for method in SignatureMethod
    if (method.name.startswith(("RSA_", "ECDSA_")) or method.name.endswith("_RSA_MGF1"))
    and "SHA1" not in method.name
    and "224" not in method.name
)
_DIGESTS = frozenset(
    digest for digest in DigestAlgorithm if "SHA1" not in digest.name and "224" not in digest.name
)
_ALLOWED = {one.value for one in _METHODS} | {one.value for one in _DIGESTS}
_KNOWN = {one.value for one in SignatureMethod} | {one.value for one in DigestAlgorithm}
_CANONICAL = frozenset(method.value for method in CanonicalizationMethod)
_TRANSFORMS = _CANONICAL | {SignatureConstructionMethod.enveloped.value}
_MANIFEST = f"{DS}Manifest"
_ANY = "*"
"""Key of ``Asked.contents`` for a file that a person named without its reference."""
_MOST_REFERENCES, _MOST_CERTIFICATES = 20, 10


@dataclass(frozen=True, slots=True)
class _Reference:
    """One reference of a signature, resolved by us. ``target`` is ``None`` for data outside the document."""

    uri: str
    kind: str
    target: etree._Element | None
    as_xml: bool = False


class _At(XMLVerifier):
    """Verifies the one signature that we mean, not the first one that a search finds."""

    def __init__(self, steps: tuple[int, ...]) -> None:
        super().__init__()
        self._steps = steps

    def _get_signature(self, root: Any) -> Any:
        return followed(root, self._steps)


async def judged_signatures(
    raw: bytes, asked: Asked, believed: Believed, limits: Limits
) -> tuple[SignatureReport, ...]:
    """One report per signature element, in the order of the document.

    Raises:
        Unfit: not well-formed, a DOCTYPE, processing instructions, too many signatures.
    """
    try:
        root = parse(raw)
    except XmlRefused as exc:
        if getattr(exc.__cause__, "code", 0) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from exc
        known = {"doctype": Reason.DOCTYPE, "processing-instruction": Reason.PROCESSING_INSTRUCTION}
        raise Unfit(known.get(exc.reason, Reason.UNREADABLE)) from exc
    # The walk of the strict parser begins at the document element; these may stand before and behind it.
    beside = [*root.itersiblings(preceding=True), *root.itersiblings()]
    if any(not isinstance(one.tag, str) for one in beside):
        raise Unfit(Reason.PROCESSING_INSTRUCTION)
    found = signatures_in(root)
    if len(found) > limits.signatures:
        raise Unfit(Reason.TOO_MANY_SIGNATURES)
    return tuple([await _judged(root, node, asked, believed) for node in found])


async def _judged(
    root: etree._Element, node: etree._Element, asked: Asked, believed: Believed
) -> SignatureReport:
    form = "xades" if xades.properties_in(node) is not None else "xmldsig"
    blank = SignatureReport(
        place_of(node),
        SignatureKind.SIGNATURE,
        form,
        judged([Reason.SIGNATURE_MALFORMED]),
        (Reason.SIGNATURE_MALFORMED,),
    )
    try:
        return await _looked_into(root, node, blank, asked, believed)
    except Unfit as exc:
        return replace(blank, reasons=(exc.reason,), verdict=judged([exc.reason]))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong inside one signature is that signature's verdict
        return blank


async def _looked_into(
    root: etree._Element, node: etree._Element, blank: SignatureReport, asked: Asked, believed: Believed
) -> SignatureReport:
    references = _references(root, node)
    certificates = _certificates(node)
    hard: list[Reason] = []
    signed, coverage, wrong = _signed_place(root, node, references, asked)
    hard += wrong
    if not certificates:
        raise Unfit(Reason.NO_CERTIFICATE)
    signer, trouble = _verified(root, node, references, certificates, asked)
    hard += trouble
    if blank.form == "xades":
        hard += xades.binding(root, node, [one.target for one in references], signer)
    weak = short_key(signer.public_key)
    if weak:
        hard.append(Reason.WEAK_ALGORITHM)
    others = tuple(one for one in certificates if one.sha256 != signer.sha256)
    carried = xades.carried(node, others)
    proven, soft, stamps = await xades.proven_time(node, asked, believed, carried)
    chained = Chained()
    if not [reason for reason in hard if reason is not Reason.PART_SIGNED]:
        chained = await _chained(signer, carried, asked, believed, proven)
    reasons = tuple(dict.fromkeys([*hard, *([chained.reason] if chained.reason else []), *soft]))
    trusted = root_of(chained.path) if chained.path is not None and chained.reason is None else None
    entry = believed.entry(trusted) if trusted is not None else None
    intact = not {Reason.CONTENT_CHANGED, Reason.SIGNATURE_VALUE_WRONG} & set(reasons)
    return replace(
        blank,
        reasons=reasons,
        verdict=judged(reasons),
        intact=intact
        if not {Reason.CONTENT_MISSING, Reason.WEAK_ALGORITHM, Reason.UNSUPPORTED} & set(trouble)
        else None,
        coverage=coverage,
        changes=Changes.NONE if coverage is Coverage.DOCUMENT_ELEMENT and intact else Changes.UNKNOWN,
        signer=signer_of(signer, trusted, entry.tree if entry else None),
        claimed_at=xades.claimed_time(node),
        proven_at=proven,
        signed_place=signed,
        algorithms=_algorithms(node, signer),
        evidence=(*evidence_of(chained.path, believed, carried), *stamps),
        lists=lists_of([signer, *others, *believed.intermediates]) if set(reasons) & WANTS_LISTS else (),
        remarks=() if blank.form == "xades" else ("signer-not-bound",),
    )


async def _chained(
    signer: x509.Certificate, carried: Carried, asked: Asked, believed: Believed, proven: datetime | None
) -> Chained:
    now = await believed.signer(signer, carried, asked)
    if now.reason not in HEALED_BY_TIME or proven is None:
        return now
    if now.revoked_at is not None and now.revoked_at <= proven:
        return now
    then = await believed.signer(signer, carried, asked, proven=proven)
    return now if then.reason in HEALED_BY_TIME else then


def _references(root: etree._Element, node: etree._Element) -> list[_Reference]:
    """Every reference with the one element it leads to; transforms that could hide something are refused."""
    info = node.findall("ds:SignedInfo", _NS)
    if len(info) != 1:
        raise Unfit(Reason.SIGNATURE_MALFORMED)
    found = []
    nodes = info[0].findall("ds:Reference", _NS)
    if not nodes or len(nodes) > _MOST_REFERENCES:
        raise Unfit(Reason.SIGNATURE_MALFORMED)
    for reference in nodes:
        names = {one.get("Algorithm") for one in reference.findall("ds:Transforms/ds:Transform", _NS)}
        if not names <= _TRANSFORMS:  # XPath, XSLT, base64: what is signed is then not what stands there
            raise Unfit(Reason.UNSUPPORTED)
        uri = reference.get("URI")
        # A manifest's own references are not checked by anybody unless the reader does it.
        if uri is None or uri.startswith(("#xpointer(", "##")) or reference.get("Type") == _MANIFEST:
            raise Unfit(Reason.UNSUPPORTED)
        target: etree._Element | None = None
        if uri == "":
            target = root
        elif uri.startswith("#"):
            hits = by_id(root, uri[1:])
            if len(hits) != 1:
                raise Unfit(Reason.AMBIGUOUS_REFERENCE)
            target = hits[0]
        found.append(_Reference(uri, reference.get("Type") or "", target, bool(names & _CANONICAL)))
    return found


def _signed_place(
    root: etree._Element, node: etree._Element, references: Sequence[_Reference], asked: Asked
) -> tuple[str, Coverage, list[Reason]]:
    """Whether the signed element is the one that the business reads."""
    outside = [one for one in references if one.target is None]
    data = [
        one.target
        for one in references
        if one.target is not None and (not _inside(one.target, node) or _is_data(one.target, node))
    ]
    if outside and not data:
        return outside[0].uri, Coverage.SEPARATE_CONTENT, []
    place = ", ".join(place_of(one) for one in data)
    if asked.place:
        try:
            wanted = element_at(root, asked.place)
        except NoPlace:
            return place, Coverage.PART, [Reason.OTHER_ELEMENT_SIGNED]
        inside = any(_covers(one, wanted, node) for one in data)
        return (
            place,
            Coverage.NAMED_ELEMENT if inside else Coverage.PART,
            [] if inside else [Reason.OTHER_ELEMENT_SIGNED],
        )
    if root.tag == SIGNATURE:  # the document is the signature; what is read is its one object
        objects = [one for one in node.findall("ds:Object", _NS) if xades.properties_in(one) is None]
        good = node is root and len(objects) == 1 and any(_holds(objects[0], one) for one in data)
        return (
            place,
            Coverage.DOCUMENT_ELEMENT if good else Coverage.PART,
            [] if good else [Reason.OTHER_ELEMENT_SIGNED],
        )
    if any(one is root for one in data):
        return place, Coverage.DOCUMENT_ELEMENT, []
    loose = not data or uncovered(root, set(data))
    return place, Coverage.PART, [Reason.OTHER_ELEMENT_SIGNED if loose else Reason.PART_SIGNED]


def _is_data(element: etree._Element, node: etree._Element) -> bool:
    """Whether an element inside the signature is an object of it, or in one, and not the signer's own properties."""
    line = [element, *element.iterancestors()]
    objects = [one for one in line if one.tag == OBJECT and one.getparent() is node]
    return any(xades.properties_in(one) is None for one in objects)


def _holds(holder: etree._Element, signed: etree._Element) -> bool:
    """Whether ``signed`` is the object, or all that is in it."""
    return signed is holder or (len(holder) == 1 and signed is holder[0] and not (holder.text or "").strip())


def _covers(signed: etree._Element, wanted: etree._Element, node: etree._Element) -> bool:
    """Whether ``wanted`` is signed with ``signed``. What stands in the signature is taken out before the digest."""
    if signed is wanted:
        return True
    return _inside(wanted, signed) and (not _inside(wanted, node) or _inside(signed, node))


def _inside(element: etree._Element, node: etree._Element) -> bool:
    return any(above is node for above in element.iterancestors())


def _certificates(node: etree._Element) -> list[x509.Certificate]:
    texts = [one.text or "" for one in node.findall("ds:KeyInfo/ds:X509Data/ds:X509Certificate", _NS)]
    found = []
    for text in texts[:_MOST_CERTIFICATES]:
        try:
            found.append(
                x509.Certificate.load(base64.b64decode("".join(text.split()), validate=True), strict=True)
            )
        except (binascii.Error, ValueError) as exc:
            raise Unfit(Reason.SIGNATURE_MALFORMED) from exc
    return found


def _leaves_first(certificates: list[x509.Certificate]) -> list[x509.Certificate]:
    issuers = {one.issuer.hashable for one in certificates if one.issuer.hashable != one.subject.hashable}
    return sorted(certificates, key=lambda one: one.subject.hashable in issuers)


def _verified(
    root: etree._Element,
    node: etree._Element,
    references: Sequence[_Reference],
    certificates: list[x509.Certificate],
    asked: Asked,
) -> tuple[x509.Certificate, list[Reason]]:
    """The certificate whose key made the signature value, and what is wrong with value and digests."""
    ordered = _leaves_first(certificates)
    methods = [one.get("Algorithm") for one in node.iterfind(".//ds:SignedInfo//*", _NS) if etree.QName(one).localname in ("SignatureMethod", "DigestMethod")]  # fmt: skip
    if not set(methods) <= _ALLOWED:
        return ordered[0], [Reason.WEAK_ALGORITHM if set(methods) <= _KNOWN else Reason.UNSUPPORTED]
    contents = _contents(references, asked)
    if contents is None:
        return ordered[0], [Reason.CONTENT_MISSING]
    last: list[Reason] = [Reason.SIGNATURE_VALUE_WRONG]
    for certificate in ordered:
        try:
            _verify(root, node, references, certificate, contents)
        except InvalidDigest:
            return certificate, [Reason.CONTENT_CHANGED]
        except InvalidSignature:
            continue
        except InvalidInput as exc:
            if "does not match specified signature algorithm" in str(exc):
                continue
            last = [Reason.SIGNATURE_MALFORMED]
            if "different public keys" in str(exc):
                return certificate, [Reason.CERTIFICATE_MISMATCH]
            continue
        return certificate, []
    return ordered[0], last


def _verify(
    root: etree._Element,
    node: etree._Element,
    references: Sequence[_Reference],
    certificate: x509.Certificate,
    contents: Mapping[str, Any],
) -> None:
    """The library's check of value and digests; places were compared by us, the chain is checked by us."""
    config = SignatureConfiguration(
        require_x509=True,
        location="./",
        expect_references=len(references),
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=certificate.not_valid_before,  # dates are the chain's business
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    _At(route(root, node)).verify(
        root,
        x509_cert=crypto_x509.load_der_x509_certificate(certificate.dump()),
        expect_config=config,
        uri_resolver=contents.get,
    )


def _contents(references: Sequence[_Reference], asked: Asked) -> dict[str, Any] | None:
    """The data outside the document that the caller brought; ``None`` when some are missing. No address is ever followed."""
    outside = [one for one in references if one.target is None]
    given = dict(asked.contents)
    found = {}
    for one in outside:
        path = given.get(one.uri) or (given.get(_ANY) if len(outside) == 1 else None)
        if path is None:
            return None
        raw = Path(path).read_bytes()
        found[one.uri] = parse(raw) if one.as_xml else raw
    return found


def _algorithms(node: etree._Element, signer: x509.Certificate) -> Any:
    method = node.find("ds:SignedInfo/ds:SignatureMethod", _NS)
    digest = node.find("ds:SignedInfo/ds:Reference/ds:DigestMethod", _NS)

    def short(one: etree._Element | None) -> str:
        name = (one.get("Algorithm") or "") if one is not None else ""
        return name.rpartition("#")[2][:40]

    return algorithms_of(signer, short(digest), short(method))
