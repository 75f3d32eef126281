"""The older CSC-like service: a token of the user, hashes in base64, states as numbers, an envelope that is sometimes left out."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.errors import ConnectorError, ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_list, a_text, a_whole, agreed, an_object
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.signing.asked import GET_CERTIFICATES, SESSION_STATUS, SIGN_HASHES
from connectors.kit.signing.certificates import der_of, described
from connectors.kit.signing.line import JsonLine
from connectors.kit.signing.values import value_text
from connectors.smartca import wire
from connectors.smartca.gateway import NOT_FOUND, SYSTEM
from connectors.smartca.settings import Settings
from mappings.canonical.signing import (
    SessionAsked,
    SignatureValue,
    SigningCertificate,
    SigningRequest,
    SigningSession,
    SigningState,
)

_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


class Older:
    """Speaks the service that came before sp769."""

    def __init__(self, settings: Settings, line: JsonLine, *, clock: Clock) -> None:
        """The token is the line's business."""
        self._settings, self._line, self._clock = settings, line, clock

    def certificates(self, signer: str, seconds: float) -> list[SigningCertificate]:
        """The certificates of the token's user; ``signer`` is that user already."""
        del signer
        until = monotonic_seconds() + seconds
        content = self._told(GET_CERTIFICATES, wire.OLDER_LIST, {}, EffectClass.READ, "", seconds)
        with agreed(SYSTEM, GET_CERTIFICATES):
            names = a_list(content, "content")
            if len(names) > 50 or not all(isinstance(one, str) and 0 < len(one) <= 100 for one in names):
                raise Unreadable("content", "at most 50 names are expected")
        return [self._certificate(name, until - monotonic_seconds()) for name in names]

    def open(self, request: SigningRequest, credential: str, seconds: float) -> SigningSession:
        """Open a session. Their name of it is in the answer only: a lost one waits for ``notifyUrl`` or a person."""
        settings, reference = self._settings, request.transaction
        body = {
            "credentialId": credential,
            "refTranId": reference,
            "notifyUrl": settings.notify_url,
            "description": request.description,
            "datas": [
                {settings.name_field: one.document, settings.hash_field: _packed(one.sha256)}
                for one in request.documents
            ],
        }
        content = self._told(SIGN_HASHES, wire.OLDER_SIGN, body, EffectClass.EVIDENCE, reference, seconds)
        with agreed(SYSTEM, SIGN_HASHES, reference):
            theirs = a_text(an_object(content, "content"), "tranId", most=64, empty=False)
            if not _NAME.fullmatch(theirs):
                raise Unreadable("tranId", "is no name")
        watch = self._clock.now() + timedelta(seconds=settings.watch_seconds)
        return SigningSession(reference, theirs, SigningState.WAITING, code="0", watch_until=watch)

    def status(self, asked: SessionAsked, seconds: float) -> SigningSession:
        """Where a session stands, by their name of it. Another number than the published ones is waiting."""
        facts: dict[str, Any] = {
            "system": SYSTEM,
            "operation": SESSION_STATUS,
            "reference": asked.transaction,
        }
        if not _NAME.fullmatch(asked.their_reference):
            raise Rejected("their name of the session is not known", code=NOT_FOUND, **facts)
        body = {"tranId": asked.their_reference}
        content = self._told(
            SESSION_STATUS, wire.OLDER_STATUS, body, EffectClass.READ, asked.transaction, seconds
        )
        with agreed(SYSTEM, SESSION_STATUS, asked.transaction):
            found = an_object(content, "content")
            code = a_whole(found.get("tranStatus"), "tranStatus", most=99_999)
            state = wire.OLDER_STATES.get(code, SigningState.WAITING)
            if "refTranId" in found and a_text(found, "refTranId") not in ("", asked.transaction):
                raise Unreadable("refTranId", "is another one")
            values = self._values(found, asked) if state is SigningState.SIGNED else ()
        return SigningSession(asked.transaction, asked.their_reference, state, code=str(code), values=values)

    def _values(self, found: Mapping[str, Any], asked: SessionAsked) -> tuple[SignatureValue, ...]:
        """One value per document, by the name that we gave it."""
        made: dict[str, str] = {}
        for one in a_list(found.get("documents"), "documents"):
            facts = an_object(one, "documents")
            name = a_text(facts, "name", most=200, empty=False)
            if name in made:
                raise Unreadable("documents", "one document has two values")
            made[name] = value_text(a_text(facts, "sig", most=100_000, empty=False), "sig")
        if set(made) != set(asked.documents):
            raise Unreadable("documents", "not a value for each document and for no other")
        return tuple(SignatureValue(name, made[name]) for name in asked.documents)

    def _certificate(self, name: str, seconds: float) -> SigningCertificate:
        asked = {"credentialId": name, "certificates": "chain", "certInfo": True, "authInfo": True}
        content = self._told(GET_CERTIFICATES, wire.OLDER_INFO, asked, EffectClass.READ, "", seconds)
        with agreed(SYSTEM, GET_CERTIFICATES):
            cert = an_object(an_object(content, "content").get("cert"), "cert")
            listed = a_list(cert.get("certificates"), "certificates")
            if not 1 <= len(listed) <= 10 or not all(isinstance(one, str) for one in listed):
                raise Unreadable("certificates", "1 to 10 texts are expected")
            status = a_text(cert, "status", most=60) if "status" in cert else ""
            word = status.strip().lower()
            known = {True: self._settings.active_words, False: self._settings.inactive_words}
            ders = [der_of(one, "certificates") for one in listed]
            return described(
                ders[0],
                credential=name,
                chain=ders[1:],
                their_status=status,
                usable=next((means for means, words in known.items() if word in words), None),
                most_hashes=self._settings.most_documents,
            )

    def _told(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        kind: EffectClass,
        reference: str,
        seconds: float,
    ) -> Any:
        """What stands in the envelope, or the whole where there is none."""
        found = self._line.post(
            operation,
            path,
            body,
            effect_class=kind,
            reference=reference,
            deadline_seconds=max(0.001, seconds),
        )
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        if "code" not in found.body:
            if found.refusal is not None:
                raise found.refusal
            return found.body.get("", found.body)
        with agreed(SYSTEM, operation, reference):
            code = a_whole(found.body["code"], "code", most=99_999)
        if code == 0 and found.refusal is None:
            if "content" not in found.body:
                raise ContractBroken("content is missing", **facts)
            return found.body["content"]
        raise self._refused(code, kind, facts, found.refusal)

    def _refused(
        self, code: int, kind: EffectClass, facts: dict[str, Any], refusal: ConnectorError | None
    ) -> ConnectorError:
        if refusal is not None and not isinstance(refusal, Rejected):
            return refusal
        if code == wire.OLDER_BROKEN or code not in wire.OLDER_CODES:
            branch = Unavailable if kind is EffectClass.READ else OutcomeUnknown
            return branch(f"code {code}", **facts)
        if code in wire.OLDER_NOT_FOUND:
            return Rejected("no such transaction", code=NOT_FOUND, **facts)
        return Rejected("refused", code=str(code), **facts)


def _packed(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode("ascii")
