"""Whose certificate is believed: one that was pinned, or one that a pinned authority gave and has not taken back."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connectors.kit.reading import Unreadable

_FIELD = "BinarySecurityToken"


@dataclass(frozen=True, slots=True)
class Trust:
    """Signers of one other side. Two may be pinned while one is being replaced.

    Attributes:
        signers: certificates themselves; taking one away takes it back.
        authorities: who may give certificates to signers. Each then needs a list of what it took back.
        revoked: those lists (CRL), signed by their authority and not past their next update.
    """

    signers: Sequence[x509.Certificate] = ()
    authorities: Sequence[x509.Certificate] = ()
    revoked: Sequence[x509.CertificateRevocationList] = ()

    def __post_init__(self) -> None:
        """Nobody trusted is a mistake in the settings, not a rule."""
        if not self.signers and not self.authorities:
            raise ValueError("no signer and no authority is trusted")

    def check(self, certificate: x509.Certificate, now: datetime) -> None:
        """Whether ``certificate`` may sign now.

        Raises:
            Unreadable: with the reason.
        """
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Unreadable(_FIELD, "is expired or not valid yet")
        _check_purpose(certificate)
        print_ = certificate.fingerprint(hashes.SHA256())
        if any(hmac.compare_digest(print_, each.fingerprint(hashes.SHA256())) for each in self.signers):
            return
        for authority in self.authorities:
            if _gave(authority, certificate):
                self._check_authority(authority, now)
                self._check_revoked(authority, certificate, now)
                return
        raise Unreadable(_FIELD, "is of nobody whom we trust")

    def _check_authority(self, authority: x509.Certificate, now: datetime) -> None:
        if not authority.not_valid_before_utc <= now <= authority.not_valid_after_utc:
            raise Unreadable(_FIELD, "its authority is expired")
        try:
            if not authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
                raise Unreadable(_FIELD, "was given by somebody who is no authority")
        except x509.ExtensionNotFound as exc:
            raise Unreadable(_FIELD, "was given by somebody who is no authority") from exc

    def _check_revoked(
        self, authority: x509.Certificate, certificate: x509.Certificate, now: datetime
    ) -> None:
        key = authority.public_key()
        for each in self.revoked:
            if each.issuer != authority.subject or not isinstance(
                key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey
            ):
                continue
            ends = each.next_update_utc
            if not each.is_signature_valid(key) or ends is None or ends < now or each.last_update_utc > now:
                continue
            if each.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
                raise Unreadable(_FIELD, "was taken back by its authority")
            return
        raise Unreadable(_FIELD, "nobody can say whether its authority took it back")


def _gave(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _check_purpose(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    except ValueError as exc:
        raise Unreadable(_FIELD, "has extensions that cannot be read") from exc
    if not (usage.digital_signature or usage.content_commitment):
        raise Unreadable(_FIELD, "is not meant for signing")
