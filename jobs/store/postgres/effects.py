"""Effect rows of one PostgreSQL transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.kit.effects import Exchange
from jobs.effects.flow import Flow, Limits
from jobs.effects.model import Effect, EffectState, NewEffect
from jobs.effects.rows import Blocker, Change, Held, Proposal, Standing, cancelling, settling
from jobs.store.postgres import effects_desk as desk
from jobs.store.postgres import effects_engine as engine
from jobs.store.postgres import effects_plan, flow
from jobs.store.postgres import exchanges as exchanges_log
from jobs.store.postgres.tx import PgTx


class PgEffects:
    """See :class:`jobs.effects.ports.DeskRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def plan(self, effects: Sequence[NewEffect]) -> list[bool]:
        return effects_plan.plan(self._tx, effects)

    def find(self, key: str) -> Effect | None:
        row = engine.by_key(self._tx, key)
        return None if row is None else row.effect()

    def cancel(self, keys: Sequence[str], reason: str) -> list[str]:
        rows = engine.by_keys(self._tx, keys)
        changes = {row.key: change for row in rows if (change := cancelling(row, reason)) is not None}
        written = self.apply(list(changes.values()))
        return [key for key, change in changes.items() if change.id in written]

    def settle(
        self, key: str, *, done: bool, code: str = "", data: Mapping[str, Any] | None = None, reason: str
    ) -> bool:
        rows = engine.by_keys(self._tx, [key])
        change = settling(rows[0], done=done, code=code, data=data or {}, reason=reason) if rows else None
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
        return engine.claim(
            self._tx, system, operations, limit, worker=worker, lease_until=lease_until, which=which
        )

    def claim_under_flow(
        self, system: str, operations: Sequence[str], limit: int, *, worker: int, lease_until: datetime
    ) -> tuple[Flow, list[Held]]:
        read, claimed = engine.claim_under_flow(
            self._tx,
            flow.question(self._tx, system),
            system,
            operations,
            limit,
            worker=worker,
            lease_until=lease_until,
        )
        return self.flow(system) if read is None else flow.told(system, read), claimed

    def claim_asks(
        self, system: str, operations: Sequence[str], limit: int, *, again_at: datetime
    ) -> list[Held]:
        return engine.claim_asks(self._tx, system, operations, limit, again_at)

    def orphans(self, system: str, limit: int, *, besides: int, dead: Sequence[int]) -> list[Held]:
        return engine.orphans(self._tx, system, limit, besides=besides, dead=dead)

    def in_hand_of(self, system: str) -> dict[int, bool]:
        return engine.in_hand_of(self._tx, system)

    def standing(self, ids: Sequence[int]) -> dict[int, Standing]:
        return engine.standing(self._tx, ids)

    def apply(self, changes: Sequence[Change]) -> set[int]:
        return engine.apply(self._tx, changes)

    def note(self, exchanges: Sequence[tuple[int | None, int | None, Exchange]]) -> None:
        exchanges_log.note(self._tx, exchanges)

    def flow(self, system: str) -> Flow:
        return flow.read(self._tx, system)

    def save_flow(self, changed: Flow) -> None:
        flow.save(self._tx, changed)

    def limit(self, system: str, limits: Limits) -> None:
        flow.limit(self._tx, system, limits)

    def by_id(self, effect_id: int) -> Held | None:
        return engine.by_id(self._tx, effect_id)

    def release(self, effect_id: int) -> None:
        row = self.by_id(effect_id)
        if row is None or row.state == EffectState.SENDING:
            return
        self._tx.execute(
            """update effect set lane = lane || '~' || id, head = true, released = true, generation = generation + 1,
                   updated_at = %s where id = %s""",
            (self._tx.now, effect_id),
        )
        engine.promote(self._tx, [(row.system, row.lane)])

    def open_proposal(self, effect_id: int) -> Proposal | None:
        return desk.open_proposal(self._tx, effect_id)

    def propose(self, effect_id: int, action: str, *, by: str, reason: str, evidence: str, code: str) -> None:
        desk.propose(self._tx, effect_id, action, by=by, reason=reason, evidence=evidence, code=code)

    def close_proposal(self, effect_id: int, *, by: str, accepted: bool) -> None:
        desk.close_proposal(self._tx, effect_id, by=by, accepted=accepted)

    def stop(self, system: str, reason: str, *, by: str) -> None:
        flow.limit(self._tx, system, Limits())
        desk.stop(self._tx, system, reason, by=by)

    def add_window(
        self, system: str, starts_at: datetime, ends_at: datetime, message: str, *, by: str
    ) -> None:
        desk.add_window(self._tx, system, starts_at, ends_at, message, by=by)

    def doubt(self, system: str, operations: Sequence[str]) -> int:
        return desk.doubt(self._tx, system, operations)

    def blockers(self, later_than: datetime, limit: int = 100) -> list[Blocker]:
        return desk.blockers(self._tx, later_than, limit)
