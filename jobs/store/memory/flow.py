"""Flow rows, windows and shares of one transaction of the store in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.effects.flow import Flow, Limits
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


@dataclass(frozen=True, slots=True)
class Window:
    """One row of ``system_window``."""

    system: str
    starts_at: datetime
    ends_at: datetime
    message: str = ""
    entered_by: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """One row of ``system_share``."""

    system: str
    worker: int
    calls: int
    until: datetime


def flows(tx: MemoryTx) -> Table[str, Flow]:
    """``system_flow``."""
    return tx.store.table("system_flow", lambda: Table("system_flow"))


def windows(tx: MemoryTx) -> Table[int, Window]:
    """``system_window``."""
    return tx.store.table(
        "system_window", lambda: Table("system_window", indexes={"system": lambda w: w.system})
    )


def _shares(tx: MemoryTx) -> Table[tuple[str, int], Share]:
    return tx.store.table(
        "system_share", lambda: Table("system_share", indexes={"system": lambda s: s.system})
    )


def read(tx: MemoryTx, system: str, worker: int) -> Flow:
    """See :meth:`jobs.effects.ports.EngineRows.flow`."""
    limit(tx, system, Limits())
    row = flows(tx).get(system)
    assert row is not None  # noqa: S101 - written one line above
    ends = [w.ends_at for w in windows(tx).by("system", system) if w.starts_at <= tx.now < w.ends_at]
    others = [s for s in _shares(tx).by("system", system) if s.worker != worker and s.until > tx.now]
    return replace(
        row,
        window_until=max(ends, default=None),
        others=len(others),
        others_calls=sum(share.calls for share in others),
    )


def save(tx: MemoryTx, flow: Flow) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.save_flow`."""
    flows(tx).update(flow.system, replace(flow, window_until=None, others=0, others_calls=0))


def limit(tx: MemoryTx, system: str, limits: Limits) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.limit`."""
    flows(tx).insert(system, Flow(system=system, limits=limits))


def share(tx: MemoryTx, system: str, worker: int, calls: int, until: datetime | None) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.share`."""
    table, key = _shares(tx), (system, worker)
    if until is None:
        if table.get(key) is not None:
            table.delete(key)
    elif not table.insert(key, Share(system, worker, calls, until)):
        table.update(key, Share(system, worker, calls, until))


def bury(tx: MemoryTx, workers: Sequence[int]) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.bury`."""
    for row in _shares(tx):
        if row.worker in workers:
            _shares(tx).delete((row.system, row.worker))
