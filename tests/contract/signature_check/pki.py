"""A small world of certificates made for the tests: two national trees, their issuing CAs, signers, time-stampers, lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
"""The moment of the checks."""
SINCE, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
SIGNED = datetime(2026, 11, 20, 3, tzinfo=UTC)
"""The moment of the time stamps."""
LIST_SINCE, LIST_UNTIL = NOW - timedelta(days=5), NOW + timedelta(days=25)


@cache
def rsa_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """A key; the same for the same numbers, making them takes time."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1, number: int = 0) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def _name(common: str, organisation: str = "", uid: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN")]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common))
    if uid:
        parts.append(x509.NameAttribute(NameOID.USER_ID, uid))
    return x509.Name(parts)


def _usage(**on: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


@dataclass(frozen=True)
class Holder:
    """A certificate with its key."""

    key: Any
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.der)

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        return asn1_keys.PrivateKeyInfo.load(
            self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        )


@dataclass(frozen=True)
class Authority(Holder):
    """A CA that issues and revokes."""

    serials: list[int] = field(default_factory=lambda: [100])
    revoked: dict[int, datetime] = field(default_factory=dict)

    def issue(
        self,
        common: str,
        key: Any,
        *,
        uid: str = "",
        organisation: str = "",
        since: datetime = SINCE,
        until: datetime = UNTIL,
        usage: x509.KeyUsage | None = None,
        stamping: bool = False,
        authority: bool = False,
        list_url: str = "",
        responder: str = "",
        digest: Any = None,
        serial: int = 0,
    ) -> Any:
        self.serials.append(self.serials[-1] + 1)
        return made(
            _name(common, organisation, uid), key, self.certificate, self.key, serial or self.serials[-1],
            since=since, until=until, usage=usage, stamping=stamping, authority=authority, list_url=list_url, digest=digest, responder=responder,
        )  # fmt: skip

    def crl(
        self,
        *,
        since: datetime = LIST_SINCE,
        until: datetime = LIST_UNTIL,
        revoked: dict[int, datetime] | None = None,
    ) -> bytes:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(since).next_update(until)
        for serial, moment in (self.revoked if revoked is None else revoked).items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
            builder = builder.add_revoked_certificate(
                entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), False).build()
            )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.certificate.public_key()), False
        )
        return (
            builder.add_extension(x509.CRLNumber(1), False)
            .sign(self.key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )

    def answer(
        self, certificate: x509.Certificate, *, good: bool = True, revoked_at: datetime | None = None
    ) -> bytes:
        """An OCSP response about one certificate, signed by the CA itself."""
        status = ocsp.OCSPCertStatus.GOOD if good else ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            certificate, self.certificate, hashes.SHA1(), status, LIST_SINCE, LIST_UNTIL, revoked_at, None
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.certificate)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def made(
    subject: x509.Name,
    key: Any,
    issuer: x509.Certificate | None,
    issuer_key: Any,
    serial: int,
    *,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    usage: x509.KeyUsage | None = None,
    stamping: bool = False,
    authority: bool = False,
    list_url: str = "",
    responder: str = "",
    digest: Any = None,
) -> Any:
    """A certificate; a self-signed one when there is no issuer."""
    by = issuer.subject if issuer is not None else subject
    builder = x509.CertificateBuilder(by, subject, key.public_key(), serial, since, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    if authority:
        usage = _usage(key_cert_sign=True, crl_sign=True)
    builder = builder.add_extension(
        usage or _usage(digital_signature=True, content_commitment=True), critical=True
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
    )
    if stamping:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    if list_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(list_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), False)
    if responder:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), False)
    certificate = builder.sign(issuer_key, digest or hashes.SHA256())
    return (Authority if authority else Holder)(key, certificate)


def root(common: str, key: Any, **how: Any) -> Authority:
    """A self-signed root."""
    return made(_name(common), key, None, key, 1, since=datetime(2015, 1, 1, tzinfo=UTC), until=datetime(2048, 1, 1, tzinfo=UTC), authority=True, **how)  # fmt: skip


class World:
    """Everything by name. Nothing here is a real person, number or authority."""

    def __init__(self) -> None:
        self.root = root("Root thử nghiệm NEAC", rsa_key(2048, 1))
        self.same_name = root("Root thử nghiệm NEAC", rsa_key(2048, 2))
        self.ca = self.root.issue("CA cấp thử nghiệm", rsa_key(2048, 3), authority=True)
        self.vgca_root = root("Root chuyên dùng thử nghiệm", ec_key(ec.SECP384R1, 1))
        self.vgca = self.vgca_root.issue("CA công vụ thử nghiệm", ec_key(ec.SECP256R1, 2), authority=True)
        self.stamp_root = root("Root dấu thời gian thử nghiệm", ec_key(ec.SECP256R1, 3))
        issue = self.ca.issue
        key = rsa_key(2048, 4)
        url = "http://crl.example/ca.crl"
        self.citizen = issue("Nguyễn Văn Thử", key, uid="CCCD:001099000001", list_url=url)
        self.company = issue(
            "Công ty Thử Nghiệm", ec_key(number=4), uid="MST:0100000001-001", organisation="Công ty Thử"
        )
        self.asked_for = issue(
            "Người Có OCSP", key, uid="CCCD:001099000003", responder="http://ocsp.example/"
        )
        self.revoked = issue("Người Bị Thu Hồi", key, uid="CCCD:001099000002")
        self.expired = issue("Người Hết Hạn", key, uid="CMND:012345678", until=NOW - timedelta(days=1))
        self.future = issue("Người Chưa Đến Hạn", key, since=NOW + timedelta(days=1))
        self.short = issue("Khóa Ngắn", rsa_key(1024))
        self.small_curve = issue("Đường Cong Nhỏ", ec_key(ec.SECP224R1))
        self.enciphering = issue("Không Để Ký", key, usage=_usage(key_encipherment=True))
        self.official = self.vgca.issue(
            "Cán Bộ Thử", ec_key(number=5), uid="CCCD:001099000009", organisation="UBND xã Thử"
        )
        self.stamper = self.stamp_root.issue("TSA thử nghiệm", rsa_key(2048, 6), stamping=True)
        self.old_stamper = self.stamp_root.issue(
            "TSA cũ", rsa_key(2048, 7), stamping=True, until=NOW - timedelta(days=1)
        )
        self.ca.revoked[self.revoked.certificate.serial_number] = NOW - timedelta(days=2)

    def lists(self) -> list[bytes]:
        """A fresh list of every authority."""
        return [one.crl() for one in (self.root, self.ca, self.vgca_root, self.vgca, self.stamp_root)]


@cache
def world() -> World:
    """The one world of this test process."""
    return World()


PKCS1 = padding.PKCS1v15()
