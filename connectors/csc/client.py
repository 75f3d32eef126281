"""Signatures from a CSC service. The SAD, which opens the key, lives inside one call and is told to nobody. Threads may share a client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connectors.csc import translate, wire
from connectors.csc.settings import Settings, Version
from connectors.errors import (
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.reading import a_list, a_text, agreed
from connectors.kit.repeating import repeated
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.signing.asked import GET_CERTIFICATES, SESSION_STATUS, SIGN_HASHES, Doorkeeper, checked
from connectors.kit.signing.line import JsonLine, Told
from connectors.kit.signing.unlock import HeldUnlocks, Unlock, Unlocks
from mappings.canonical.signing import (
    SessionAsked,
    SigningCertificate,
    SigningRequest,
    SigningSession,
    SigningState,
)

SYSTEM = "csc"
SEND_OTP, FINISH = "send_otp", "finish_session"
"""A person waits for the code at a screen: it is no effect, and an answer without a body is one."""
SHOWN = frozenset(
    {"error", "numSignatures", "hashAlgo", "hashAlgorithmOID", "signAlgo", "SCAL", "multisign", "authMode"}
)
_AUTHORISING, _SIGNING = "authorise:", "sign:"
_READ, _EVIDENCE = EffectClass.READ, EffectClass.EVIDENCE


class Client:
    """One CSC service.

    ``sign_hashes`` is two calls: authorize, which the signer agrees to, and signHash with the SAD that it gives. A lost answer of
    either is ``OutcomeUnknown``: there is no look-up by our own name, and a second asking would show the signer a second request.
    """

    def __init__(self, settings: Settings, line: JsonLine, *, clock: Clock) -> None:
        """``unlocks`` may be replaced by whoever has several processes."""
        self._settings, self._line, self._clock = settings, line, clock
        self.door = Doorkeeper(clock.now)
        self.unlocks: Unlocks = HeldUnlocks()

    def methods(self, *, deadline_seconds: float | None = None) -> frozenset[str]:
        """Names of the calls that the service offers; everything but ``info`` is optional.

        Raises:
            Unavailable, ContractBroken: as every read here.
        """
        body = self._read("info", wire.INFO, {"lang": "vi-VN"}, "", deadline_seconds)
        with agreed(SYSTEM, "info"):
            return frozenset(one for one in a_list(body.get("methods"), "methods") if isinstance(one, str))

    def get_certificates(
        self, signer: str, *, deadline_seconds: float | None = None
    ) -> list[SigningCertificate]:
        """The signer's credentials with their certificates.

        Raises:
            Unavailable, Rejected, ContractBroken
        """
        until = monotonic_seconds() + (deadline_seconds or self._settings.deadline_seconds)
        names: list[str] = []
        page = ""
        while True:
            asked: dict[str, Any] = {"userID": signer} if self._settings.user_in_list and signer else {}
            asked |= {"maxResults": self._settings.largest_list} | ({"pageToken": page} if page else {})
            body = self._read(GET_CERTIFICATES, wire.LIST, asked, "", until - monotonic_seconds())
            with agreed(SYSTEM, GET_CERTIFICATES):
                more, after = translate.credential_names(body, self._settings.largest_list)
            names += more
            if not after or after == page or len(names) >= self._settings.largest_list:
                break
            page = after
        return [translate.certificate_of(self._credential(GET_CERTIFICATES, name, until)) for name in names]

    def send_otp(self, credential: str, *, deadline_seconds: float | None = None) -> None:
        """Have a one-time code sent to the signer. Asking again sends a new one, which replaces the former.

        Raises:
            OutcomeUnknown, Unavailable, Rejected
        """
        v2 = self._settings.version is Version.V2
        path = wire.CHALLENGE if v2 else wire.SEND_OTP
        found = self._line.post(
            SEND_OTP,
            path,
            {"credentialID": credential},
            effect_class=EffectClass.IDEMPOTENT,
            deadline_seconds=deadline_seconds,
            empty=True,
        )
        if found.refusal is not None:
            raise found.refusal

    def sign_hashes(
        self, request: SigningRequest, *, deadline_seconds: float | None = None
    ) -> SigningSession:
        """Let the signer agree, and have the hashes signed: SIGNED with the values, or WAITING with what to ask about.

        Raises:
            Rejected: refused by them, or here before anything left (``not-sent``, ``certificate-…``, ``unlock-needed``).
            Unavailable: nothing has left.
            OutcomeUnknown: the signer may have been asked. Also when the authorisation was given and could not be used.
        """
        checked(request, most=500, system=SYSTEM)
        until = monotonic_seconds() + (deadline_seconds or self._settings.authorise_seconds)
        held = self._credential(SIGN_HASHES, request.credential, until, request.transaction)
        certificate = translate.certificate_of(held)
        checked(request, most=held.multisign or self._settings.most_hashes, system=SYSTEM)
        self.door.passes(certificate, system=SYSTEM, reference=request.transaction)
        unlock = self._unlock(request, held)
        body = translate.authorise_body(request, held, self._settings, unlock)
        found = self._told(SIGN_HASHES, wire.AUTHORISE, body, _EVIDENCE, request.transaction, _left(until))
        with agreed(SYSTEM, SIGN_HASHES, request.transaction):
            given = translate.authorised(found.status, found.body)
        if not given.sad:
            return self._session(request, _AUTHORISING + given.handle, SigningState.WAITING)
        return self._signed(request, given.sad, until)

    def finish_session(
        self, request: SigningRequest, their_reference: str, *, deadline_seconds: float | None = None
    ) -> SigningSession:
        """Use an authorisation that was still going on (v2): WAITING while the signer has not agreed, else as :meth:`sign_hashes`."""
        until = monotonic_seconds() + (deadline_seconds or self._settings.deadline_seconds)
        handle = their_reference.removeprefix(_AUTHORISING)
        if handle == their_reference:
            raise self._no_session(FINISH, request.transaction)
        state, given = self._authorisation(FINISH, handle, request.transaction, until)
        if state is not SigningState.SIGNED:
            return self._session(request, their_reference, state)
        # Unavailable stays that here: the authorisation can be asked for again by its handle.
        return self._handed_over(request, given.sad, until)

    def session_status(self, asked: SessionAsked, *, deadline_seconds: float | None = None) -> SigningSession:
        """Where a waiting session stands (v2). SENT: the signer agreed, ``finish_session`` is next.

        Raises:
            Rejected: ``no-session``: version 1 answers at once and keeps no sessions.
            Unavailable, ContractBroken
        """
        until = monotonic_seconds() + (deadline_seconds or self._settings.deadline_seconds)
        theirs = asked.their_reference
        if theirs.startswith(_AUTHORISING):
            handle = theirs.removeprefix(_AUTHORISING)
            state, _ = self._authorisation(SESSION_STATUS, handle, asked.transaction, until)
            state = SigningState.SENT if state is SigningState.SIGNED else state
            return SigningSession(asked.transaction, theirs, state)
        if not theirs.startswith(_SIGNING):
            raise self._no_session(SESSION_STATUS, asked.transaction)
        body = {"requestID": theirs.removeprefix(_SIGNING)}
        found = self._told(SESSION_STATUS, wire.POLL, body, _READ, asked.transaction, _left(until))
        if found.status == 202:
            with agreed(SYSTEM, SESSION_STATUS, asked.transaction):
                a_text(found.body, "status", most=60) if "status" in found.body else ""
            return SigningSession(asked.transaction, theirs, SigningState.WAITING, code="202")
        with agreed(SYSTEM, SESSION_STATUS, asked.transaction):
            values = translate.signatures(found.body, asked.documents)
        return SigningSession(asked.transaction, theirs, SigningState.SIGNED, code="200", values=values)

    def _signed(self, request: SigningRequest, sad: str, until: float) -> SigningSession:
        """Hand over with a SAD that ends with this call: what could not be handed over is not free to be asked for again."""
        try:
            return self._handed_over(request, sad, until)
        except (Unavailable, CredentialsRefused) as exc:
            raise OutcomeUnknown(
                "the signer agreed, and the hashes could not be handed over",
                system=SYSTEM,
                operation=SIGN_HASHES,
                reference=request.transaction,
            ) from exc

    def _handed_over(self, request: SigningRequest, sad: str, until: float) -> SigningSession:
        """Call signHash; only what provably never left is tried again, a few times within this call."""
        body = translate.sign_body(request, request.credential, sad, self._settings)
        reference = request.transaction

        def once() -> Told:
            return self._told(SIGN_HASHES, wire.SIGN, body, _EVIDENCE, reference, _left(until))

        found = repeated(once, attempts=3, total_seconds=max(0.1, min(10.0, _left(until))))
        with agreed(SYSTEM, SIGN_HASHES, reference):
            if self._settings.asynchronous and "signatures" not in found.body:
                theirs = _SIGNING + translate.response_id(found.body)
                return self._session(request, theirs, SigningState.WAITING)
            values = translate.signatures(found.body, [one.document for one in request.documents])
        return SigningSession(reference, "", SigningState.SIGNED, code=str(found.status), values=values)

    def _authorisation(
        self, operation: str, handle: str, reference: str, until: float
    ) -> tuple[SigningState, wire.Authorised]:
        try:
            found = self._told(operation, wire.CHECK, {"handle": handle}, _READ, reference, _left(until))
        except Rejected as exc:
            if exc.code in ("access_denied", "expired_token"):
                ended = SigningState.REJECTED if exc.code == "access_denied" else SigningState.EXPIRED
                return ended, wire.Authorised("", handle)
            raise
        if found.status == 202:
            return SigningState.WAITING, wire.Authorised("", handle)
        with agreed(SYSTEM, operation, reference):
            return SigningState.SIGNED, translate.authorised(found.status, found.body)

    def _credential(self, operation: str, name: str, until: float, reference: str = "") -> wire.Credential:
        if not name:
            raise Rejected(
                "a credential is needed", code="certificate-none", system=SYSTEM, operation=operation
            )
        more = self._settings.certificate_information
        asked = {"credentialID": name, "certificates": "chain", "certInfo": more, "authInfo": more}
        body = self._read(operation, wire.DETAILS, asked, reference, _left(until))
        with agreed(SYSTEM, operation, reference):
            return translate.credential_of(name, body)

    def _unlock(self, request: SigningRequest, held: wire.Credential) -> Unlock:
        """What the mode of the credential asks for.

        Raises:
            Rejected: ``unlock-needed``, or ``mode``: the signer must agree in a browser, which this call cannot bring about.
        """
        if held.mode == wire.IMPLICIT:
            return Unlock()
        pin = self._settings.pins.get(held.name)
        given = self.unlocks.take(request.transaction)
        unlock = given or (Unlock(pin=pin) if pin is not None else None)
        if held.mode != wire.EXPLICIT or unlock is None:
            code = "unlock-needed" if held.mode == wire.EXPLICIT else "mode"
            raise Rejected(
                "PIN or one-time code is missing, or this way of agreeing is not built",
                code=code,
                system=SYSTEM,
                operation=SIGN_HASHES,
                reference=request.transaction,
            )
        return unlock

    def _session(self, request: SigningRequest, theirs: str, state: SigningState) -> SigningSession:
        watch = self._clock.now() + timedelta(seconds=self._settings.watch_seconds)
        return SigningSession(request.transaction, theirs, state, code="202", watch_until=watch)

    def _read(
        self, operation: str, path: str, body: Mapping[str, Any], reference: str, seconds: float | None
    ) -> Mapping[str, Any]:
        return self._told(operation, path, body, _READ, reference, seconds).body

    def _told(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        kind: EffectClass,
        reference: str,
        seconds: float | None,
    ) -> Told:
        found = self._line.post(
            operation,
            path,
            body,
            effect_class=kind,
            reference=reference,
            deadline_seconds=None if seconds is None else max(0.001, seconds),
        )
        code = translate.refusal_code(found.body)
        if found.refusal is None:
            if code:  # a success that says 'error' is none
                raise ContractBroken(code, system=SYSTEM, operation=operation, reference=reference)
            return found
        if code and isinstance(found.refusal, Rejected):
            raise Rejected(
                "refused", code=code, system=SYSTEM, operation=operation, reference=reference
            ) from found.refusal
        raise found.refusal

    def _no_session(self, operation: str, reference: str) -> ConnectorError:
        return Rejected(
            "there is no such session",
            code="no-session",
            system=SYSTEM,
            operation=operation,
            reference=reference,
        )


def _left(until: float) -> float:
    return max(0.001, until - monotonic_seconds())
