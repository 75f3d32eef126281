"""Effect rows of one transaction of the store in memory."""

from __future__ import annotations

import heapq
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from connectors.kit.effects import Exchange
from jobs import queues
from jobs.effects.flow import Flow, Limits
from jobs.effects.model import AT_ONCE, LOWEST_PRIORITY, Effect, EffectState, NewEffect
from jobs.effects.rows import CLOSED, Blocker, Change, Held, Proposal, Standing, cancelling, settling
from jobs.errors import Duplicate
from jobs.store.memory import effects_desk as desk
from jobs.store.memory import effects_table, flow
from jobs.store.memory.effects_desk import ProposalRow
from jobs.store.memory.effects_table import Due, EffectRow, KeptExchange
from jobs.store.memory.flow import Window
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx

_HEADS = frozenset({EffectState.PLANNED, EffectState.UNKNOWN, EffectState.PARKED})


class MemoryEffects:
    """See :class:`jobs.effects.ports.DeskRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.table: Table[int, EffectRow] = tx.store.table("effect", effects_table.make)
        self.exchanges: Table[int, KeptExchange] = tx.store.table("exchange", effects_table.make_exchanges)
        # Not a table: hints that may be wrong after a roll-back, because every one of them is looked at again.
        hints = tx.store.table("effect-due", lambda: cast("Table[Any, Any]", effects_table.Hints()))
        self._due: Due = cast("effects_table.Hints", hints).due

    def plan(self, effects: Sequence[NewEffect]) -> list[bool]:
        return [self._plan(effect) for effect in effects]

    def _plan(self, effect: NewEffect) -> bool:
        if self.table.by("key", effect.key):
            return False
        now = self._tx.now
        row = EffectRow(
            id=self._tx.store.next_number("effect"),
            key=effect.key,
            system=effect.system,
            operation=effect.operation,
            lane=effect.lane,
            head=not self.table.by("head", (effect.system, effect.lane)),
            priority=min(max(effect.priority, 0), LOWEST_PRIORITY),
            dossier_code=effect.dossier_code,
            reference=effect.reference,
            correlation_id=effect.correlation_id,
            cause=effect.cause,
            payload=encoded(effect.payload),
            state=EffectState.PLANNED,
            due_at=effect.due_at or now - AT_ONCE,
            created_at=now,
            updated_at=now,
        )
        if not self.table.insert(row.id, row):
            raise Duplicate(f"effect {effect.key}")
        self._hint(row)
        if row.due_at is not None and row.due_at <= now:
            self._tx.wake(queues.effects(effect.system))
        return True

    def find(self, key: str) -> Effect | None:
        rows = self.table.by("key", key)
        return held(rows[0]).effect() if rows else None

    def cancel(self, keys: Sequence[str], reason: str) -> list[str]:
        rows = [held(row) for key in keys for row in self.table.by("key", key)]
        changes = {row.key: change for row in rows if (change := cancelling(row, reason)) is not None}
        written = self.apply(list(changes.values()))
        return [key for key, change in changes.items() if change.id in written]

    def settle(
        self, key: str, *, done: bool, code: str = "", data: Mapping[str, Any] | None = None, reason: str
    ) -> bool:
        rows = self.table.by("key", key)
        if not rows:
            return False
        change = settling(held(rows[0]), done=done, code=code, data=data or {}, reason=reason)
        return change is not None and bool(self.apply([change]))

    def claim(
        self,
        system: str,
        operations: Sequence[str],
        limit: int,
        *,
        worker: int,
        lease_until: datetime,
        which: str = "any",
    ) -> list[Held]:
        now = self._tx.now
        kind = "suspect" if which == "suspect" else "planned"
        taken = [
            self._put(
                row,
                state=EffectState.SENDING,
                attempt=row.attempt + 1,
                tries=row.tries + 1,
                generation=row.generation + 1,
                worker=worker,
                lease_until=lease_until,
                first_sent_at=row.first_sent_at or now,
            )
            for row in self._take((kind, system), limit, which, frozenset(operations))
        ]
        return sorted(held(row) for row in taken)

    def claim_under_flow(
        self, system: str, operations: Sequence[str], limit: int, *, worker: int, lease_until: datetime
    ) -> tuple[Flow, list[Held]]:
        read = self.flow(system)
        return read, self.claim(system, operations, limit, worker=worker, lease_until=lease_until)

    def claim_asks(
        self, system: str, operations: Sequence[str], limit: int, *, again_at: datetime
    ) -> list[Held]:
        return [
            held(self._put(row, asks=row.asks + 1, generation=row.generation + 1, due_at=again_at))
            for row in self._take(("unknown", system), limit, "any", frozenset(operations))
        ]

    def _take(
        self, kind: tuple[str, str], limit: int, which: str, operations: frozenset[str]
    ) -> list[EffectRow]:
        """Due rows of a kind in the order of priority, time and number; entries that are out of date are dropped."""
        ready = self._due.ready(kind, self._tx.now, self.table)
        taken: list[EffectRow] = []
        kept = []
        while ready and len(taken) < limit:
            entry = heapq.heappop(ready)
            row = self.table.get(entry[2])
            if row is None or _kind(row) != kind or row.due_at != entry[1]:
                self._due.drop(kind, entry)
                continue
            kept.append(entry)
            fits = which not in ("fresh", "repeat") or (row.attempt == 0) == (which == "fresh")
            if fits and row.operation in operations and row not in taken[-1:]:
                taken.append(row)
        for entry in kept:  # a roll-back gives the rows back, and then they are due as before
            heapq.heappush(ready, entry)
        return taken

    def orphans(self, system: str, limit: int, *, besides: int, dead: Sequence[int]) -> list[Held]:
        found = [
            held(row)
            for row in self.table.by("in_hand", system)
            if row.worker != besides
            and (row.worker in dead or (row.lease_until is not None and row.lease_until <= self._tx.now))
        ]
        return sorted(found)[:limit]

    def in_hand_of(self, system: str) -> dict[int, bool]:
        living = effects_table.living(self._tx.store)
        workers = {row.worker for row in self.table.by("in_hand", system) if row.worker is not None}
        return {worker: worker in living for worker in workers}

    def standing(self, ids: Sequence[int]) -> dict[int, Standing]:
        rows = (self.table.get(effect_id) for effect_id in ids)
        return {
            row.id: Standing(row.state, row.generation, row.attempt, row.worker)
            for row in rows
            if row is not None
        }

    def apply(self, changes: Sequence[Change]) -> set[int]:
        written = set()
        for change in changes:
            row = self.table.get(change.id)
            if row is None or row.generation != change.generation:
                continue
            state = EffectState(change.state)
            self._put(
                row,
                state=state,
                head=row.head and state in _HEADS,
                due_at=change.due_at,
                attempt=change.attempt,
                tries=change.tries,
                asks=change.asks,
                not_found=change.not_found,
                deaths=change.deaths,
                generation=row.generation + 1,
                worker=None,
                lease_until=None,
                first_sent_at=change.first_sent_at,
                unknown_since=change.unknown_since,
                code=change.code,
                message=change.message,
                reason=change.reason,
                outcome=change.outcome if change.outcome is not None else row.outcome,
                finished_at=self._tx.now if state in CLOSED else None,
            )
            written.add(row.id)
            if state in CLOSED:
                self._promote(row.system, row.lane)
        return written

    def note(self, exchanges: Sequence[tuple[int | None, int | None, Exchange]]) -> None:
        for effect_id, attempt, exchange in exchanges:
            number = self._tx.store.next_number("exchange")
            self.exchanges.insert(number, KeptExchange(number, self._tx.now, effect_id, attempt, exchange))

    def flow(self, system: str) -> Flow:
        return flow.read(self._tx, system)

    def save_flow(self, changed: Flow) -> None:
        flow.save(self._tx, changed)

    def limit(self, system: str, limits: Limits) -> None:
        flow.limit(self._tx, system, limits)

    def by_id(self, effect_id: int) -> Held | None:
        row = self.table.get(effect_id)
        return None if row is None else held(row)

    def release(self, effect_id: int) -> None:
        row = self.table.get(effect_id)
        if row is None or row.state is EffectState.SENDING:
            return
        self._put(row, lane=f"{row.lane}~{row.id}", head=True, released=True, generation=row.generation + 1)
        self._promote(row.system, row.lane)

    def open_proposal(self, effect_id: int) -> Proposal | None:
        return desk.open_proposal(self._tx, effect_id)

    def propose(self, effect_id: int, action: str, *, by: str, reason: str, evidence: str, code: str) -> None:
        desk.propose(self._tx, ProposalRow(0, effect_id, action, by, reason, evidence, code))

    def close_proposal(self, effect_id: int, *, by: str, accepted: bool) -> None:
        desk.close_proposal(self._tx, effect_id, by=by, accepted=accepted)

    def stop(self, system: str, reason: str, *, by: str) -> None:
        del by  # the audit row names the person
        desk.stop(self._tx, system, reason)

    def add_window(
        self, system: str, starts_at: datetime, ends_at: datetime, message: str, *, by: str
    ) -> None:
        desk.add_window(self._tx, Window(system, starts_at, ends_at, message, by))

    def doubt(self, system: str, operations: Sequence[str]) -> int:
        open_states = (EffectState.PLANNED, EffectState.SENDING)
        found = [
            row
            for row in self.table
            if row.system == system and row.operation in operations and row.state in open_states
        ]
        for row in found:
            self._put(
                row,
                state=EffectState.UNKNOWN,
                unknown_since=row.unknown_since or self._tx.now,
                due_at=self._tx.now,
                asks=0,
                not_found=0,
                worker=None,
                lease_until=None,
                generation=row.generation + 1,
                code="restored",
            )
        self._tx.wake(queues.effects(system))
        return len(found)

    def blockers(self, later_than: datetime, limit: int = 100) -> list[Blocker]:
        return desk.blockers(self.table, later_than, limit)

    def _promote(self, system: str, lane: str) -> None:
        waiting = self.table.by("waiting", (system, lane))
        if waiting and not self.table.by("head", (system, lane)):
            self._put(min(waiting, key=lambda row: row.id), head=True)
            self._tx.wake(queues.effects(system))

    def _put(self, row: EffectRow, **changes: Any) -> EffectRow:
        changed = replace(row, updated_at=self._tx.now, **changes)
        self.table.update(row.id, changed)
        self._hint(changed)
        return changed

    def _hint(self, row: EffectRow) -> None:
        kind = _kind(row)
        if kind is not None and row.due_at is not None:
            self._due.add(kind, row.due_at, row.id)


def _kind(row: EffectRow) -> Hashable | None:
    if row.state is EffectState.PLANNED and row.head:
        return ("suspect" if row.deaths >= 2 else "planned", row.system)
    if row.state is EffectState.UNKNOWN:
        return ("unknown", row.system)
    return None


def held(row: EffectRow) -> Held:
    """The row as the engine takes it; JSON is read anew, so that nobody changes what is stored."""
    return Held(
        row.id, row.key, row.system, row.operation, row.lane, json.loads(row.payload), row.dossier_code,
        row.reference, row.correlation_id, row.cause, row.state, row.attempt, row.generation, row.created_at,
        row.due_at, row.tries, row.asks, row.not_found, row.deaths, row.worker, row.lease_until, row.first_sent_at,
        row.unknown_since, None if row.outcome is None else json.loads(row.outcome),
    )  # fmt: skip


def encoded(value: object) -> str:
    """As the database keeps it; what JSON has no form for is refused (``ValueError``, ``TypeError``)."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
