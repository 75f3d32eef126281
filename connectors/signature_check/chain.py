"""From a signer's certificate to a root that may vouch for it, with revocation known on the way. One code for PDF and XML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext, find_valid_path
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    StaleRevinfoError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from connectors.signature_check.algorithms import POLICY
from connectors.signature_check.asked import Asked
from connectors.signature_check.asn1 import crl as asn1_crl
from connectors.signature_check.asn1 import ocsp as asn1_ocsp
from connectors.signature_check.asn1 import x509
from connectors.signature_check.subject import clean
from connectors.signature_check.trust import SIGNATURE, TIMESTAMP, Root, Trust
from mappings.canonical.signature import Evidence, Reason, Tree

SIGNING_KEY = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
STAMPING_KEY = KeyUsageConstraints(extd_key_usage={"time_stamping"})
_MOST_LISTS = 10


@dataclass(frozen=True, slots=True)
class Carried:
    """Validation data that the signed file brings along: untrusted, but signed by their issuers."""

    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[asn1_crl.CertificateList, ...] = ()
    ocsps: tuple[asn1_ocsp.OCSPResponse, ...] = ()


@dataclass(slots=True)
class Chained:
    """What a path check found. ``reason``: ``None`` when the path holds."""

    path: ValidationPath | None = None
    reason: Reason | None = None
    revoked_at: datetime | None = None


@dataclass(slots=True)
class Believed:
    """Trust as parsed objects, kept by a worker from file to file; contexts are made anew for each signature."""

    roots: list[tuple[Root, x509.Certificate]]
    intermediates: list[x509.Certificate]
    crls: list[asn1_crl.CertificateList]
    ocsps: list[asn1_ocsp.OCSPResponse]

    @classmethod
    def of(cls, trust: Trust) -> Believed:
        """``trust``, parsed."""
        return cls(
            [(root, x509.Certificate.load(root.der)) for root in trust.roots],
            [x509.Certificate.load(der) for der in trust.intermediates],
            [asn1_crl.CertificateList.load(der) for der in trust.crls],
            [asn1_ocsp.OCSPResponse.load(der) for der in trust.ocsps],
        )

    def roots_for(
        self, purpose: str, moments: Iterable[datetime], tree: Tree | None
    ) -> list[x509.Certificate]:
        """Roots of this purpose and tree that cover one of ``moments``. Where a tree is asked for, a root without one is silent."""
        wanted = tuple(moments)
        return [
            certificate
            for root, certificate in self.roots
            if purpose in root.purposes
            and (tree is None or root.tree is tree)
            and any(_vouches(root, certificate, moment) for moment in wanted)
        ]

    def entry(self, certificate: x509.Certificate) -> Root | None:
        """The list entry of a root certificate."""
        return next((root for root, held in self.roots if held.sha256 == certificate.sha256), None)

    def context(
        self,
        roots: Sequence[x509.Certificate],
        carried: Carried,
        asked: Asked,
        *,
        moment: datetime | None = None,
        revocation: bool = True,
    ) -> ValidationContext:
        """A fresh context: these roots and no others, nothing is fetched.

        Args:
            moment: instead of the asked one, a proven time: later revocation lists then tell of it too.
        """
        back = moment is not None or asked.past
        return ValidationContext(
            trust_manager=SimpleTrustManager.build(trust_roots=list(roots)),
            other_certs=[*self.intermediates, *carried.certificates],
            crls=[*self.crls, *carried.crls],
            ocsps=[*self.ocsps, *carried.ocsps],
            moment=moment or asked.moment,
            allow_fetching=False,
            revinfo_policy=revocation_policy(asked, back=back, checked=revocation),
            algorithm_usage_policy=POLICY,
        )

    async def signer(
        self, certificate: x509.Certificate, carried: Carried, asked: Asked, *, proven: datetime | None = None
    ) -> Chained:
        """The path of a signer, with the precise reason when there is none.

        Args:
            proven: the time that a trusted time stamp proves; instead of the asked moment.
        """
        moment = proven or asked.moment
        roots = self.roots_for(SIGNATURE, [moment], asked.tree)
        told = carried if proven is None else _without_forgetful(self, carried, certificate)
        pool = self if proven is None else _reduced(self, certificate)
        found = await pool.path(certificate, roots, told, asked, SIGNING_KEY, moment=proven)
        if found.reason is Reason.UNKNOWN_ROOT:
            found.reason = await self._why_unknown(certificate, carried, asked, moment)
        return found

    async def path(
        self,
        certificate: x509.Certificate,
        roots: Sequence[x509.Certificate],
        carried: Carried,
        asked: Asked,
        usage: KeyUsageConstraints,
        *,
        moment: datetime | None = None,
    ) -> Chained:
        """The path of a certificate; revoked when any of the data says so.

        The library asks no list when a responder's answer is good: an answer from before the revocation, carried by the
        file, would silence the list that we hold.
        """
        found = await walked(certificate, self.context(roots, carried, asked, moment=moment), usage)
        if found.reason is None and self.answers(carried):
            listed = replace(self, ocsps=[])
            context = listed.context(roots, Carried(carried.certificates, carried.crls), asked, moment=moment)
            again = await walked(certificate, context, usage)
            if again.reason in (Reason.REVOKED, Reason.ISSUER_REVOKED):
                return again
        return found

    def answers(self, carried: Carried) -> bool:
        """Whether there are responders' answers, so that lists must be asked apart."""
        return bool(self.ocsps or carried.ocsps)

    async def _why_unknown(
        self, certificate: x509.Certificate, carried: Carried, asked: Asked, moment: datetime
    ) -> Reason:
        """No root was found: is there one of the other tree, or one whose time is over?"""
        every = [held for root, held in self.roots if SIGNATURE in root.purposes]
        found = await walked(certificate, self.context(every, carried, asked, revocation=False), SIGNING_KEY)
        held = root_of(found.path)
        entry = self.entry(held) if held is not None else None
        if entry is None:
            return Reason.UNKNOWN_ROOT
        if asked.tree is not None and entry.tree is not None and entry.tree is not asked.tree:
            return Reason.WRONG_TREE
        return Reason.UNKNOWN_ROOT if _vouches(entry, held, moment) else Reason.ROOT_OUT_OF_DATE


def _vouches(root: Root, certificate: x509.Certificate, moment: datetime) -> bool:
    """The library does not look at a root's own dates."""
    return root.covers(moment) and certificate.not_valid_before <= moment <= certificate.not_valid_after


async def walked(
    certificate: x509.Certificate, context: ValidationContext, usage: KeyUsageConstraints
) -> Chained:
    """The first path that holds, or why none does."""
    paths = context.path_builder.async_build_paths_lazy(certificate)
    try:
        path = await find_valid_path(certificate, paths, validation_context=context)
    except RevokedError as exc:
        if exc.is_side_validation:
            return Chained(exc.original_path, Reason.NO_REVOCATION_DATA)
        kind = Reason.REVOKED if exc.is_ee_cert else Reason.ISSUER_REVOKED
        return Chained(exc.original_path, kind, exc.revocation_dt)
    except (ValidationError, PathBuildingError) as exc:
        return Chained(getattr(exc, "original_path", None), _why(exc))
    try:
        if path.pkix_len > 0:
            usage.validate(certificate)
    except InvalidCertificateError:
        return Chained(path, Reason.KEY_USAGE)
    return Chained(path)


def _why(exc: Exception) -> Reason:
    if isinstance(exc, PathBuildingError):
        return Reason.UNKNOWN_ROOT
    if isinstance(exc, StaleRevinfoError):
        return Reason.STALE_REVOCATION_DATA
    if isinstance(exc, InsufficientRevinfoError):
        return Reason.NO_REVOCATION_DATA
    if isinstance(exc, DisallowedAlgorithmError):
        return Reason.WEAK_ALGORITHM
    if isinstance(exc, ExpiredError):
        own = exc.is_ee_cert and not exc.is_side_validation
        return Reason.EXPIRED_NO_PROOF if own else Reason.ISSUER_EXPIRED
    if isinstance(exc, NotYetValidError):
        return Reason.NOT_YET_VALID
    # A self-signed stranger, or a link whose signature is by another key of the same name: nobody vouches for it.
    if isinstance(exc, InvalidCertificateError) or "signature" in str(exc):
        return Reason.UNKNOWN_ROOT
    return Reason.CHAIN_REFUSED


def revocation_policy(asked: Asked, *, back: bool, checked: bool = True) -> CertRevTrustPolicy:
    """Hard: what is not known is not good. ``back``: lists made after the moment tell of it too."""
    mode = "none" if not checked else "require" if asked.every_level else "hard-fail"
    return CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy(mode), retroactive_revinfo=back)


def _forgets(certificate: x509.Certificate, crl: asn1_crl.CertificateList) -> bool:
    """Whether a list may have dropped the certificate: made after its expiry, without the promise to keep the expired."""
    tbs = crl["tbs_cert_list"]
    if (
        crl.issuer.hashable != certificate.issuer.hashable
        or tbs["this_update"].native <= certificate.not_valid_after
    ):
        return False
    kept = "2.5.29.60"  # expiredCertsOnCRL
    return not any(item["extn_id"].dotted == kept for item in tbs["crl_extensions"])


def _without_forgetful(believed: Believed, carried: Carried, certificate: x509.Certificate) -> Carried:
    chain = [certificate, *believed.intermediates, *carried.certificates]
    crls = tuple(crl for crl in carried.crls if not any(_forgets(one, crl) for one in chain))
    return Carried(carried.certificates, crls, carried.ocsps)


def _reduced(believed: Believed, certificate: x509.Certificate) -> Believed:
    """``believed`` without revocation lists that may have dropped ``certificate``."""
    return replace(believed, crls=[crl for crl in believed.crls if not _forgets(certificate, crl)])


def root_of(path: ValidationPath | None) -> Any:
    """The root certificate of a path, or ``None``."""
    if path is None:
        return None
    anchor: Any = path.trust_anchor.authority
    return anchor.certificate


def evidence_of(path: ValidationPath | None, believed: Believed, carried: Carried) -> tuple[Evidence, ...]:
    """The certificates of a path, and the revocation lists and answers that speak of them."""
    if path is None:
        return ()
    certificates = list(path.iter_certs(include_root=True))
    given = {one.sha256 for one in (*believed.intermediates, *(held for _, held in believed.roots))}
    found = [
        Evidence(
            "certificate",
            one.sha256.hex(),
            clean(one.subject.human_friendly),
            "given" if one.sha256 in given else "file",
            one.not_valid_before,
            one.not_valid_after,
        )
        for one in certificates
    ]
    issuers = {one.issuer.hashable for one in certificates}
    for source, lists in (("file", carried.crls), ("given", believed.crls)):
        found += [_of_list(crl, source) for crl in lists if crl.issuer.hashable in issuers]
    serials = {one.serial_number for one in certificates}
    for source, answers in (("file", carried.ocsps), ("given", believed.ocsps)):
        found += [item for answer in answers for item in _of_answer(answer, source, serials)]
    return tuple(found)


def _of_list(crl: asn1_crl.CertificateList, source: str) -> Evidence:
    tbs = crl["tbs_cert_list"]
    return Evidence(
        "crl",
        hashlib.sha256(crl.dump()).hexdigest(),
        clean(crl.issuer.human_friendly),
        source,
        tbs["this_update"].native,
        tbs["next_update"].native,
    )


def _of_answer(answer: asn1_ocsp.OCSPResponse, source: str, serials: set[int]) -> Iterable[Evidence]:
    if answer["response_status"].native != "successful":
        return
    data = answer.response_data
    for single in data["responses"]:
        if single["cert_id"]["serial_number"].native in serials:
            yield Evidence(
                "ocsp",
                hashlib.sha256(answer.dump()).hexdigest(),
                f"{single['cert_id']['serial_number'].native:x}",
                source,
                single["this_update"].native,
                single["next_update"].native,
            )


def lists_of(certificates: Iterable[x509.Certificate]) -> tuple[str, ...]:
    """Addresses of revocation lists that certificates name. They are the issuers' words, never called unasked."""
    found: dict[str, None] = {}
    for certificate in certificates:
        for point in certificate.crl_distribution_points:
            if point.url:
                found.setdefault(point.url, None)
    return tuple(found)[:_MOST_LISTS]


__all__ = [
    "SIGNATURE",
    "SIGNING_KEY",
    "STAMPING_KEY",
    "TIMESTAMP",
    "Believed",
    "Carried",
    "Chained",
    "walked",
]
