"""Effect rows of one transaction of the store in memory."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from jobs import queues
from jobs.effects.model import LOWEST_PRIORITY, EffectState, NewEffect
from jobs.errors import Duplicate
from jobs.store.memory import effects_table
from jobs.store.memory.effects_table import Due, EffectRow
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


class MemoryEffects:
    """See :class:`jobs.effects.ports.EffectRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.table: Table[int, EffectRow] = tx.store.table("effect", effects_table.make)
        # Not a table: a queue of hints that is right whatever is rolled back, because every entry is looked at again.
        self.due = cast("Due", tx.store.table("effect-due", cast("Any", _Hints)).hints)  # type: ignore[attr-defined]

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
            due_at=effect.due_at or now,
            created_at=now,
            updated_at=now,
        )
        if not self.table.insert(row.id, row):
            raise Duplicate(f"effect {effect.key}")
        self._note(row)
        if row.due_at is not None and row.due_at <= now:
            self._tx.wake(queues.effects(effect.system))
        return True

    def put(self, row: EffectRow, **changes: Any) -> EffectRow:
        """Replace a row; the checks of the table hold."""
        changed = replace(row, updated_at=self._tx.now, **changes)
        self.table.update(row.id, changed)
        self._note(changed)
        return changed

    def _note(self, row: EffectRow) -> None:
        kind: Hashable | None = None
        if row.state is EffectState.PLANNED and row.head:
            kind = ("suspect" if row.deaths >= 2 else "planned", row.system)
        elif row.state is EffectState.UNKNOWN:
            kind = ("unknown", row.system)
        if kind is not None and row.due_at is not None:
            self.due.add(kind, row.due_at, row.id)


class _Hints(Table[int, int]):
    def __init__(self) -> None:
        super().__init__("effect-due")
        self.hints = Due()


def encoded(value: object) -> str:
    """As the database keeps it; what JSON has no form for is refused (``ValueError``, ``TypeError``)."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
