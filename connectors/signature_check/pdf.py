"""The signatures of a PDF: strict reading, what the signed bytes cover, what came later, who vouches, at which time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any

from pyhanko.pdf_utils.decode_limits import (
    DEFAULT_PURPOSE_LIMITS,
    DecodeLimits,
    DecodePurpose,
    DocumentDecodeBudget,
    StreamDecodeLimits,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import (
    MultivaluedAttributeError,
    NonexistentAttributeError,
    find_unique_cms_attribute,
)
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import DocumentTimestampStatus, PdfSignatureStatus, SignatureCoverageLevel

from connectors.signature_check import pdf_legacy, pdf_time
from connectors.signature_check.asked import Asked
from connectors.signature_check.asn1 import crl as asn1_crl
from connectors.signature_check.asn1 import ocsp as asn1_ocsp
from connectors.signature_check.asn1 import x509
from connectors.signature_check.chain import (
    SIGNATURE,
    SIGNING_KEY,
    STAMPING_KEY,
    TIMESTAMP,
    Believed,
    Carried,
    Chained,
    evidence_of,
    lists_of,
    root_of,
)
from connectors.signature_check.settings import Limits
from connectors.signature_check.subject import algorithms_of, clean, signer_of
from connectors.signature_check.unfit import Unfit
from mappings.canonical.signature import Changes, Coverage, Reason, SignatureKind, SignatureReport, judged

COVERAGE = {
    SignatureCoverageLevel.ENTIRE_FILE: Coverage.WHOLE_FILE,
    SignatureCoverageLevel.ENTIRE_REVISION: Coverage.WHOLE_REVISION,
    SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: Coverage.PART,
    SignatureCoverageLevel.UNCLEAR: Coverage.UNCLEAR,
}
_CHANGES = {
    ModificationLevel.NONE: Changes.NONE,
    ModificationLevel.LTA_UPDATES: Changes.LONG_TERM_DATA,
    ModificationLevel.FORM_FILLING: Changes.SIGNATURES_AND_FORMS,
    ModificationLevel.ANNOTATIONS: Changes.ANNOTATIONS,
    ModificationLevel.OTHER: Changes.NOT_PERMITTED,
    None: Changes.UNKNOWN,
}
_UNDER_TRUST = frozenset({Reason.TIMESTAMP_UNTRUSTED})


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    form: str
    field: Any
    value: Any


@dataclass(frozen=True, slots=True)
class _Case:
    """What all signatures of one file share."""

    asked: Asked
    believed: Believed
    carried: Carried
    proofs: tuple[tuple[int, datetime], ...] = ()

    def proof_after(self, revision: int) -> datetime | None:
        """The earliest time that a trusted document time stamp proves for everything up to ``revision``."""
        return min((moment for later, moment in self.proofs if later > revision), default=None)


async def judged_signatures(
    stream: IO[bytes], asked: Asked, believed: Believed, limits: Limits
) -> tuple[SignatureReport, ...]:
    """One report per signature value, in the order of the file.

    Raises:
        Unfit: the file is encrypted or holds too many; other exceptions of reading are its own fault as well.
    """
    reader = PdfFileReader(stream, strict=True, decode_limits=_decode_limits(limits))
    if reader.encrypted:  # its signatures would look as if there were none
        raise Unfit(Reason.ENCRYPTED)
    fields = [_field(*found) for found in enumerate_sig_fields(reader, filled_status=True)]
    if len(fields) > limits.signatures:
        raise Unfit(Reason.TOO_MANY_SIGNATURES)
    case = _Case(asked, believed, _carried(reader))
    opened = [(number, field, _opened(reader, field)) for number, field in enumerate(fields)]
    found: dict[int, SignatureReport] = {}
    # The latest first: a trusted time stamp proves the time of everything before it.
    for number, field, embedded in sorted(opened, key=lambda one: _revision(one[2]), reverse=True):
        report = await _judged(reader, field, embedded, case)
        found[number] = report
        if report.kind is SignatureKind.TIMESTAMP and not report.reasons and report.proven_at and embedded:
            proof = (embedded.signed_revision, report.proven_at)
            case = replace(case, proofs=(*case.proofs, proof))
    order = sorted(opened, key=lambda one: _revision(one[2]))
    return tuple(found[number] for number, _, _ in order)


def _decode_limits(limits: Limits) -> DecodeLimits:
    return DecodeLimits(
        per_stream=StreamDecodeLimits(max_output_size=limits.decoded_bytes),
        per_purpose=DEFAULT_PURPOSE_LIMITS,
        document_budget=DocumentDecodeBudget(base_allowance=limits.total_decoded_bytes, max_ratio=1),
    )


def _field(name: str, value: Any, field: Any) -> _Field:
    form = str(_of(value.get_object(), "/SubFilter") or "").lstrip("/")
    return _Field(clean(name), clean(form), field, value.get_object())


def _revision(embedded: EmbeddedPdfSignature | None) -> int:
    return embedded.signed_revision if embedded is not None else -1


def _opened(reader: PdfFileReader, field: _Field) -> EmbeddedPdfSignature | None:
    """The signature as the library sees it; ``None`` when it cannot be read. Never an exception: others may be well."""
    if field.form == pdf_legacy.BARE_RSA:
        return None
    try:
        return EmbeddedPdfSignature(reader, field.field, field.name)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - bare TypeError, ValueError, AssertionError: one broken signature, one verdict
        return None


async def _judged(
    reader: PdfFileReader, field: _Field, embedded: EmbeddedPdfSignature | None, case: _Case
) -> SignatureReport:
    stamp = field.form == "ETSI.RFC3161" or str(_of(field.value, "/Type")) == "/DocTimeStamp"
    blank = SignatureReport(
        field.name,
        SignatureKind.TIMESTAMP if stamp else SignatureKind.SIGNATURE,
        field.form,
        judged([Reason.SIGNATURE_MALFORMED]),
        (Reason.SIGNATURE_MALFORMED,),
    )
    try:
        if field.form == pdf_legacy.BARE_RSA:
            return pdf_legacy.bare_rsa(reader, field.value, blank)
        if embedded is None:
            return blank
        if field.form == pdf_legacy.DIGEST_INSIDE:
            return pdf_legacy.digest_inside(embedded, blank)
        return await (_stamp if stamp else _signature)(embedded, blank, case)
    except SignatureValidationError as exc:
        return _with(blank, [_of_error(exc)])
    except (MemoryError, Unfit):
        raise
    except Exception:  # noqa: BLE001 - the library lets bare errors out of junk (``docs/systems/signature_check.md``)
        return blank


async def _signature(embedded: EmbeddedPdfSignature, blank: SignatureReport, case: _Case) -> SignatureReport:
    asked, believed = case.asked, case.believed
    carried = _with_archive(embedded, case.carried)
    signers = believed.roots_for(SIGNATURE, [asked.moment], asked.tree)
    stampers = believed.roots_for(TIMESTAMP, [asked.moment], None)
    status = await async_validate_pdf_signature(
        embedded,
        signer_validation_context=believed.context(signers, carried, asked),
        ts_validation_context=believed.context(stampers, carried, asked),
        key_usage_settings=SIGNING_KEY,
    )
    blank = _described(blank, embedded, status)
    hard = _of_bytes(status, embedded)
    everything = replace(carried, certificates=(*carried.certificates, *embedded.other_embedded_certs))
    chained = Chained(status.validation_path)
    proven, soft = await pdf_time.proven_time(embedded, status, case, everything)
    if not hard and (status.trust_problem_indic is not None or believed.answers(everything)):
        chained = await believed.signer(embedded.signer_cert, everything, asked)
        if status.trust_problem_indic is not None:
            chained.reason = chained.reason or Reason.CHAIN_REFUSED
        if proven is not None and chained.reason in pdf_time.HEALED_BY_TIME:
            chained = await pdf_time.at_proven_time(embedded, chained, proven, case, everything)
    reasons = [*hard, *([chained.reason] if chained.reason else []), *soft]
    if not reasons and not (status.bottom_line or status.trust_problem_indic or pdf_time.only_stamp(status)):
        reasons = [Reason.UNSUPPORTED]  # the library's last word is no, for a reason that is not known here
    root = root_of(chained.path) if not chained.reason else None
    entry = believed.entry(root) if root is not None else None
    missing = [embedded.signer_cert, *everything.certificates, *believed.intermediates]
    return replace(
        _with(blank, reasons),
        signer=signer_of(embedded.signer_cert, root, entry.tree if entry else None),
        proven_at=proven,
        evidence=(*evidence_of(chained.path, believed, everything), *pdf_time.stamp_evidence(status)),
        lists=lists_of(missing) if set(reasons) & pdf_time.WANTS_LISTS else (),
        remarks=_remarks(embedded),
    )


async def _stamp(embedded: EmbeddedPdfSignature, blank: SignatureReport, case: _Case) -> SignatureReport:
    asked, believed = case.asked, case.believed
    context = believed.context(believed.roots_for(TIMESTAMP, [asked.moment], None), case.carried, asked)
    status = await async_validate_pdf_timestamp(embedded, context)
    everything = replace(
        case.carried, certificates=(*case.carried.certificates, *embedded.other_embedded_certs)
    )
    reasons = _of_bytes(status, embedded)
    chained = Chained(status.validation_path)
    if not reasons and (status.trust_problem_indic is not None or believed.answers(everything)):
        roots = believed.roots_for(TIMESTAMP, [asked.moment], None)
        chained = await believed.path(embedded.signer_cert, roots, everything, asked, STAMPING_KEY)
        if status.trust_problem_indic is not None:
            chained.reason = chained.reason or Reason.TIMESTAMP_UNTRUSTED
        proof = case.proof_after(embedded.signed_revision)
        if proof is not None and chained.reason in pdf_time.HEALED_BY_TIME:
            chained = await pdf_time.stamper_at(embedded.signer_cert, proof, case, everything)
        reasons += [chained.reason] if chained.reason else []
    missing = [embedded.signer_cert, *everything.certificates]
    return replace(
        _with(_described(blank, embedded, status), reasons),
        signer=signer_of(embedded.signer_cert, root_of(chained.path) if not reasons else None),
        proven_at=status.timestamp if not reasons else None,
        claimed_at=status.timestamp,
        evidence=evidence_of(chained.path, believed, everything),
        lists=lists_of(missing) if set(reasons) & pdf_time.WANTS_LISTS else (),
    )


def _of_bytes(
    status: PdfSignatureStatus | DocumentTimestampStatus, embedded: EmbeddedPdfSignature
) -> list[Reason]:
    """What is wrong with the bytes themselves; no later data can mend it."""
    reasons = []
    if not status.intact:
        reasons.append(Reason.CONTENT_CHANGED)
    if not status.valid:
        reasons.append(Reason.SIGNATURE_VALUE_WRONG)
    if status.trust_problem_indic in (
        AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE,
        AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    ):
        reasons.append(Reason.WEAK_ALGORITHM)
    if status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        reasons.append(Reason.COVERAGE_UNCLEAR)
    permitted = _permitted(status, embedded)
    if not permitted:
        reasons.append(Reason.CHANGED_AFTER_SIGNING)
    if isinstance(status, PdfSignatureStatus) and not status.seed_value_ok:
        reasons.append(Reason.FIELD_CONSTRAINTS)
    return reasons


def _permitted(status: PdfSignatureStatus | DocumentTimestampStatus, embedded: EmbeddedPdfSignature) -> bool:
    """Whether everything behind the signed bytes may be there. A document time stamp reports no such word of its own."""
    if isinstance(status, PdfSignatureStatus):
        return status.docmdp_ok is True
    return embedded.summarise_integrity_info()["docmdp_ok"] is True


def _described(
    blank: SignatureReport,
    embedded: EmbeddedPdfSignature,
    status: PdfSignatureStatus | DocumentTimestampStatus,
) -> SignatureReport:
    return replace(
        blank,
        intact=bool(status.intact and status.valid),
        coverage=COVERAGE.get(status.coverage, Coverage.UNCLEAR) if status.coverage else Coverage.UNCLEAR,
        changes=_CHANGES[status.modification_level],
        claimed_at=embedded.self_reported_timestamp if isinstance(status, PdfSignatureStatus) else None,
        algorithms=algorithms_of(embedded.signer_cert, status.md_algorithm, status.pkcs7_signature_mechanism),
    )


def _with(blank: SignatureReport, reasons: Sequence[Reason]) -> SignatureReport:
    found = tuple(dict.fromkeys(reasons))
    return replace(blank, reasons=found, verdict=judged(found))


def _of_error(exc: SignatureValidationError) -> Reason:
    if exc.ades_subindication is AdESIndeterminate.NO_SIGNING_CERTIFICATE_FOUND:
        absent = "not included" in str(exc)
        return Reason.NO_CERTIFICATE if absent else Reason.CERTIFICATE_MISMATCH
    if exc.ades_subindication is AdESFailure.FORMAT_FAILURE:
        return Reason.SIGNATURE_MALFORMED
    return Reason.UNSUPPORTED if "SubFilter" in str(exc) else Reason.SIGNATURE_MALFORMED


def _remarks(embedded: EmbeddedPdfSignature) -> tuple[str, ...]:
    """``signer-not-bound``: an older form that does not name its certificate in the signed attributes."""
    held = {attribute["type"].native for attribute in embedded.signer_info["signed_attrs"]}
    return () if held & {"signing_certificate", "signing_certificate_v2"} else ("signer-not-bound",)


def _of(dictionary: Any, name: str) -> Any:
    """An entry, references followed; ``None`` when there is none, or no dictionary."""
    try:
        return dictionary[name] if isinstance(dictionary, dict) else None
    except KeyError:
        return None


def _carried(reader: PdfFileReader) -> Carried:
    """The document security store; what cannot be read in it does not help, and does not hurt."""
    store = _of(reader.root, "/DSS")

    def of(name: str, kind: Any, purpose: DecodePurpose) -> tuple[Any, ...]:
        found: list[Any] = []
        references = _of(store, name)
        for reference in references if isinstance(references, list) else ():
            try:
                found.append(kind.load(reference.get_object().read_data(purpose), strict=True))
            except MemoryError:
                raise
            except Exception:  # noqa: BLE001, S112 - see above
                continue
        return tuple(found)

    return Carried(
        of("/Certs", x509.Certificate, DecodePurpose.CERTIFICATE),
        of("/CRLs", asn1_crl.CertificateList, DecodePurpose.CRL),
        of("/OCSPs", asn1_ocsp.OCSPResponse, DecodePurpose.OCSP_RESPONSE),
    )


def _with_archive(embedded: EmbeddedPdfSignature, carried: Carried) -> Carried:
    """``carried`` with the revocation data that an Adobe signature holds among its signed attributes."""
    try:
        held = find_unique_cms_attribute(
            embedded.signer_info["signed_attrs"], "adobe_revocation_info_archival"
        )
    except (NonexistentAttributeError, MultivaluedAttributeError):
        return carried
    return Carried(
        carried.certificates,
        (*carried.crls, *(held["crl"] or ())),
        (*carried.ocsps, *(held["ocsp"] or ())),
    )
