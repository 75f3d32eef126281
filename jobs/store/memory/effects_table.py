"""The effect table in memory: the columns, keys and constraints of ``0010_effects.sql``, and what is due in order."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.kit.effects import Exchange
from jobs.effects.model import EffectState
from jobs.effects.rows import CLOSED, OPEN
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryStore


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One row of ``effect``; see the migration for what the columns mean."""

    id: int
    key: str
    system: str
    operation: str
    lane: str
    head: bool
    priority: int
    dossier_code: str
    reference: str
    correlation_id: str
    cause: str
    payload: str
    state: EffectState
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    attempt: int = 0
    tries: int = 0
    asks: int = 0
    not_found: int = 0
    deaths: int = 0
    generation: int = 0
    worker: int | None = None
    lease_until: datetime | None = None
    first_sent_at: datetime | None = None
    unknown_since: datetime | None = None
    released: bool = False
    code: str = ""
    message: str = ""
    reason: str = ""
    outcome: str | None = None
    finished_at: datetime | None = None

    def __post_init__(self) -> None:
        """The check constraints.

        Raises:
            ValueError: the database would refuse this row.
        """
        broken = {
            "effect_due": self.state in (EffectState.PLANNED, EffectState.UNKNOWN) and self.due_at is None,
            "effect_leased": self.state is EffectState.SENDING and None in (self.worker, self.lease_until),
            "effect_parked_with_reason": self.state is EffectState.PARKED and not self.reason,
            "effect_finished": (self.state in CLOSED) is not (self.finished_at is not None),
            "effect_head_is_open": self.head and self.state not in OPEN,
        }
        if any(broken.values()):
            raise ValueError(
                f"effect {self.id}: {', '.join(name for name, wrong in broken.items() if wrong)}"
            )


def _waiting(row: EffectRow) -> Hashable | None:
    return (row.system, row.lane) if row.state is EffectState.PLANNED and not row.head else None


def make() -> Table[int, EffectRow]:
    """An empty table."""
    return Table(
        "effect",
        unique={
            "key": lambda row: row.key,
            "head": lambda row: (row.system, row.lane) if row.head else None,
        },
        indexes={
            "waiting": _waiting,
            "in_hand": lambda row: row.system if row.state is EffectState.SENDING else None,
            "reference": lambda row: row.reference or None,
            "open": lambda row: row.system if row.head or row.state is EffectState.UNKNOWN else None,
        },
    )


@dataclass(frozen=True, slots=True)
class KeptExchange:
    """One row of ``exchange``."""

    id: int
    at: datetime
    effect_id: int | None
    attempt: int | None
    exchange: Exchange


def make_exchanges() -> Table[int, KeptExchange]:
    """An empty log of calls."""
    return Table("exchange", indexes={"effect": lambda row: row.effect_id})


class Due:
    """What is due, in order, without looking at what is not. Entries may be stale: who takes one looks at the row."""

    def __init__(self) -> None:
        self._later: dict[Any, list[tuple[datetime, int]]] = {}
        self._now: dict[Any, list[tuple[int, datetime, int]]] = {}
        self._dropped: list[tuple[Hashable, tuple[int, datetime, int]]] = []

    def drop(self, kind: Hashable, entry: tuple[int, datetime, int]) -> None:
        """An entry of :meth:`ready` was out of date; if the transaction rolls back it may not have been."""
        self._dropped.append((kind, entry))

    def forget(self) -> None:
        """The transaction is kept: what was out of date stays dropped."""
        self._dropped.clear()

    def bring_back(self) -> None:
        """The transaction is rolled back: every entry is looked at again."""
        for kind, entry in self._dropped:
            heapq.heappush(self._now.setdefault(kind, []), entry)
        self._dropped.clear()

    def add(self, kind: Hashable, due_at: datetime, effect_id: int) -> None:
        """Note that a row of this kind is due then; harmless to repeat."""
        heapq.heappush(self._later.setdefault(kind, []), (due_at, effect_id))

    def ready(
        self, kind: Hashable, now: datetime, table: Table[int, EffectRow]
    ) -> list[tuple[int, datetime, int]]:
        """The heap (priority, due, id) of what has come due."""
        later, ready = self._later.setdefault(kind, []), self._now.setdefault(kind, [])
        while later and later[0][0] <= now:
            due_at, effect_id = heapq.heappop(later)
            row = table.get(effect_id)
            if row is not None:
                heapq.heappush(ready, (row.priority, due_at, effect_id))
        return ready


class Hints(Table[Any, Any]):
    """Keeps :class:`Due` among the store's tables; it has no rows."""

    def __init__(self) -> None:
        super().__init__("effect-due")
        self.due = Due()

    def commit(self) -> None:
        """See :meth:`Due.forget`."""
        self.due.forget()

    def roll_back(self) -> None:
        """See :meth:`Due.bring_back`."""
        self.due.bring_back()


class _Living(Table[Any, Any]):
    def __init__(self) -> None:
        super().__init__("effect-living")
        self.workers: set[int] = set()


def living(store: MemoryStore) -> set[int]:
    """Numbers of the workers that live: the advisory locks of the database. Who plays a death takes one out."""
    table = store.table("effect-living", _Living)
    assert isinstance(table, _Living)  # noqa: S101 - nobody else makes a table of this name
    return table.workers
