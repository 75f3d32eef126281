"""What a trusted time changes: a certificate that is over today was good when the time stamp was made.

The plain check comes first. Only for problems of time, and only with a time stamp that is trusted itself, the question is
asked again for the proven moment, and revocation must be known for that moment too.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Protocol

from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, TimestampSignatureStatus

from connectors.signature_check.algorithms import POLICY
from connectors.signature_check.asked import Asked
from connectors.signature_check.asn1 import x509
from connectors.signature_check.chain import (
    SIGNATURE,
    SIGNING_KEY,
    STAMPING_KEY,
    TIMESTAMP,
    Believed,
    Carried,
    Chained,
    revocation_policy,
)
from connectors.signature_check.subject import clean
from mappings.canonical.signature import Evidence, Reason

HEALED_BY_TIME = frozenset(
    {
        Reason.REVOKED,
        Reason.ISSUER_REVOKED,
        Reason.EXPIRED_NO_PROOF,
        Reason.ISSUER_EXPIRED,
        Reason.STALE_REVOCATION_DATA,
        Reason.ROOT_OUT_OF_DATE,
    }
)
WANTS_LISTS = frozenset(
    {
        Reason.NO_REVOCATION_DATA,
        Reason.STALE_REVOCATION_DATA,
        Reason.TIMESTAMP_UNTRUSTED,
        Reason.EXPIRED_NO_PROOF,
    }
)
_BY_THE_LIBRARY = frozenset({Reason.REVOKED, Reason.ISSUER_REVOKED, Reason.EXPIRED_NO_PROOF})


class Case(Protocol):
    """What all signatures of one file share (``pdf._Case``)."""

    @property
    def asked(self) -> Asked: ...
    @property
    def believed(self) -> Believed: ...
    def proof_after(self, revision: int) -> datetime | None: ...


async def proven_time(
    embedded: EmbeddedPdfSignature, status: PdfSignatureStatus, case: Case, carried: Carried
) -> tuple[datetime | None, list[Reason]]:
    """The earliest trusted time at which the signature existed, and what is wrong with its own time stamps."""
    proof = case.proof_after(embedded.signed_revision)
    reasons: list[Reason] = []
    moments = [proof] if proof is not None else []
    for stamp in (status.timestamp_validity, status.content_timestamp_validity):
        if stamp is None:
            continue
        if not (stamp.valid and stamp.intact):
            reasons.append(Reason.TIMESTAMP_BROKEN)
        elif not (
            (stamp.trusted and not await _contradicted(stamp, case, carried))
            or await _trusted_then(stamp, proof, case, carried)
        ):
            reasons.append(Reason.TIMESTAMP_UNTRUSTED)
        elif (
            stamp is status.timestamp_validity
        ):  # a content stamp proves the content's time, not the signature's
            moments.append(stamp.timestamp)
    return min(moments, default=None), reasons


async def _trusted_then(
    stamp: TimestampSignatureStatus, proof: datetime | None, case: Case, carried: Carried
) -> bool:
    """Whether a later document time stamp lets the authority of an earlier one be judged for that time."""
    if proof is None or stamp.timestamp > proof:
        return False
    return (await stamper_at(stamp.signing_cert, proof, case, carried)).reason is None


async def stamper_at(
    certificate: x509.Certificate, moment: datetime, case: Case, carried: Carried
) -> Chained:
    """The path of a time-stamping authority at a proven moment."""
    roots = case.believed.roots_for(TIMESTAMP, [moment], None)
    return await case.believed.path(certificate, roots, carried, case.asked, STAMPING_KEY, moment=moment)


async def _contradicted(stamp: TimestampSignatureStatus, case: Case, carried: Carried) -> bool:
    """Whether a list revokes an authority that a responder calls good."""
    if not case.believed.answers(carried):
        return False
    roots = case.believed.roots_for(TIMESTAMP, [case.asked.moment], None)
    found = await case.believed.path(stamp.signing_cert, roots, carried, case.asked, STAMPING_KEY)
    return found.reason in (Reason.REVOKED, Reason.ISSUER_REVOKED)


async def at_proven_time(
    embedded: EmbeddedPdfSignature, now: Chained, proven: datetime, case: Case, carried: Carried
) -> Chained:
    """The signer's path at the proven time; ``now`` when that does not hold either."""
    if now.revoked_at is not None and now.revoked_at <= proven:
        return now
    then = await case.believed.signer(embedded.signer_cert, carried, case.asked, proven=proven)
    if then.reason is not None:
        return now if then.reason in HEALED_BY_TIME else then
    own = next(generic_cms.extract_tst_data_iter(embedded.signer_info, signed=False), None)
    if (
        now.reason in _BY_THE_LIBRARY
        and own is not None
        and not await _passed(embedded, proven, case, carried)
    ):
        return now
    return then


async def _passed(embedded: EmbeddedPdfSignature, proven: datetime, case: Case, carried: Carried) -> bool:
    """The library's own word with time (EN 319 102-1, 5.5). It does not ask for revocation data of the expired."""
    from pyhanko.sign.ades.report import AdESPassed
    from pyhanko.sign.validation.ades import ades_with_time_validation
    from pyhanko.sign.validation.policy_decl import (
        CertificateFetchingRule,
        LocalKnowledge,
        RevinfoOnlineFetchingRule,
        RevocationInfoGatheringSpec,
        SignatureValidationSpec,
    )
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
    from pyhanko_certvalidator.registry import SimpleTrustManager
    from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

    asked, believed = case.asked, case.believed

    def policy(roots: list[Any]) -> CertValidationPolicySpec:
        return CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(trust_roots=roots),
            revinfo_policy=revocation_policy(asked, back=asked.past),
            algorithm_usage_policy=POLICY,
        )

    moments = [asked.moment, proven]
    spec = SignatureValidationSpec(
        cert_validation_policy=policy(believed.roots_for(SIGNATURE, moments, asked.tree)),
        ts_cert_validation_policy=policy(believed.roots_for(TIMESTAMP, moments, None)),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        local_knowledge=LocalKnowledge(
            known_ocsps=[
                one for raw in (*believed.ocsps, *carried.ocsps) for one in OCSPContainer.load_multi(raw)
            ],
            known_crls=[CRLContainer(raw) for raw in (*believed.crls, *carried.crls)],
            known_certs=[*believed.intermediates, *carried.certificates],
        ),
        key_usage_settings=SIGNING_KEY,
        signature_algorithm_policy=POLICY,
    )
    timing = ValidationTimingInfo(asked.moment, asked.moment, point_in_time_validation=True)
    result = await ades_with_time_validation(
        embedded.signed_data, spec, timing_info=timing, raw_digest=embedded.compute_digest()
    )
    return result.ades_subindic is AdESPassed.OK


def only_stamp(status: PdfSignatureStatus) -> bool:
    """Whether the library says no because of a time stamp that was judged here by a later one."""
    stamps = [
        one for one in (status.timestamp_validity, status.content_timestamp_validity) if one is not None
    ]
    return any(not one.trusted for one in stamps)


def stamp_evidence(status: PdfSignatureStatus) -> tuple[Evidence, ...]:
    """The certificate of the authority that stamped, with the time."""
    stamp = status.timestamp_validity
    if stamp is None:
        return ()
    certificate = stamp.signing_cert
    name = clean(certificate.subject.human_friendly)
    return (
        Evidence("timestamp", hashlib.sha256(certificate.dump()).hexdigest(), name, "file", stamp.timestamp),
    )
