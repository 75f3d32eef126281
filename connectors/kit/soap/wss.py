"""WS-Security of what we send: a name with its password, a time stamp, a signature over body and time stamp.

OASIS WS-Security 1.1, UsernameToken profile 1.1, X.509 token profile 1.1. Only exclusive canonical form and SHA-256 are
written; SHA-1 occurs in the password digest alone, where the profile fixes it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree
from pydantic import SecretStr

from connectors.kit import seams
from connectors.kit.seams import Clock
from connectors.kit.soap.versions import Version

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{_OASIS}wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
BASE64 = f"{_OASIS}soap-message-security-1.0#Base64Binary"
X509V3 = f"{_OASIS}x509-token-profile-1.0#X509v3"
PASSWORD_TEXT = f"{_OASIS}username-token-profile-1.0#PasswordText"
PASSWORD_DIGEST = f"{_OASIS}username-token-profile-1.0#PasswordDigest"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

SECURITY = f"{{{WSSE}}}Security"
ID = f"{{{WSU}}}Id"
_NAMES = {"wsse": WSSE, "wsu": WSU, "ds": DS}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def wsse(local: str) -> str:
    """The name for lxml in the security namespace."""
    return f"{{{WSSE}}}{local}"


def wsu(local: str) -> str:
    """The name for lxml in the utility namespace."""
    return f"{{{WSU}}}{local}"


def ds(local: str) -> str:
    """The name for lxml in the signature namespace."""
    return f"{{{DS}}}{local}"


def canonical(node: etree._Element, prefixes: tuple[str, ...] = ()) -> bytes:
    """Exclusive canonical form without comments, as the element stands in its document."""
    return etree.tostring(
        node, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=list(prefixes) or None
    )


def stamp(moment: datetime) -> str:
    """A moment as WS-Security writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """A name with its password.

    Attributes:
        digest: send the digest with nonce and time instead of the password itself. A password as text needs TLS, which
            the settings' address demands anyway.
        salt: 32 hexadecimal characters that nobody can guess.
    """

    user: str
    password: SecretStr
    clock: Clock
    digest: bool = True
    salt: Callable[[], str] = field(default=seams.salt)

    def put(self, security: etree._Element) -> None:
        """Add the token."""
        nonce, created = bytes.fromhex(self.salt()), stamp(self.clock.now())
        secret = self.password.get_secret_value()
        token = etree.SubElement(security, wsse("UsernameToken"))
        etree.SubElement(token, wsse("Username")).text = self.user
        shown = etree.SubElement(token, wsse("Password"))
        shown.set("Type", PASSWORD_DIGEST if self.digest else PASSWORD_TEXT)
        shown.text = password_digest(nonce, created, secret) if self.digest else secret
        given = etree.SubElement(token, wsse("Nonce"), {"EncodingType": BASE64})
        given.text = base64.b64encode(nonce).decode()
        etree.SubElement(token, wsu("Created")).text = created


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """Base64(SHA-1(nonce + created + password)): profile 1.1 §3.1."""
    raw = nonce + created.encode() + password.encode()
    return base64.b64encode(hashlib.sha1(raw).digest()).decode()  # noqa: S324 - the profile fixes SHA-1


@dataclass(frozen=True, slots=True)
class Signature:
    """Our signature over body and time stamp, with our certificate beside it."""

    key: PrivateKey = field(repr=False)
    certificate: x509.Certificate

    @classmethod
    def of(cls, key_pem: bytes, certificate_pem: bytes, password: bytes | None = None) -> Signature:
        """From PEM files.

        Raises:
            ValueError: not a pair, or no RSA or EC key.
        """
        key = serialization.load_pem_private_key(key_pem, password)
        certificate = x509.load_pem_x509_certificate(certificate_pem)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ValueError("an RSA or EC key is needed")
        if key.public_key() != certificate.public_key():
            raise ValueError("key and certificate are no pair")
        return cls(key, certificate)

    def put(self, security: etree._Element, targets: list[etree._Element], name: str) -> None:
        """Add certificate and signature over ``targets``, each of which has its wsu:Id."""
        token = etree.SubElement(security, wsse("BinarySecurityToken"), {ID: name})
        token.set("EncodingType", BASE64)
        token.set("ValueType", X509V3)
        token.text = base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()
        made = etree.SubElement(security, ds("Signature"), nsmap={"ds": DS})
        info = etree.SubElement(made, ds("SignedInfo"))
        etree.SubElement(info, ds("CanonicalizationMethod"), Algorithm=EXCLUSIVE)
        method = RSA_SHA256 if isinstance(self.key, rsa.RSAPrivateKey) else ECDSA_SHA256
        etree.SubElement(info, ds("SignatureMethod"), Algorithm=method)
        for target in targets:
            reference = etree.SubElement(info, ds("Reference"), URI=f"#{target.get(ID)}")
            transforms = etree.SubElement(reference, ds("Transforms"))
            etree.SubElement(transforms, ds("Transform"), Algorithm=EXCLUSIVE)
            etree.SubElement(reference, ds("DigestMethod"), Algorithm=SHA256)
            digest = hashlib.sha256(canonical(target)).digest()
            etree.SubElement(reference, ds("DigestValue")).text = base64.b64encode(digest).decode()
        value = etree.SubElement(made, ds("SignatureValue"))
        about = etree.SubElement(etree.SubElement(made, ds("KeyInfo")), wsse("SecurityTokenReference"))
        etree.SubElement(about, wsse("Reference"), URI=f"#{name}", ValueType=X509V3)
        value.text = base64.b64encode(self._signed(canonical(info))).decode()

    def _signed(self, raw: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(raw, padding.PKCS1v15(), hashes.SHA256())
        r, s = decode_dss_signature(self.key.sign(raw, ec.ECDSA(hashes.SHA256())))
        size = (self.key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


@dataclass(frozen=True, slots=True)
class Secured:
    """What is put into the security header of each request, in this order: time stamp, name, signature.

    Attributes:
        lives_seconds: how long a request may be taken for fresh; 0: no time stamp (never together with a signature).
    """

    clock: Clock
    token: UsernameToken | None = None
    signature: Signature | None = None
    lives_seconds: int = 300
    salt: Callable[[], str] = field(default=seams.salt)

    def __post_init__(self) -> None:
        """A signature without its time could be sent again for ever."""
        if self.signature is not None and self.lives_seconds <= 0:
            raise ValueError("a signature needs a time stamp")

    def applied(self, envelope: etree._Element, version: Version) -> None:
        """Put the security header into ``envelope``.

        Raises:
            ValueError: our certificate is not valid now; nothing leaves.
        """
        header = envelope.find(version.tag("Header"))
        body = envelope.find(version.tag("Body"))
        if body is None:
            raise ValueError("the envelope has no body")
        if header is None:
            header = etree.Element(version.tag("Header"))
            envelope.insert(0, header)
        security = etree.SubElement(header, SECURITY, nsmap=_NAMES)
        security.set(version.tag("mustUnderstand"), "1" if version is Version.V11 else "true")
        salt, targets = self.salt(), [body]
        if self.lives_seconds > 0:
            targets.append(self._stamped(security, f"T-{salt}"))
        if self.token is not None:
            self.token.put(security)
        if self.signature is not None:
            self._check_certificate(self.signature.certificate)
            body.set(ID, f"B-{salt}")
            self.signature.put(security, targets, f"X-{salt}")

    def _stamped(self, security: etree._Element, name: str) -> etree._Element:
        now = self.clock.now()
        made = etree.SubElement(security, wsu("Timestamp"), {ID: name})
        etree.SubElement(made, wsu("Created")).text = stamp(now)
        etree.SubElement(made, wsu("Expires")).text = stamp(now + timedelta(seconds=self.lives_seconds))
        return made

    def _check_certificate(self, certificate: x509.Certificate) -> None:
        now = self.clock.now()
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise ValueError("our certificate is not valid now")
