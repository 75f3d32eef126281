"""What the signing work makes of the outcomes of its calls, in the engine's transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from psycopg.rows import DictRow

from jobs import queues
from jobs.effects.model import Effect, EffectState, Handler, Outcome
from jobs.intake.model import NewCase
from jobs.signatures import making
from jobs.signatures.effects import effect_of
from jobs.signatures.model import (
    CASE_SYSTEM,
    CAUSE,
    CERTIFICATES,
    FINISH,
    MARK,
    NOT_TOLD,
    SIGN,
    STATUS,
    WAITS_TO_BE_VERIFIED,
    SessionState,
    pause,
)
from jobs.signatures.service import Signatures
from jobs.store.postgres import signatures as rows
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signing import (
    PreparedDocument,
    SigningCertificate,
    SigningRequest,
    SigningSession,
    SigningState,
)

if TYPE_CHECKING:
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx

_BY_SIGNER = frozenset({"access_denied", SigningState.REJECTED.value})
"""Codes of refusals that are the signer's own (the first is OAuth's word, which CSC services use)."""
_TOO_LATE = frozenset({"expired_token", SigningState.EXPIRED.value})
_ENDS = {
    SigningState.REJECTED: SessionState.REFUSED,
    SigningState.EXPIRED: SessionState.EXPIRED,
    SigningState.FAILED: SessionState.FAILED,
}


class _Ours(ABC):
    """Effects of the signing work; the same operations may be used by others."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - reads harm nobody
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        ours = cast("PgTx", tx)
        for outcome in outcomes:
            if outcome.effect.cause == CAUSE and MARK in outcome.effect.payload:
                row = rows.locked(ours, str(outcome.effect.payload[MARK]["session"]))
                if row is not None:
                    self.one(ours, row, outcome)

    @abstractmethod
    def one(self, tx: PgTx, row: DictRow, outcome: Outcome) -> None:
        """What became of one of ours; its session is open and locked."""

    def moved(self, tx: PgTx, row: DictRow, told: SigningSession, *, hinted: bool = False) -> None:
        """The provider told where the session stands."""
        session = row["id"]
        if told.transaction != row["transaction"]:
            return  # an answer about another session says nothing about this one
        if hinted and told.state is not SigningState.SIGNED:
            return  # asked under a name that only a push told: nothing but values that verify can prove that it is ours
        if told.state in _ENDS:
            self._signatures.ended(tx, session, _ENDS[told.state], told.code or told.state.value)
        elif told.state is SigningState.SIGNED:
            changed: dict[str, object] = {
                "answer": [to_json(one) for one in told.values],
                "answer_hinted": hinted,
                "ask_at": None,
                "work_at": tx.now,
                "expires_at": tx.now + WAITS_TO_BE_VERIFIED,
            }
            if not hinted:
                reference = row["reference"] or told.their_reference
                changed |= {"state": SessionState.WAITING.value, "reference": reference, "reminder_at": None}
            rows.change(tx, session, **changed)
            tx.wake(queues.SIGNATURES)
        elif told.state is SigningState.SENT and self._signatures.finishes(row["provider"]):
            self._finish(tx, row, told)
        else:
            self.waits(tx, row, told)

    def waits(self, tx: PgTx, row: DictRow, told: SigningSession | None = None) -> None:
        """Nobody has agreed yet: ask again later, or end when this was the last asking."""
        if row["closing"]:
            self._signatures.ended(tx, row["id"], SessionState.EXPIRED, "deadline")
            return
        changed: dict[str, object] = {"ask_at": tx.now + pause(row["asks"])}
        if told is not None:
            changed |= {
                "state": SessionState.WAITING.value,
                "reference": told.their_reference or row["reference"],
            }
            if told.watch_until is not None and not row["reference"] and told.watch_until < row["expires_at"]:
                # The request dies on the phone before our deadline: the reminder comes before that.
                until = max(told.watch_until, tx.now + timedelta(seconds=1))
                changed |= {"expires_at": until, "reminder_at": tx.now + (until - tx.now) * 2 / 3}
        rows.change(tx, row["id"], **changed)

    def _finish(self, tx: PgTx, row: DictRow, told: SigningSession) -> None:
        """The signer agreed; the hashes are handed over now. Never twice beside each other: no asking is planned meanwhile."""
        files = rows.files_of(tx, row["id"])
        request = request_of(tx, row, files)
        payload = {"request": to_json(request), "their_reference": told.their_reference or row["reference"]}
        what = f"finish:{row['asks']}"
        tx.effects.plan([effect_of(row, what, FINISH, payload, lane=row["dossier_code"])])
        rows.change(tx, row["id"], ask_at=None, state=SessionState.WAITING.value)


def request_of(tx: PgTx, row: DictRow, files: Sequence[DictRow]) -> SigningRequest:
    """The request of a session as it left, out of what was prepared."""
    prepared = [from_json(PreparedDocument, one["prepared"]) for one in files]
    return SigningRequest(
        row["transaction"],
        rows.signer_of(tx, row["id"]),
        row["certificate"]["credential"],
        row["description"],
        tuple(one.asked() for one in prepared),
        prepared[0].mechanism,
    )


class Certificates(_Ours):
    """The provider told the signer's certificates."""

    def one(self, tx: PgTx, row: DictRow, outcome: Outcome) -> None:
        if outcome.state is EffectState.REFUSED:
            self._signatures.ended(tx, row["id"], SessionState.FAILED, outcome.code)
        if outcome.state is not EffectState.DONE or row["certificate"] is not None:
            return
        held = [from_json(SigningCertificate, one) for one in outcome.data["certificates"]]
        number = str(outcome.effect.payload["signer"])
        found = making.choose(held, credential=row["credential"], number=number, moment=tx.now)
        if isinstance(found, str):
            self._signatures.ended(tx, row["id"], SessionState.FAILED, found)
            return
        rows.change(tx, row["id"], certificate=making.kept(found), work_at=tx.now)
        tx.wake(queues.SIGNATURES)


class Signing(_Ours):
    """The request was opened at the provider, or an agreement was used."""

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:
        """A request whose session has ended, or whose time is over, must not reach the signer's phone any more."""
        found: dict[int, str] = {}
        for effect in effects:
            if effect.cause == CAUSE and MARK in effect.payload:
                row = rows.locked(cast("PgTx", tx), str(effect.payload[MARK]["session"]))
                if row is None or (row["expires_at"] <= tx.now and effect.operation == SIGN):
                    found[effect.id] = "signing-ended"
        return found

    def one(self, tx: PgTx, row: DictRow, outcome: Outcome) -> None:
        if outcome.state is EffectState.DONE and outcome.data.get("session"):
            self.moved(tx, row, from_json(SigningSession, outcome.data["session"]))
        elif outcome.state is EffectState.REFUSED:
            state = SessionState.FAILED
            if outcome.code in _BY_SIGNER or outcome.message == SigningState.REJECTED.value:
                state = SessionState.REFUSED
            elif outcome.code in _TOO_LATE or outcome.message == SigningState.EXPIRED.value:
                state = SessionState.EXPIRED
            self._signatures.ended(tx, row["id"], state, outcome.code)


class Status(_Ours):
    """The provider was asked where a session stands."""

    def one(self, tx: PgTx, row: DictRow, outcome: Outcome) -> None:
        if row["answer"] is not None:
            return
        hinted = bool(outcome.effect.payload[MARK].get("hinted"))
        if outcome.state is EffectState.DONE and outcome.data.get("session"):
            told = from_json(SigningSession, outcome.data["session"])
            self.moved(tx, row, told, hinted=hinted and not row["reference"])
        elif outcome.state in (EffectState.REFUSED, EffectState.PARKED) and not hinted:
            # 'Not found' is no proof at any of them: ask until the deadline.
            self.waits(tx, row)


class Told:
    """The case system was told how a session ended; the session itself needs nothing more."""

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - a note harms nobody
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            effect = outcome.effect
            if effect.cause != CAUSE or MARK not in effect.payload:
                continue
            session = str(effect.payload[MARK]["session"])
            key = f"signing-not-told:{session}"
            if outcome.state in (EffectState.REFUSED, EffectState.PARKED):
                facts = {"system": effect.system, "session": session, "code": outcome.code}
                tx.cases.open([NewCase(NOT_TOLD, key, None, effect.dossier_code or None, None, facts)])
            elif outcome.state is EffectState.DONE:
                tx.cases.close([key], "told")


def handlers(signatures: Signatures) -> dict[tuple[str, str], Handler]:
    """(system, operation) → what becomes of its outcomes."""
    found: dict[tuple[str, str], Handler] = {}
    for system in signatures.providers:
        signing = Signing(signatures)
        found[system, CERTIFICATES] = Certificates(signatures)
        found[system, SIGN] = signing
        found[system, STATUS] = Status(signatures)
        if signatures.finishes(system):
            found[system, FINISH] = signing
    if signatures.tells:
        found[CASE_SYSTEM, "add_note"] = Told()
    return found


__all__ = ["handlers", "request_of"]
