"""Asking for signatures and what comes of it. Whole documents never stand here: digests, places and states only.

Numbers and names of signers are personal throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """What is signed."""

    PDF = "pdf"
    XML = "xml"


class Level(StrEnum):
    """Baseline level: B plain, T with a time stamp, LT with validation data, LTA with a stamp over those. XML knows B only."""

    B = "B-B"
    T = "B-T"
    LT = "B-LT"
    LTA = "B-LTA"


class Mechanism(StrEnum):
    """How the key signs; SHA-256 throughout."""

    RSA = "rsassa_pkcs1v15"
    RSA_PSS = "rsassa_pss"
    ECDSA = "ecdsa"


class SigningState(StrEnum):
    """Where a session stands. ``UNKNOWN``: sent, no answer; never opened again without asking the provider first."""

    CREATED = "created"
    SENT = "sent"
    WAITING = "waiting"
    SIGNED = "signed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    FAILED = "failed"
    UNKNOWN = "unknown"


ENDED = frozenset({SigningState.SIGNED, SigningState.REJECTED, SigningState.EXPIRED, SigningState.FAILED})
"""Nothing comes after these."""


class SealKind(StrEnum):
    """Whose certificate: a person's or an organisation's seal."""

    PERSON = "person"
    SEAL = "seal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """A certificate that a provider holds for somebody.

    Attributes:
        credential: the provider's own name of it, which a request must repeat.
        subject: as written in the certificate; ``numbers``: of its UID, ``CCCD:…``, ``MST:…``.
        certificate, chain: DER as base64; the chain without the certificate, issuer first, may be empty.
        their_status: the provider's own word, as received; ``usable``: what it means, ``None`` where it has no agreed meaning.
        key: ``rsa 2048``, ``ec secp256r1``.
        most_hashes: per confirmation; 0: not told.
    """

    credential: str
    kind: SealKind
    subject: str
    numbers: tuple[str, ...]
    issuer: str
    serial: str
    sha256: str
    valid_from: datetime
    valid_to: datetime
    certificate: str
    chain: tuple[str, ...]
    their_status: str
    usable: bool | None
    key: str
    most_hashes: int = 0


@dataclass(frozen=True, slots=True)
class HashToSign:
    """One document as the provider sees it.

    Attributes:
        document: our id of it; the signer sees it on the screen and compares.
        name: title for the signer.
        sha256: of the bytes that the key signs (signed attributes, SignedInfo), hexadecimal lower case.
    """

    document: str
    name: str
    kind: DocumentKind
    sha256: str


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """One confirmation for all of ``documents``.

    Attributes:
        transaction: our id of the session, never used again.
        signer: the provider's user id (personal number, tax code); personal.
        credential: of :class:`SigningCertificate`; empty: the signer's only one.
        description: shown to the signer.
        mechanism: how the key signs.
    """

    transaction: str
    signer: str
    credential: str
    description: str
    documents: tuple[HashToSign, ...]
    mechanism: Mechanism = Mechanism.RSA


@dataclass(frozen=True, slots=True)
class SignatureValue:
    """What the key made of one hash: base64 without line breaks, not yet verified."""

    document: str
    value: str


@dataclass(frozen=True, slots=True)
class SigningSession:
    """A session as the provider tells it.

    Attributes:
        transaction: ours; ``their_reference``: theirs, empty while unknown.
        code, message: theirs, as received.
        values: complete and in the order of the request once SIGNED, empty before.
        watch_until: after this moment nobody need ask any more; the provider's own window decides. ``None``: not told.
    """

    transaction: str
    their_reference: str
    state: SigningState
    code: str = ""
    message: str = ""
    values: tuple[SignatureValue, ...] = ()
    watch_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionAsked:
    """Which session is asked about.

    Attributes:
        transaction: ours; ``their_reference``: theirs, empty while unknown.
        signer: of the request, where the provider's tokens belong to one person.
        documents: ids of the request, in its order: a session is SIGNED only when it has a value for each and for no other.
    """

    transaction: str
    their_reference: str
    signer: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SigningHint:
    """A provider's push says that a session may have moved on. It proves nothing: whoever gets it asks the provider.

    Attributes:
        transaction, their_reference: as named in it; one of them may be empty.
        said: their word of state, as received, for the log only.
    """

    transaction: str
    their_reference: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document that waits for its signature value; what must be kept beside the prepared file itself.

    Attributes:
        file_sha256: of the prepared file; another file is refused.
        document_digest: of the signed byte range (PDF) or of the document element (XML), hexadecimal.
        to_sign: the bytes that the key signs (signed attributes or SignedInfo), base64; ``to_sign_sha256``: what leaves us.
        hole_start, hole_end: where the value goes, byte offsets.
        field: form field of the signature, or Id of the Signature element.
        certificate_sha256: of the only certificate that the value may come from.
        prepared_at: the claimed time of signing.
    """

    document: str
    name: str
    kind: DocumentKind
    level: Level
    mechanism: Mechanism
    file_sha256: str
    document_digest: str
    to_sign: str
    to_sign_sha256: str
    hole_start: int
    hole_end: int
    field: str
    certificate_sha256: str
    prepared_at: datetime

    def asked(self) -> HashToSign:
        """What the provider gets of it."""
        return HashToSign(self.document, self.name, self.kind, self.to_sign_sha256)


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A file that an official takes to their own computer to sign.

    Attributes:
        transaction: ours, never used again; ``document``: our id of the file.
        name: file name for the screen; ``file_sha256``, ``size``: of exactly what is handed out.
        until: after it nothing is handed out or taken back any more.
        number: of the official who is to sign; empty: anybody under the officials' tree. Personal.
    """

    transaction: str
    document: str
    name: str
    file_sha256: str
    size: int
    until: datetime
    number: str = ""


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A signed file that was verified and may leave.

    Attributes:
        sha256, size: of the signed file.
        signer_sha256: of the signer's certificate.
        proven_at: by a trusted time stamp; ``None`` at level B.
        checked_at: the verdict VALID is about this moment.
    """

    document: str
    name: str
    kind: DocumentKind
    level: Level
    sha256: str
    size: int
    field: str
    signer_sha256: str
    claimed_at: datetime | None
    proven_at: datetime | None
    checked_at: datetime


__all__ = [
    "ENDED",
    "DocumentKind",
    "HandedOut",
    "HashToSign",
    "Level",
    "Mechanism",
    "PreparedDocument",
    "SealKind",
    "SessionAsked",
    "SignatureValue",
    "SignedDocument",
    "SigningCertificate",
    "SigningHint",
    "SigningRequest",
    "SigningSession",
    "SigningState",
]
