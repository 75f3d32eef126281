"""Who wrote a SOAP message: checked by place. Only the body that stands in its place and is under the signature counts.

Refused: a body that was moved aside, a second security header or signature, doubled ids, references to anything but known
places, transforms other than the exclusive form, weak methods, a signer who is not trusted or not valid now, a message that is
old, from the future, without its time under the signature, or seen before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from connectors.errors import Forged
from connectors.kit.reading import Unreadable
from connectors.kit.seams import Clock
from connectors.kit.soap import lexical
from connectors.kit.soap.answers import Opened
from connectors.kit.soap.trust import Trust
from connectors.kit.soap.versions import Version
from connectors.kit.soap.wss import (
    BASE64,
    DS,
    ECDSA_SHA256,
    EXCLUSIVE,
    ID,
    RSA_SHA256,
    SECURITY,
    SHA256,
    X509V3,
    canonical,
    ds,
    wsse,
    wsu,
)

SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
_DIGESTS = {SHA256: "sha256", SHA512: "sha512"}
_RSA: dict[str, hashes.HashAlgorithm] = {RSA_SHA256: hashes.SHA256(), RSA_SHA512: hashes.SHA512()}
_INCLUSIVE = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
_LEAST_RSA_BITS = 2048
_ID_NAMES = frozenset({"id", "Id", "ID", ID, "{http://www.w3.org/XML/1998/namespace}id"})


class Seen(Protocol):
    """Remembers what was taken before."""

    def first_time(self, name: str, until: datetime, now: datetime) -> bool:
        """Note ``name`` until then; ``False`` when it stands there already."""
        ...


class SeenHere:
    """Remembers within one process. Where several take messages, the store of the installation must remember."""

    def __init__(self, *, most: int = 100_000) -> None:
        """``most``: names held at once; a full memory refuses rather than forgets."""
        self._most = most
        self._lock = threading.Lock()
        self._until: dict[str, datetime] = {}

    def first_time(self, name: str, until: datetime, now: datetime) -> bool:
        with self._lock:
            if name in self._until and self._until[name] >= now:
                return False
            if len(self._until) >= self._most:
                self._until = {each: end for each, end in self._until.items() if end >= now}
                if len(self._until) >= self._most:
                    return False
            self._until[name] = until
            return True


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks answers (or requests) of one other side.

    Attributes:
        most_age_seconds: from Created until now.
        most_ahead_seconds: how far their clock may be before ours.
    """

    trust: Trust
    clock: Clock
    seen: Seen = field(default_factory=SeenHere)
    most_age_seconds: int = 300
    most_ahead_seconds: int = 60

    @property
    def understands(self) -> frozenset[str]:
        """The header part that is judged here."""
        return frozenset({SECURITY})

    def verified(self, found: Opened, version: Version) -> x509.Certificate:
        """The signer of ``found``; its body may be used.

        Raises:
            Forged: for everything else, with the reason and nothing of the content.
        """
        del version  # the places are in ``found``
        try:
            return self._verified(found)
        except Unreadable as exc:
            raise Forged(f"WS-Security: {exc}") from exc

    def _verified(self, found: Opened) -> x509.Certificate:
        security = _only(found.header, SECURITY, "Security")
        if sum(1 for _ in found.envelope.iter(SECURITY)) != 1:
            raise Unreadable("Security", "stands there twice")
        signature = _only(security, ds("Signature"), "Signature")
        stamped = _only(security, wsu("Timestamp"), "Timestamp")
        token = _only(security, wsse("BinarySecurityToken"), "BinarySecurityToken")
        _check_ids(found.envelope)
        info = _only(signature, ds("SignedInfo"), "SignedInfo")
        _check_exclusive(_only(info, ds("CanonicalizationMethod"), "CanonicalizationMethod"))
        # By place: these elements, and no others that may carry the same id somewhere else.
        places = {each.get(ID): each for each in self._places(found, security, stamped, token)}
        covered = self._covered(info, places)
        for needed, name in ((found.body, "Body"), (stamped, "Timestamp")):
            if all(each is not needed for each in covered):
                raise Unreadable(name, "is not under the signature")
        certificate = _certificate(signature, token)
        now = self.clock.now()
        signed = canonical(
            info, _prefixes(_only(info, ds("CanonicalizationMethod"), "CanonicalizationMethod"))
        )
        _check_value(signature, info, certificate, signed)
        self.trust.check(certificate, now)
        until = self._fresh(stamped, now)
        # Body and time are both under what is hashed here; the value of an ECDSA signature could be changed, this not.
        if not self.seen.first_time(hashlib.sha256(signed).hexdigest(), until, now):
            raise Unreadable("Timestamp", "the message was taken before")
        return certificate

    def _places(
        self, found: Opened, security: etree._Element, *inside: etree._Element
    ) -> Iterator[etree._Element]:
        yield found.body
        yield from inside
        yield from security.findall(wsse("UsernameToken"))
        if found.header is not None:
            yield from (each for each in found.header if each is not security)

    def _covered(
        self, info: etree._Element, places: dict[str | None, etree._Element]
    ) -> list[etree._Element]:
        covered = []
        references = info.findall(ds("Reference"))
        for reference in references:
            address = reference.get("URI") or ""
            target = places.get(address[1:]) if address.startswith("#") and len(address) > 1 else None
            if target is None:
                raise Unreadable("Reference", "points outside the known places")
            transforms = _only(reference, ds("Transforms"), "Transforms")
            if len(transforms) != 1 or transforms[0].tag != ds("Transform"):
                raise Unreadable("Transforms", "one transform is expected")
            _check_exclusive(transforms[0])
            method = _only(reference, ds("DigestMethod"), "DigestMethod").get("Algorithm") or ""
            if method not in _DIGESTS:
                raise Unreadable("DigestMethod", "is not SHA-256 or SHA-512")
            said = _base64(_only(reference, ds("DigestValue"), "DigestValue"), "DigestValue")
            raw = canonical(target, _prefixes(transforms[0]))
            if not hmac.compare_digest(hashlib.new(_DIGESTS[method], raw).digest(), said):
                raise Unreadable("DigestValue", "does not fit")
            covered.append(target)
        return covered

    def _fresh(self, stamped: etree._Element, now: datetime) -> datetime:
        created = lexical.moment(_text(_only(stamped, wsu("Created"), "Created")), "Created")
        ends = [lexical.moment(_text(each), "Expires") for each in stamped.findall(wsu("Expires"))]
        if created > now + timedelta(seconds=self.most_ahead_seconds):
            raise Unreadable("Created", "is in the future")
        until = min([created + timedelta(seconds=self.most_age_seconds), *ends])
        if until < now:
            raise Unreadable("Created", "is too old")
        return until


def _only(node: etree._Element | None, tag: str, name: str) -> etree._Element:
    found = node.findall(tag) if node is not None else []
    if len(found) != 1:
        raise Unreadable(name, "is missing" if not found else "stands there twice")
    return found[0]


def _text(node: etree._Element) -> str:
    if len(node):
        raise Unreadable(etree.QName(node).localname, "holds something else than text")
    return (node.text or "").strip()


def _base64(node: etree._Element, name: str) -> bytes:
    try:
        return base64.b64decode("".join(_text(node).split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable(name, "base64 is expected") from exc


def _check_ids(envelope: etree._Element) -> None:
    """No id twice in the whole document, whatever the attribute is called."""
    seen: set[str] = set()
    for node in envelope.iter("{*}*"):
        for name, value in node.attrib.items():
            if name in _ID_NAMES:
                if str(value) in seen:
                    raise Unreadable("Id", "stands there twice")
                seen.add(str(value))


def _check_exclusive(node: etree._Element) -> None:
    if node.get("Algorithm") != EXCLUSIVE:
        raise Unreadable(etree.QName(node).localname, "is not the exclusive form")
    if any(child.tag != _INCLUSIVE for child in node):
        raise Unreadable(etree.QName(node).localname, "holds something unknown")


def _prefixes(node: etree._Element) -> tuple[str, ...]:
    found = node.find(_INCLUSIVE)
    return tuple((found.get("PrefixList") or "").replace("#default", "").split()) if found is not None else ()


def _certificate(signature: etree._Element, token: etree._Element) -> x509.Certificate:
    about = _only(_only(signature, ds("KeyInfo"), "KeyInfo"), wsse("SecurityTokenReference"), "KeyInfo")
    address = _only(about, wsse("Reference"), "KeyInfo").get("URI") or ""
    name = token.get(ID)
    if not name or address != f"#{name}":
        raise Unreadable("KeyInfo", "does not mean the certificate in the message")
    if token.get("ValueType") != X509V3 or token.get("EncodingType", BASE64) != BASE64:
        raise Unreadable("BinarySecurityToken", "is no X.509 certificate")
    try:
        return x509.load_der_x509_certificate(_base64(token, "BinarySecurityToken"))
    except ValueError as exc:
        raise Unreadable("BinarySecurityToken", "is no X.509 certificate") from exc


def _check_value(
    signature: etree._Element, info: etree._Element, certificate: x509.Certificate, signed: bytes
) -> None:
    method = _only(info, ds("SignatureMethod"), "SignatureMethod").get("Algorithm") or ""
    value = _base64(_only(signature, ds("SignatureValue"), "SignatureValue"), "SignatureValue")
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and method in _RSA:
            if key.key_size < _LEAST_RSA_BITS:
                raise Unreadable("BinarySecurityToken", "its key is too short")
            key.verify(value, signed, padding.PKCS1v15(), _RSA[method])
        elif isinstance(key, ec.EllipticCurvePublicKey) and method == ECDSA_SHA256:
            half = len(value) // 2
            r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        else:
            raise Unreadable("SignatureMethod", "is not one that is taken")
    except InvalidSignature as exc:
        raise Unreadable("SignatureValue", "does not fit") from exc


__all__ = ["DS", "Seen", "SeenHere", "Verifier"]
