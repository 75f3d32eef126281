"""Signatures by Viettel MySign: the signer confirms on the phone, we ask until it is done. Threads may share a client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.errors import ConnectorError, CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import agreed
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.signing.asked import (
    GET_CERTIFICATES,
    SESSION_STATUS,
    SIGN_HASHES,
    Doorkeeper,
    checked,
    chosen,
)
from connectors.kit.signing.line import JsonLine, Told
from connectors.mysign import translate, wire
from connectors.mysign.settings import Settings
from connectors.mysign.tokens import SYSTEM, SignIns, error_code
from mappings.canonical.signing import (
    Mechanism,
    SessionAsked,
    SigningCertificate,
    SigningRequest,
    SigningSession,
    SigningState,
)

SHOWN = frozenset({"status", "transactionId", "numSignatures", "hashAlgo", "async"})
NO_SESSION = "no-session"
_READ, _EVIDENCE = EffectClass.READ, EffectClass.EVIDENCE


class Client:
    """One partner's account. Their interface keeps no name of ours: a session whose answer was lost cannot be looked up."""

    def __init__(self, settings: Settings, line: JsonLine, *, clock: Clock) -> None:
        """See :mod:`connectors.mysign.connect`."""
        self._settings, self._line, self._clock = settings, line, clock
        self._sign_ins = SignIns(settings, line, clock)
        self.door = Doorkeeper(clock.now)

    def get_certificates(
        self, signer: str, *, deadline_seconds: float | None = None
    ) -> list[SigningCertificate]:
        """The signer's certificates.

        Raises:
            Unavailable, ContractBroken, CredentialsRefused
            Rejected: ``signer-unknown`` …
        """
        until = self._until(deadline_seconds)
        body = translate.certificates_body(signer, self._settings)
        found = self._told(GET_CERTIFICATES, wire.CERTIFICATES, body, _READ, "", signer, until)
        with agreed(SYSTEM, GET_CERTIFICATES):
            return translate.certificates(found.body.get("", found.body.get("data")), self._settings)

    def sign_hashes(
        self, request: SigningRequest, *, deadline_seconds: float | None = None
    ) -> SigningSession:
        """Open a session: one confirmation for all documents. The certificate is looked at first.

        Raises:
            Rejected: refused by them, or here before anything left (``not-sent``, ``certificate-…``).
            OutcomeUnknown: the signer may have been asked; never opened again by itself.
            Unavailable: nothing has left.
        """
        checked(request, most=self._settings.most_documents, system=SYSTEM)
        if request.mechanism is not Mechanism.RSA:
            raise self._rejected("only plain RSA with SHA-256 is taken", "not-sent", request.transaction)
        until = self._until(deadline_seconds)
        held = chosen(
            self.get_certificates(request.signer, deadline_seconds=_left(until)), request, system=SYSTEM
        )
        self.door.passes(held, system=SYSTEM, reference=request.transaction)
        body = translate.sign_body(request, held.credential, self._settings)
        reference = request.transaction
        found = self._told(SIGN_HASHES, wire.SIGN, body, _EVIDENCE, reference, request.signer, until)
        with agreed(SYSTEM, SIGN_HASHES, reference):
            theirs = translate.transaction_of(found.body)
        watch = self._clock.now() + timedelta(seconds=self._settings.watch_seconds)
        return SigningSession(reference, theirs, SigningState.WAITING, watch_until=watch)

    def session_status(self, asked: SessionAsked, *, deadline_seconds: float | None = None) -> SigningSession:
        """Where a session stands, by their name of it.

        Raises:
            Rejected: ``no-session``: their name is not known here; or refused by them.
            Unavailable, ContractBroken, CredentialsRefused
        """
        if not asked.their_reference:
            raise self._rejected("their name of the session is not known", NO_SESSION, asked.transaction)
        until = self._until(deadline_seconds)
        body = {**translate.ours(self._settings), "transactionId": asked.their_reference}
        found = self._told(
            SESSION_STATUS, wire.STATUS, body, _READ, asked.transaction, asked.signer, until, states=True
        )
        with agreed(SYSTEM, SESSION_STATUS, asked.transaction):
            state, code = translate.state_of(found.body, self._settings)
            if code == wire.INTERNAL:
                raise Unavailable(
                    "they failed", system=SYSTEM, operation=SESSION_STATUS, reference=asked.transaction
                )
            values = translate.values_of(found.body, asked.documents) if state is SigningState.SIGNED else ()
        return SigningSession(asked.transaction, asked.their_reference, state, code=str(code), values=values)

    def _told(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        kind: EffectClass,
        reference: str,
        signer: str,
        until: float,
        *,
        states: bool = False,
    ) -> Told:
        """One call with the signer's token; a token that is refused is renewed once (a 401 proves that nothing was done)."""
        for last in (False, True):
            header = self._sign_ins.header(signer, seconds=_left(until))
            try:
                found = self._line.post(
                    operation, path, body, effect_class=kind, reference=reference, headers=header,
                    deadline_seconds=_left(until),
                )  # fmt: skip
                if isinstance(found.refusal, CredentialsRefused):
                    raise found.refusal
                break
            except CredentialsRefused:
                self._sign_ins.forget(signer)
                if last:
                    raise
        code = error_code(found)
        if code and not states:
            raise self._failed(code, kind, operation, reference) from found.refusal
        if found.refusal is not None:
            raise found.refusal
        return found

    def _failed(self, code: str, kind: EffectClass, operation: str, reference: str) -> ConnectorError:
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        if code in ("4005", "13004", *wire.LOGIN_ERRORS):
            return Rejected("refused", code=code, **facts)
        branch = Unavailable if kind is _READ else OutcomeUnknown
        return branch(f"error {code}", **facts)

    def _until(self, seconds: float | None) -> float:
        return monotonic_seconds() + (seconds or self._settings.deadline_seconds)

    def _rejected(self, words: str, code: str, reference: str) -> Rejected:
        return Rejected(words, code=code, system=SYSTEM, operation=SIGN_HASHES, reference=reference)


def _left(until: float) -> float:
    return max(0.001, until - monotonic_seconds())


__all__ = ["NO_SESSION", "SHOWN", "SYSTEM", "Client"]
