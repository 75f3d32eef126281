"""The gateway sp769: our credentials in every body, hashes in hexadecimal, states as words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.errors import (
    AlreadyDone,
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_list, a_text, a_whole, agreed, an_object
from connectors.kit.seams import Clock, Ids
from connectors.kit.signing.asked import GET_CERTIFICATES, SESSION_STATUS, SIGN_HASHES, values_for
from connectors.kit.signing.certificates import der_of, described
from connectors.kit.signing.line import JsonLine, Told
from connectors.smartca import wire
from connectors.smartca.settings import Settings
from mappings.canonical.signing import (
    SealKind,
    SessionAsked,
    SignatureValue,
    SigningCertificate,
    SigningRequest,
    SigningSession,
    SigningState,
)

SYSTEM = "smartca"
NOT_FOUND = "not-found"
_WORD = re.compile(r"[A-Za-z0-9_]{1,60}")


class Gateway:
    """Speaks sp769."""

    def __init__(self, settings: Settings, line: JsonLine, *, clock: Clock, ids: Ids) -> None:
        """``ids``: names for questions about certificates, which need one."""
        self._settings, self._line, self._clock, self._ids = settings, line, clock, ids

    def certificates(self, signer: str, seconds: float) -> list[SigningCertificate]:
        """The signer's certificates."""
        body = {**self._ours(), "user_id": signer, "serial_number": "", "transaction_id": self._ids.new_id()}
        found = self._told(GET_CERTIFICATES, wire.CERTIFICATES, body, EffectClass.READ, "", seconds)
        with agreed(SYSTEM, GET_CERTIFICATES):
            data = an_object(found.body.get("data"), "data")
            listed = a_list(data.get("user_certificates") or [], "user_certificates")
            if len(listed) > 50:
                raise Unreadable("user_certificates", "more than 50")
            return [self._certificate(an_object(one, "user_certificates")) for one in listed]

    def open(self, request: SigningRequest, serial: str, seconds: float) -> SigningSession:
        """Open a session; nobody has confirmed yet."""
        now = self._clock.now()
        body = {
            **self._ours(),
            "user_id": request.signer,
            "transaction_id": request.transaction,
            "transaction_desc": request.description,
            "serial_number": serial,
            "time_stamp": now.strftime(self._settings.time_format),
            "sign_files": [
                {
                    "data_to_be_signed": one.sha256,
                    "doc_id": one.document,
                    "file_type": one.kind.value,
                    "sign_type": "hash",
                }
                for one in request.documents
            ],
        }
        reference = request.transaction
        found = self._told(SIGN_HASHES, wire.SIGN, body, EffectClass.FINDABLE, reference, seconds)
        with agreed(SYSTEM, SIGN_HASHES, reference):
            data = an_object(found.body.get("data"), "data")
            self._same(data, reference)
            theirs = a_text(data, "tran_code", most=100, empty=False)
            if not _NAME.fullmatch(theirs):
                raise Unreadable("tran_code", "is no name")
        watch = now + timedelta(seconds=self._settings.watch_seconds)
        return SigningSession(
            reference, theirs, SigningState.WAITING, code=_word(found.body), watch_until=watch
        )

    def status(self, asked: SessionAsked, seconds: float) -> SigningSession:
        """Where a session stands. A word that nobody explained is waiting."""
        by_theirs = self._settings.status_by == "tran_code"
        name = asked.their_reference if by_theirs else asked.transaction
        if not _NAME.fullmatch(name):
            raise Rejected(
                "their name of the session is not known",
                code=NOT_FOUND,
                system=SYSTEM,
                operation=SESSION_STATUS,
                reference=asked.transaction,
            )
        body = self._ours() if self._settings.status_credentials else {}
        path = wire.status_path(name)
        found = self._told(SESSION_STATUS, path, body, EffectClass.READ, asked.transaction, seconds)
        with agreed(SYSTEM, SESSION_STATUS, asked.transaction):
            data = an_object(found.body.get("data") or {}, "data")
            if data:
                self._same(data, asked.transaction)
            state = self._state(found.body, data)
            values: tuple[SignatureValue, ...] = ()
            if state is SigningState.SIGNED:
                values = _values(data, asked.documents)
        return SigningSession(
            asked.transaction, asked.their_reference, state, code=_word(found.body), values=values
        )

    def _state(self, body: Mapping[str, Any], data: Mapping[str, Any]) -> SigningState:
        message, settings = a_text(body, "message", most=500), self._settings
        for words, state in (
            (settings.rejected_words, SigningState.REJECTED),
            (settings.expired_words, SigningState.EXPIRED),
            (settings.failed_words, SigningState.FAILED),
        ):
            if message in words:
                return state
        if message == wire.SUCCESS and data.get("signatures"):
            return SigningState.SIGNED
        return SigningState.WAITING

    def _certificate(self, facts: Mapping[str, Any]) -> SigningCertificate:
        said = facts.get("cert_status")
        status = str(said) if isinstance(said, int | str) and not isinstance(said, bool) else ""
        kind = a_text(facts, "service_type", most=60) if "service_type" in facts else ""
        chain = an_object(facts.get("chain_data") or {}, "chain_data")
        links = [der_of(a_text(chain, one), one) for one in ("ca_cert", "root_cert") if chain.get(one)]
        return described(
            der_of(a_text(facts, "cert_data", most=20_000, empty=False), "cert_data"),
            credential=a_text(facts, "serial_number", most=100, empty=False),
            kind=self._kind(kind),
            chain=links,
            their_status=status[:60],
            usable=self._usable(status),
            most_hashes=self._settings.most_documents,
        )

    def _kind(self, service: str) -> SealKind:
        if service in self._settings.person_services:
            return SealKind.PERSON
        return SealKind.SEAL if service in self._settings.seal_services else SealKind.UNKNOWN

    def _usable(self, status: str) -> bool | None:
        word = status.strip().lower()
        if word in self._settings.active_words:
            return True
        return False if word in self._settings.inactive_words else None

    def _ours(self) -> dict[str, str]:
        return {"sp_id": self._settings.sp_id, "sp_password": self._settings.sp_password.get_secret_value()}

    def _same(self, data: Mapping[str, Any], transaction: str) -> None:
        if a_text(data, "transaction_id", most=200, empty=False) != transaction:
            raise Unreadable("transaction_id", "is another one")

    def _told(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        kind: EffectClass,
        reference: str,
        seconds: float,
    ) -> Told:
        found = self._line.post(
            operation,
            path,
            body,
            effect_class=kind,
            reference=reference,
            deadline_seconds=max(0.001, seconds),
        )
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        with agreed(SYSTEM, operation, reference):
            if found.refusal is not None and "status_code" not in found.body:
                raise found.refusal
            code = a_whole(found.body.get("status_code"), "status_code", most=999)
        if found.refusal is None and code < 400:
            if code != wire.OK:
                raise ContractBroken(f"status_code {code}", **facts)
            return found
        raise self._refused(found, max(code, found.status), kind, facts) from found.refusal

    def _refused(self, found: Told, code: int, kind: EffectClass, facts: dict[str, Any]) -> ConnectorError:
        """HTTP status and ``status_code`` are two things: the worse one counts."""
        word = _word(found.body)
        if code >= wire.BROKEN:
            branch = Unavailable if kind is EffectClass.READ else OutcomeUnknown
            return branch(f"status_code {code}", **facts)
        if code == wire.NOBODY:
            return CredentialsRefused("sp_id and sp_password are not accepted", **facts)
        if word in self._settings.duplicate_words:
            return AlreadyDone("this transaction is there", code=word, **facts)
        if code == 404 or word in self._settings.not_found_words:
            return Rejected("no such transaction", code=NOT_FOUND, **facts)
        return Rejected("refused", code=f"{code}:{word}" if word else str(code), **facts)


_NAME = re.compile(r"[A-Za-z0-9-]{8,64}")


def _word(body: Mapping[str, Any]) -> str:
    """Their message where it is a word of a program; sentences stay outside, they may name a person."""
    message = body.get("message")
    return message if isinstance(message, str) and _WORD.fullmatch(message) else ""


def _values(data: Mapping[str, Any], documents: Sequence[str]) -> tuple[SignatureValue, ...]:
    pairs = []
    for one in a_list(data.get("signatures"), "signatures"):
        facts = an_object(one, "signatures")
        value = a_text(facts, "signature_value", most=100_000, empty=False)
        pairs.append((a_text(facts, "doc_id", most=100, empty=False), value))
    return values_for(documents, pairs)
