"""Evidence in the hands of people: look at bodies, hand a dossier's evidence out, make its bodies unreadable.

Rights are checked by the edge. Every act leaves its audit row in its own transaction, or does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobs.access import audit
from jobs.access.model import Actor
from jobs.errors import NotAllowed, NotFound
from jobs.evidence import pack
from jobs.evidence.keeper import DataKey, Keeper, Unreadable
from jobs.evidence.signing import Signer
from jobs.store.postgres import evidence as rows
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx
from jobs.store.postgres.views import dossiers, effects

LEAST_REASON = 3
_REWRAPPED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Body:
    """What went out and what came back, readable.

    Attributes:
        destroyed: the dossier's key was destroyed: nobody can read them any more.
    """

    exchange_id: int
    request: bytes = b""
    response: bytes = b""
    destroyed: bool = False


class Evidence:
    """One per process."""

    def __init__(self, store: PgStore, keeper: Keeper | None = None, signer: Signer | None = None) -> None:
        """``keeper``: ``None``: no bodies are kept; ``signer``: ``None``: no pack can be made."""
        self._store, self._keeper, self._signer = store, keeper, signer

    def look(self, effect_id: int, *, reason: str, actor: Actor) -> list[Body]:
        """Bodies of an effect's calls; who looked, at what and why is kept first (S5).

        Raises:
            NotFound: there is no such effect.
            NotAllowed: ``no-reason``, ``no-master-key``.
        """
        _reasoned(reason)
        with self._store.transaction("see-exchanges") as tx:
            effect = effects.one(tx, effect_id)
            if effect is None:
                raise NotFound("effect")
            found = self._opened(tx, effect_id)
            facts = {"bodies": [each.exchange_id for each in found]}
            audit.record(
                tx, actor, "see-exchanges", f"effect:{effect_id}", dossier_code=effect["dossier_code"] or None,
                reason=reason, facts=facts,
            )  # fmt: skip
        return found

    def export(self, dossier_code: str, *, reason: str, bodies: bool, actor: Actor) -> bytes:
        """A signed pack (ZIP) with the evidence of a dossier; bodies and payloads only when asked for.

        Raises:
            NotFound: there is no such dossier.
            NotAllowed: ``no-reason``, ``no-signing-key``, ``no-master-key``.
        """
        _reasoned(reason)
        if self._signer is None:
            raise NotAllowed(
                "no-signing-key",
                "Chưa đặt khóa ký chứng cứ (LIENTHONG_EVIDENCE__SIGNING_KEY).",
                "There is no key to sign evidence with (LIENTHONG_EVIDENCE__SIGNING_KEY).",
            )
        with self._store.transaction("export-evidence") as tx:
            head = dossiers.by_code(tx, dossier_code)
            if head is None:
                raise NotFound("dossier")
            code = head["code"]
            key = self._key(tx, code) if bodies else None
            made = pack.made(tx, code, key=key, bodies=bodies, by=str(actor), reason=reason)
            facts = {"bodies": bodies, "manifest": made.manifest_digest}
            audit.record(
                tx, actor, "export-evidence", f"dossier:{code}", dossier_code=code, reason=reason, facts=facts
            )
        return made.zipped(self._signer)

    def ask_erasure(self, dossier_code: str, *, reason: str, actor: Actor) -> None:
        """Ask for a dossier's bodies to be made unreadable. A second person decides.

        Raises:
            NotFound: nothing of this dossier is kept.
            NotAllowed: ``no-reason``, ``destroyed``, ``asked``.
        """
        _reasoned(reason)
        with self._store.transaction("ask-erasure") as tx:
            _standing(tx, dossier_code)
            if rows.open_erasure(tx, dossier_code) is not None:
                raise NotAllowed(
                    "asked",
                    "Đã có đề nghị xóa, đang chờ người thứ hai.",
                    "It was asked already and waits for a second person.",
                )
            rows.ask_erasure(tx, dossier_code, by=str(actor), reason=reason)
            _written(tx, actor, "ask-erasure", dossier_code, reason)

    def decide_erasure(self, dossier_code: str, *, accept: bool, reason: str, actor: Actor) -> None:
        """The second person's word. Accepted: the key is destroyed, the bodies are noise, the chain still verifies.

        Raises:
            NotFound: nothing is kept, or nobody asked.
            NotAllowed: ``no-reason``, ``same-person``, ``destroyed``.
        """
        _reasoned(reason)
        with self._store.transaction("decide-erasure") as tx:
            _standing(tx, dossier_code)
            asked = rows.open_erasure(tx, dossier_code)
            if asked is None:
                raise NotFound("erasure")
            if asked["asked_by"] == str(actor):
                raise NotAllowed(
                    "same-person",
                    "Người đề nghị không được tự xác nhận.",
                    "Who asked may not confirm.",
                )
            rows.decide_erasure(tx, asked["id"], by=str(actor), accepted=accept)
            if accept:
                rows.destroy_key(tx, dossier_code)
            _written(tx, actor, "erase-evidence" if accept else "decline-erasure", dossier_code, reason)

    def rewrap(self, *, actor: Actor) -> int:
        """Bring every key under the current master key; how many were not.

        Raises:
            NotAllowed: ``no-master-key``, also when an earlier one is missing.
        """
        if self._keeper is None:
            raise _no_master_key()
        total = 0
        while True:
            with self._store.transaction("rewrap-keys") as tx:
                try:
                    done = rows.rewrap(tx, self._keeper, _REWRAPPED_AT_ONCE)
                except Unreadable:
                    raise _no_master_key() from None
                total += done
                if done < _REWRAPPED_AT_ONCE:
                    facts = {"keys": total, "master_key": self._keeper.current}
                    audit.record(tx, actor, "rewrap-keys", "evidence:keys", facts=facts)
                    return total

    def _opened(self, tx: PgTx, effect_id: int) -> list[Body]:
        found = []
        keys: dict[str, DataKey | None] = {}
        for row in rows.bodies_of_effect(tx, effect_id):
            code, number = row["dossier_code"], row["exchange_id"]
            if code not in keys:
                keys[code] = self._key(tx, code)
            key = keys[code]
            if key is None:
                found.append(Body(number, destroyed=True))
            else:
                request = key.open(number, "request", row["request"])
                found.append(Body(number, request, key.open(number, "response", row["response"])))
        return found

    def _key(self, tx: PgTx, code: str) -> DataKey | None:
        if self._keeper is None:
            raise _no_master_key()
        try:
            return rows.key_of(tx, self._keeper, code)
        except Unreadable:
            raise _no_master_key() from None


def _standing(tx: PgTx, dossier_code: str) -> None:
    key = rows.key_state(tx, dossier_code)
    if key is None:
        raise NotFound("dossier")
    if key["destroyed_at"] is not None:
        raise NotAllowed("destroyed", "Khóa của hồ sơ này đã bị hủy.", "This dossier's key was destroyed.")


def _written(tx: PgTx, actor: Actor, action: str, code: str, reason: str) -> None:
    audit.record(tx, actor, action, f"dossier:{code}", dossier_code=code, reason=reason)


def _reasoned(reason: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise NotAllowed("no-reason", "Cần ghi rõ lý do.", "A reason is needed.")


def _no_master_key() -> NotAllowed:
    return NotAllowed(
        "no-master-key",
        "Thiếu khóa chủ của chứng cứ (LIENTHONG_EVIDENCE__MASTER_KEY).",
        "The master key of the evidence is missing (LIENTHONG_EVIDENCE__MASTER_KEY).",
    )


__all__ = ["Body", "Evidence"]
