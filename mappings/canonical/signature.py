"""What was found out about the signatures of one file. Names and numbers of signers are personal throughout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """Never merged: INDETERMINATE says that something is missing, not that the signature is bad."""

    VALID = "VALID"
    INVALID = "INVALID"
    INDETERMINATE = "INDETERMINATE"
    UNSIGNED = "UNSIGNED"
    MALFORMED = "MALFORMED"


class Tree(StrEnum):
    """The two national trees: NEAC for persons and businesses, VGCA for officials. None vouches for the other."""

    NEAC = "NEAC"
    VGCA = "VGCA"


class SignatureKind(StrEnum):
    """A person's or organisation's signature, or a time stamp over the whole document (nobody's signature)."""

    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"


class Coverage(StrEnum):
    """How much of the file the signed bytes are."""

    WHOLE_FILE = "whole_file"
    WHOLE_REVISION = "whole_revision"
    DOCUMENT_ELEMENT = "document_element"
    NAMED_ELEMENT = "named_element"
    PART = "part"
    SEPARATE_CONTENT = "separate_content"
    UNCLEAR = "unclear"


class Changes(StrEnum):
    """What was added behind the signed bytes."""

    NONE = "none"
    LONG_TERM_DATA = "long_term_data"
    SIGNATURES_AND_FORMS = "signatures_and_forms"
    ANNOTATIONS = "annotations"
    NOT_PERMITTED = "not_permitted"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Stable codes: programs and records hold them; sentences stand in ``mappings.tables.signature_reasons``."""

    CONTENT_CHANGED = "content-changed"
    SIGNATURE_VALUE_WRONG = "signature-value-wrong"
    COVERAGE_UNCLEAR = "coverage-unclear"
    CHANGED_AFTER_SIGNING = "changed-after-signing"
    FIELD_CONSTRAINTS = "field-constraints"
    CERTIFICATE_MISMATCH = "certificate-mismatch"
    KEY_USAGE = "key-usage"
    CHAIN_REFUSED = "chain-refused"
    WRONG_TREE = "wrong-tree"
    REVOKED = "revoked"
    ISSUER_REVOKED = "issuer-revoked"
    WEAK_ALGORITHM = "weak-algorithm"
    TIMESTAMP_BROKEN = "timestamp-broken"
    OTHER_ELEMENT_SIGNED = "other-element-signed"
    AMBIGUOUS_REFERENCE = "ambiguous-reference"
    OTHER_SIGNER = "other-signer"

    UNKNOWN_ROOT = "unknown-root"
    NO_REVOCATION_DATA = "no-revocation-data"
    STALE_REVOCATION_DATA = "stale-revocation-data"
    EXPIRED_NO_PROOF = "expired-no-proof"
    NOT_YET_VALID = "not-yet-valid"
    ISSUER_EXPIRED = "issuer-expired"
    ROOT_OUT_OF_DATE = "root-out-of-date"
    TIMESTAMP_UNTRUSTED = "timestamp-untrusted"
    NO_CERTIFICATE = "no-certificate"
    PART_SIGNED = "part-signed"
    CONTENT_MISSING = "content-missing"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"
    CHECKER_FAILED = "checker-failed"
    CHECKER_SLOW = "checker-slow"

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_PDF_OR_XML = "not-pdf-or-xml"
    DOCTYPE = "doctype"
    PROCESSING_INSTRUCTION = "processing-instruction"
    TOO_LARGE = "too-large"
    SIGNATURE_TOO_LONG = "signature-too-long"
    SIGNATURE_MALFORMED = "signature-malformed"
    TOO_MANY_SIGNATURES = "too-many-signatures"
    TIME_LIMIT = "time-limit"
    MEMORY_LIMIT = "memory-limit"
    CHECKER_DIED = "checker-died"

    NO_SIGNATURE = "no-signature"
    ONLY_TIMESTAMP = "only-timestamp"


_ORDER = (Verdict.INVALID, Verdict.MALFORMED, Verdict.INDETERMINATE, Verdict.UNSIGNED, Verdict.VALID)
"""Of several, the first one found stands for all."""


def _from(first: Reason, last: Reason, verdict: Verdict) -> dict[Reason, Verdict]:
    known = list(Reason)
    return dict.fromkeys(known[known.index(first) : known.index(last) + 1], verdict)


MEANS: Mapping[Reason, Verdict] = {
    **_from(Reason.CONTENT_CHANGED, Reason.OTHER_SIGNER, Verdict.INVALID),
    **_from(Reason.UNKNOWN_ROOT, Reason.CHECKER_SLOW, Verdict.INDETERMINATE),
    **_from(Reason.UNREADABLE, Reason.CHECKER_DIED, Verdict.MALFORMED),
    **_from(Reason.NO_SIGNATURE, Reason.ONLY_TIMESTAMP, Verdict.UNSIGNED),
}
"""What each reason makes of a signature. Total: a test compares it with the codes."""

WORTH_TRYING_AGAIN = frozenset(
    {
        Reason.NO_REVOCATION_DATA,
        Reason.STALE_REVOCATION_DATA,
        Reason.NOT_YET_VALID,
        Reason.TIMESTAMP_UNTRUSTED,
        Reason.CHECKER_FAILED,
        Reason.CHECKER_SLOW,
    }
)
"""Time or fresher data may change these; the others need a person."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The one that stands for all; VALID only when every one is."""
    found = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in found), Verdict.VALID)


def judged(reasons: Iterable[Reason]) -> Verdict:
    """The verdict of these reasons; VALID when there is none."""
    return worst(MEANS[reason] for reason in reasons)


@dataclass(frozen=True, slots=True)
class SignerNumber:
    """A number out of the subject's UID. ``kind``: CCCD, CMND, MST or what stands there; personal."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, by the certificate.

    Attributes:
        name, organisation: of the subject, as written there.
        numbers: of the subject's UID, in order.
        issuer: the issuing CA's name; ``serial``: of the certificate, hexadecimal.
        sha256: of the certificate, hexadecimal.
        root_sha256, tree: of the root that vouches; empty and ``None`` while none does.
    """

    name: str
    organisation: str
    numbers: tuple[SignerNumber, ...]
    issuer: str
    serial: str
    sha256: str
    valid_from: datetime
    valid_to: datetime
    root_sha256: str = ""
    tree: Tree | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that the verdict rests on, to be kept with it.

    Attributes:
        kind: ``certificate``, ``crl``, ``ocsp`` or ``timestamp``.
        source: ``file`` (the signed file carries it) or ``given`` (we brought it).
    """

    kind: str
    sha256: str
    name: str
    source: str
    issued_at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Algorithms:
    """As used: ``sha256``, ``rsassa_pkcs1v15``; ``key``: ``rsa 2048``, ``ec secp256r1``."""

    digest: str
    signature: str
    key: str


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One signature value.

    Attributes:
        field: name of the form field, or place of the element.
        form: ``ETSI.CAdES.detached``, ``xades``, ``xmldsig`` ...
        reasons: why not VALID; empty for VALID.
        intact: the signed bytes are as they were signed; ``None``: could not be told.
        claimed_at: by the signer's own clock; ``proven_at``: by a trusted time stamp.
        signed_place: of the element that is signed (XML).
        lists: addresses where the issuers publish revocation lists that were missing.
        remarks: what a reader should know although it changes no verdict, stable codes.
    """

    field: str
    kind: SignatureKind
    form: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    intact: bool | None = None
    coverage: Coverage = Coverage.UNCLEAR
    changes: Changes = Changes.UNKNOWN
    signer: Signer | None = None
    claimed_at: datetime | None = None
    proven_at: datetime | None = None
    signed_place: str = ""
    algorithms: Algorithms | None = None
    evidence: tuple[Evidence, ...] = ()
    lists: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file.

    Attributes:
        kind: ``pdf``, ``xml`` or empty.
        reasons: of the file as a whole; those of signatures stand with them.
        checked_for: the moment that the verdict is about.
    """

    name: str
    kind: str
    size: int
    sha256: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    checked_for: datetime
    signatures: tuple[SignatureReport, ...] = ()

    @property
    def worth_trying_again(self) -> bool:
        """Whether the verdict may change by itself: nothing but missing data or time stands in its way."""
        found = {*self.reasons, *(reason for one in self.signatures for reason in one.reasons)}
        return bool(found) and found <= WORTH_TRYING_AGAIN


def refused(name: str, moment: datetime, *reasons: Reason, size: int = 0, kind: str = "") -> FileReport:
    """A report of a file that could not be looked into."""
    return FileReport(name, kind, size, "", judged(reasons), reasons, moment)


def gathered(report: FileReport, signatures: tuple[SignatureReport, ...]) -> FileReport:
    """``report`` with the verdict that its signatures and its own reasons give together."""
    reasons = report.reasons
    if not any(one.kind is SignatureKind.SIGNATURE for one in signatures) and not reasons:
        reasons = (Reason.ONLY_TIMESTAMP if signatures else Reason.NO_SIGNATURE,)
    verdict = worst([judged(reasons), *(one.verdict for one in signatures)])
    return replace(report, reasons=reasons, signatures=signatures, verdict=verdict)


def demanded(report: FileReport, number: str) -> FileReport:
    """``report`` judged for one expected signer: a valid signature of somebody else is still wrong.

    Args:
        number: the applicant's personal number, old card number or tax code, digits (a branch as ``0123456789-001``).
    """
    wanted = number.strip()
    if not any(one.kind is SignatureKind.SIGNATURE for one in report.signatures):
        return report
    held = {item.value for one in report.signatures if one.signer is not None for item in one.signer.numbers}
    if wanted and wanted in held:
        return report
    signatures = tuple(
        one
        if one.kind is SignatureKind.TIMESTAMP
        else replace(
            one,
            reasons=(*one.reasons, Reason.OTHER_SIGNER),
            verdict=judged((*one.reasons, Reason.OTHER_SIGNER)),
        )
        for one in report.signatures
    )
    return gathered(report, signatures)
