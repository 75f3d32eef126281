"""Effects in the hands of people: ask, do again, release, take back, settle. Every act leaves its audit row.

Rights are checked by the edge. What moves money or signs takes two people: the first proposes, another one accepts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import cast

from connectors.kit.effects import EffectClass, Operation
from jobs import queues
from jobs.access import audit
from jobs.access.model import Actor
from jobs.effects.model import EffectState, Handler, Outcome
from jobs.effects.ports import DeskRows
from jobs.effects.rows import CLOSED, Change, Held, settling, unchanged
from jobs.errors import NotAllowed, NotFound
from jobs.store.ports import Store, Tx

_REPEATABLE = frozenset({EffectClass.READ, EffectClass.IDEMPOTENT})
Record = Callable[..., None]


class EffectDesk:
    """See :class:`adapters.desks.EffectDesk`."""

    def __init__(
        self,
        store: Store,
        operations: Mapping[tuple[str, str], Operation] | None = None,
        handlers: Mapping[tuple[str, str], Handler] | None = None,
        *,
        record: Record = audit.record,
    ) -> None:
        """Needs nothing that is open.

        Args:
            operations: what moves money; an operation that is not known counts as if it did.
            handlers: told what people decided, in the transaction of the decision.
            record: writes the audit row.
        """
        self._store, self._operations, self._handlers = store, operations or {}, handlers or {}
        self._record = record

    def ask(self, effect_id: int, *, reason: str, actor: Actor) -> None:
        """Look for the outcome now. Nothing is sent again.

        Raises:
            NotFound: there is no such effect.
            NotAllowed: ``nothing-unknown``, or ``cannot-be-asked``: only evidence can tell.
        """
        with self._acting("ask", effect_id, reason, actor) as (tx, rows, row):
            if row.unknown_since is None or row.state not in (EffectState.UNKNOWN, EffectState.PARKED):
                raise _refused("nothing-unknown", "Kết quả đã rõ.", "The outcome is known.")
            operation = self._operation(row)
            if operation is None or operation.look_up is None:
                raise _refused(
                    "cannot-be-asked",
                    "Hệ thống này không tra cứu được; cần chứng từ.",
                    "This system cannot be asked; evidence is needed.",
                )
            rows.apply([unchanged(row, EffectState.UNKNOWN, tx.now)])
            tx.wake(queues.effects(row.system))

    def retry(self, effect_id: int, *, reason: str, actor: Actor) -> None:
        """Send again, with the same key and content. Never what may have been done.

        A money operation only proposes it; another person who does the same accepts it.

        Raises:
            NotFound, NotAllowed: ``outcome-unknown``, ``not-waiting`` or ``same-person``.
        """
        with self._acting("retry", effect_id, reason, actor) as (tx, rows, row):
            self._may_repeat(row)
            if self._needs_two(row) and not self._second(tx, rows, row, "retry", reason, "", "", actor):
                return
            self._apply(tx, rows, row, _afresh(row, tx.now))

    def release(self, effect_id: int, *, reason: str, actor: Actor) -> None:
        """Let those behind it leave without waiting for it. It stays what it is, in a lane of its own.

        Raises:
            NotFound, NotAllowed: ``being-sent`` or ``closed``.
        """
        with self._acting("release", effect_id, reason, actor) as (tx, rows, row):
            if row.state == EffectState.SENDING:
                raise _refused("being-sent", "Tác vụ đang được gửi.", "It is being sent right now.")
            if row.state in CLOSED:
                raise _refused("closed", "Tác vụ đã kết thúc.", "It has ended.")
            rows.release(effect_id)
            tx.wake(queues.effects(row.system))

    def cancel(self, effect_id: int, *, reason: str, actor: Actor) -> None:
        """Take back what has never left us.

        Raises:
            NotFound, NotAllowed: ``outcome-unknown`` or ``not-waiting``.
        """
        with self._acting("cancel", effect_id, reason, actor) as (tx, rows, row):
            if row.unknown_since is not None:
                raise _unknown()
            if row.state not in (EffectState.PLANNED, EffectState.PARKED):
                raise _not_waiting()
            change = unchanged(row, EffectState.CANCELLED, None)._replace(reason=reason)
            self._apply(tx, rows, row, change)

    def settle(
        self, effect_id: int, action: str, *, reason: str, evidence: str, actor: Actor, code: str = ""
    ) -> None:
        """Say what became of an unknown outcome, on evidence. Money and signatures: another person must say the same.

        Args:
            action: ``done``, ``refused``, or ``not-done`` (it is sent again).
            evidence: what shows it: document number, statement line, call of the other side.

        Raises:
            NotFound, NotAllowed: ``nothing-unknown``, ``no-evidence`` or ``same-person``.
        """
        if action not in ("done", "refused", "not-done"):
            raise ValueError(action)
        with self._acting(f"settle-{action}", effect_id, reason, actor) as (tx, rows, row):
            if row.state not in (EffectState.UNKNOWN, EffectState.PARKED):
                raise _refused("nothing-unknown", "Kết quả đã rõ.", "The outcome is known.")
            if not evidence.strip():
                raise _refused("no-evidence", "Cần nêu chứng từ.", "Evidence is needed.")
            if self._needs_two(row) and not self._second(
                tx, rows, row, action, reason, evidence, code, actor
            ):
                return
            if action == "not-done":
                change = _afresh(row, tx.now)._replace(unknown_since=None, not_found=0)
            else:
                found = settling(row, done=action == "done", code=code, data=row.outcome or {}, reason=reason)
                assert found is not None  # noqa: S101 - unknown and parked rows are open
                change = found
            self._apply(tx, rows, row, change)

    def decline(self, effect_id: int, *, reason: str, actor: Actor) -> None:
        """Refuse what somebody else proposed for an effect, or take one's own proposal back.

        Raises:
            NotFound: no proposal is open.
        """
        with self._acting("decline", effect_id, reason, actor) as (_, rows, row):
            if rows.open_proposal(row.id) is None:
                raise NotFound(f"a proposal for effect {effect_id}")
            rows.close_proposal(row.id, by=str(actor), accepted=False)

    def stop_system(self, system: str, *, reason: str, actor: Actor) -> None:
        """Send nothing there any more until a person resumes it; calls that are open end by themselves."""
        self._flow(system, reason, actor, "stop")

    def resume_system(self, system: str, *, reason: str, actor: Actor) -> None:
        """Send again what is due there, as the limits allow; an open breaker is closed."""
        self._flow(system, "", actor, "resume", said=reason)

    def announce_window(
        self, system: str, *, starts_at: datetime, ends_at: datetime, message: str, actor: Actor
    ) -> None:
        """Note that a system is closed for a while; nothing is sent there meanwhile."""
        with self._store.transaction("effect-window") as tx:
            cast("DeskRows", tx.effects).add_window(system, starts_at, ends_at, message, by=str(actor))
            facts = {"from": starts_at.isoformat(), "until": ends_at.isoformat()}
            self._record(tx, actor, "system.window", f"system:{system}", reason=message, facts=facts)

    def _flow(self, system: str, stopped: str, actor: Actor, act: str, *, said: str = "") -> None:
        with self._store.transaction(f"effect-{act}") as tx:
            cast("DeskRows", tx.effects).stop(system, stopped, by=str(actor))
            self._record(tx, actor, f"system.{act}", f"system:{system}", reason=stopped or said)
            tx.wake(queues.effects(system))

    @contextmanager
    def _acting(
        self, act: str, effect_id: int, reason: str, actor: Actor
    ) -> Iterator[tuple[Tx, DeskRows, Held]]:
        with self._store.transaction(f"effect-{act}") as tx:
            rows = cast("DeskRows", tx.effects)
            row = rows.by_id(effect_id)
            if row is None:
                raise NotFound(f"effect {effect_id}")
            yield tx, rows, row
            self._record(
                tx, actor, f"effect.{act}", f"effect:{effect_id}",
                dossier_code=row.dossier_code or None, reason=reason,
                facts={"system": row.system, "operation": row.operation, "state": str(row.state)},
            )  # fmt: skip

    def _operation(self, row: Held) -> Operation | None:
        return self._operations.get((row.system, row.operation))

    def _needs_two(self, row: Held) -> bool:
        operation = self._operation(row)
        return operation is None or operation.money or operation.signature

    def _may_repeat(self, row: Held) -> None:
        operation = self._operation(row)
        repeatable = operation is not None and operation.effect_class in _REPEATABLE
        if row.state == EffectState.UNKNOWN or (row.unknown_since is not None and not repeatable):
            raise _unknown()
        if row.state not in (EffectState.PARKED, EffectState.PLANNED):
            raise _not_waiting()

    def _second(
        self,
        tx: Tx,
        rows: DeskRows,
        row: Held,
        action: str,
        reason: str,
        evidence: str,
        code: str,
        actor: Actor,
    ) -> bool:
        """Whether this is the second person for the same action; the first one's proposal is kept."""
        proposal = rows.open_proposal(row.id)
        if proposal is None:
            rows.propose(row.id, action, by=str(actor), reason=reason, evidence=evidence, code=code)
            return False
        if proposal.by == str(actor):
            raise NotAllowed(
                "same-person",
                "Cần người thứ hai xác nhận.",
                "Another person must confirm this.",
            )
        if (proposal.action, proposal.code) != (action, code):
            raise NotAllowed(
                "other-proposal",
                f"Đang chờ xác nhận đề nghị khác: {proposal.action}.",
                f"Another proposal waits for confirmation: {proposal.action}.",
            )
        rows.close_proposal(row.id, by=str(actor), accepted=True)
        del tx
        return True

    def _apply(self, tx: Tx, rows: DeskRows, row: Held, change: Change) -> None:
        handler = self._handlers.get((row.system, row.operation))
        if handler is not None:
            effect = row.effect()
            handler.on_outcome(
                tx,
                [Outcome(effect, EffectState(change.state), row.outcome or {}, change.code, change.reason)],
            )
        rows.apply([change])
        tx.wake(queues.effects(row.system))


def _afresh(row: Held, now: datetime) -> Change:
    """Due at once, with a new budget; key, content and the number of attempts stay."""
    return unchanged(row, EffectState.PLANNED, now)._replace(
        tries=0, asks=0, deaths=0, first_sent_at=None, code="by-hand"
    )


def _refused(reason: str, message_vi: str, message_en: str) -> NotAllowed:
    return NotAllowed(reason, message_vi, message_en)


def _unknown() -> NotAllowed:
    return NotAllowed(
        "outcome-unknown",
        "Chưa rõ kết quả lần gửi trước: hãy tra cứu, không gửi lại.",
        "The outcome of the earlier sending is unknown: ask for it, do not send again.",
    )


def _not_waiting() -> NotAllowed:
    return NotAllowed("not-waiting", "Tác vụ không ở trạng thái chờ.", "It is not waiting for anything.")
