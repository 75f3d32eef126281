"""What every signature CA does with a request before it leaves and with values when they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, Finding, NotDone, Refused, Undecided
from connectors.kit.reading import Unreadable
from connectors.kit.signing.certificates import Material, fit_to_sign
from connectors.kit.signing.errors import NotFit
from connectors.kit.signing.values import value_text
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signing import (
    SessionAsked,
    SignatureValue,
    SigningCertificate,
    SigningRequest,
    SigningSession,
    SigningState,
)

NOT_SENT = "not-sent"
"""Code of a request that was refused here: nothing has left."""
GET_CERTIFICATES, SIGN_HASHES, SESSION_STATUS = "get_certificates", "sign_hashes", "session_status"
_TRANSACTION = re.compile(r"[A-Za-z0-9-]{8,64}")
_DOCUMENT = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SIGNER = re.compile(r"[A-Za-z0-9._@:/-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_DESCRIPTION = 500

T = TypeVar("T")


def payload_of(cls: type[T], call: Call, name: str, *, system: str, operation: str) -> T:
    """``cls`` from the payload's ``name``.

    Raises:
        Rejected: ``not-sent``; its words quote no value, for the values are a person's.
    """
    try:
        return from_json(cls, call.payload.get(name))
    except (ValueError, TypeError, AttributeError, KeyError):
        raise Rejected(
            f"{name} cannot be read",
            code=NOT_SENT,
            system=system,
            operation=operation,
            reference=call.reference,
        ) from None


def checked(request: SigningRequest, *, most: int, system: str, operation: str = SIGN_HASHES) -> None:
    """Refuse what no provider should see.

    Args:
        most: hashes per confirmation.

    Raises:
        Rejected: ``not-sent``.
    """
    ids = [one.document for one in request.documents]
    why = ""
    if not _TRANSACTION.fullmatch(request.transaction):
        why = "the transaction is 8 to 64 letters, digits and hyphens"
    elif not _SIGNER.fullmatch(request.signer) or (request.credential and len(request.credential) > 200):
        why = "signer or credential is missing or no such thing"
    elif not 1 <= len(ids) <= most:
        why = f"1 to {most} documents"
    elif len(set(ids)) != len(ids) or any(not _DOCUMENT.fullmatch(one) for one in ids):
        why = "document ids are 1 to 64 plain characters, each once"
    elif any(not _SHA256.fullmatch(one.sha256) for one in request.documents):
        why = "a hash is 64 hexadecimal digits in lower case"
    elif len(request.description) > _MOST_DESCRIPTION or not request.description.strip():
        why = f"the signer is told why, in at most {_MOST_DESCRIPTION} characters"
    if why:
        raise Rejected(why, code=NOT_SENT, system=system, operation=operation, reference=request.transaction)


class Doorkeeper:
    """Looks at a certificate before its holder is asked.

    Attributes:
        material: gives roots and revocation data of the moment; ``None``: only what certificate and provider say is judged.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now``: the installation's clock."""
        self._now = now
        self.material: Callable[[], Material] | None = None

    def passes(self, held: SigningCertificate, *, system: str, reference: str) -> None:
        """Raises.

        Raises:
            Rejected: ``certificate-…`` with the reason; nothing has left.
        """
        material = self.material() if self.material is not None else None
        try:
            fit_to_sign(held, moment=self._now(), material=material)
        except NotFit as exc:
            raise Rejected(
                "the certificate may not sign now",
                code=f"certificate-{exc.code}",
                system=system,
                operation=SIGN_HASHES,
                reference=reference,
            ) from exc


def chosen(held: Sequence[SigningCertificate], request: SigningRequest, *, system: str) -> SigningCertificate:
    """The certificate that the request names, or the only one.

    Raises:
        Rejected: ``certificate-none`` or ``certificate-several``; nothing has left.
    """
    fitting = [one for one in held if not request.credential or one.credential == request.credential]
    if len(fitting) != 1:
        code = "certificate-several" if fitting else "certificate-none"
        raise Rejected(
            f"{len(fitting)} certificates fit",
            code=code,
            system=system,
            operation=SIGN_HASHES,
            reference=request.transaction,
        )
    return fitting[0]


def values_for(documents: Sequence[str], pairs: Sequence[tuple[str, str]]) -> tuple[SignatureValue, ...]:
    """The values in the order of ``documents``.

    Raises:
        Unreadable: one is missing, comes twice, belongs to another document, or is no base64.
    """
    found: dict[str, str] = {}
    for document, text in pairs:
        if document in found:
            raise Unreadable("signatures", "one document has two values")
        found[document] = value_text(text, "signatures")
    if set(found) != set(documents):
        raise Unreadable("signatures", "not a value for each document and for no other")
    return tuple(SignatureValue(one, found[one]) for one in documents)


def told(session: SigningSession) -> Done:
    """The outcome of an operation: the session, final when it has ended."""
    waiting = session.state in (SigningState.WAITING, SigningState.SENT)
    return Done(data={"session": to_json(session)}, code=session.code, final=not waiting)


def finding(session: SigningSession) -> Finding:
    """What a look-up after a lost answer says: whether the session was opened there, and what became of it."""
    data: dict[str, Any] = {"session": to_json(session)}
    match session.state:
        case SigningState.WAITING | SigningState.SENT | SigningState.SIGNED:
            return told(session)
        case SigningState.REJECTED | SigningState.EXPIRED | SigningState.FAILED:
            return Refused(code=session.code or session.state.value, message=session.state.value, data=data)
        case SigningState.CREATED:
            return NotDone(code=session.code)
        case _:
            return Undecided(code=session.code)


def session_of(call: Call, *, system: str) -> SessionAsked:
    """The session that a call asks about.

    Raises:
        Rejected: ``not-sent``.
    """
    asked = payload_of(SessionAsked, call, "session", system=system, operation=SESSION_STATUS)
    if not _TRANSACTION.fullmatch(asked.transaction) or not asked.documents:
        raise Rejected(
            "no such session",
            code=NOT_SENT,
            system=system,
            operation=SESSION_STATUS,
            reference=call.reference,
        )
    return asked


def asked_about(request: SigningRequest, their_reference: str = "") -> SessionAsked:
    """How to ask about the session of ``request``."""
    return SessionAsked(
        request.transaction, their_reference, request.signer, tuple(one.document for one in request.documents)
    )


__all__ = [
    "GET_CERTIFICATES",
    "NOT_SENT",
    "SESSION_STATUS",
    "SIGN_HASHES",
    "Doorkeeper",
    "asked_about",
    "checked",
    "chosen",
    "finding",
    "payload_of",
    "session_of",
    "told",
    "values_for",
]
