"""The last door: a finished file leaves only when a checker that shares nothing with the signer finds it soundly signed."""

from __future__ import annotations

import hashlib
from typing import Protocol

from connectors.kit.signing.errors import NotReleased
from mappings.canonical.signature import (
    Coverage,
    FileReport,
    SignatureKind,
    SignatureReport,
    Tree,
    Verdict,
)
from mappings.canonical.signing import DocumentKind, Level, SignedDocument


class Judge(Protocol):
    """What is asked of the signature check; ``connectors.signature_check.checker.Checker`` is one."""

    def check_bytes(self, raw: bytes, name: str) -> FileReport:
        """The verdict on a file, whoever signed it."""
        ...


def released(
    raw: bytes,
    *,
    document: str,
    name: str,
    kind: DocumentKind,
    level: Level,
    judge: Judge,
    signer_sha256: str = "",
    tree: Tree | None = None,
    number: str = "",
) -> SignedDocument:
    """What may be told of a finished file; everything about it was verified.

    Args:
        signer_sha256: the certificate that must have signed; empty: any that ``tree`` and ``number`` admit.
        tree: who must vouch for this signer: NEAC for citizens and businesses, VGCA for officials. Signatures of others in
            the file must be valid too, under whichever tree.
        number: of the person or organisation that must have signed; empty: not asked.

    Raises:
        NotReleased: with the whole report. INDETERMINATE does not leave either; it may be tried again.
    """
    report = judge.check_bytes(raw, name)
    if report.verdict is not Verdict.VALID:
        raise NotReleased(report, "the signature was not found valid")
    if report.sha256 != hashlib.sha256(raw).hexdigest() or report.kind != kind.value:
        raise NotReleased(report, "the report is about another file")
    ours = [one for one in report.signatures if _is_by(one, signer_sha256, tree, number)]
    if not ours:
        raise NotReleased(report, "the signer that was asked for did not sign")
    mark = ours[-1]
    if mark.coverage not in _whole(kind, level):
        raise NotReleased(report, "only a part of it is signed")
    if level is not Level.B and mark.proven_at is None:
        raise NotReleased(report, "the time stamp is missing")
    assert mark.signer is not None  # noqa: S101 - narrows the type
    return SignedDocument(
        document=document,
        name=name,
        kind=kind,
        level=level,
        sha256=report.sha256,
        size=report.size,
        field=mark.field,
        signer_sha256=mark.signer.sha256,
        claimed_at=mark.claimed_at,
        proven_at=mark.proven_at,
        checked_at=report.checked_for,
    )


def _whole(kind: DocumentKind, level: Level) -> set[Coverage]:
    """Only the validation data of long-term levels may stand behind our signature, not even a comment otherwise."""
    if kind is DocumentKind.XML:
        return {Coverage.DOCUMENT_ELEMENT}
    later = {Coverage.WHOLE_REVISION} if level in (Level.LT, Level.LTA) else set()
    return {Coverage.WHOLE_FILE, *later}


def _is_by(one: SignatureReport, sha256: str, tree: Tree | None, number: str) -> bool:
    signer = one.signer
    if one.kind is not SignatureKind.SIGNATURE or signer is None or one.verdict is not Verdict.VALID:
        return False
    if sha256 and signer.sha256 != sha256:
        return False
    return (tree is None or signer.tree is tree) and (
        not number or number in {each.value for each in signer.numbers}
    )


__all__ = ["Judge", "released"]
