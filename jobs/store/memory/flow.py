"""Flow rows, windows and shares of one transaction of the store in memory."""

from __future__ import annotations

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


def flows(tx: MemoryTx) -> Table[str, Flow]:
    """``system_flow``."""
    return tx.store.table("system_flow", lambda: Table("system_flow"))


def windows(tx: MemoryTx) -> Table[int, Window]:
    """``system_window``."""
    return tx.store.table(
        "system_window", lambda: Table("system_window", indexes={"system": lambda w: w.system})
    )


def read(tx: MemoryTx, system: str) -> Flow:
    """See :meth:`jobs.effects.ports.EngineRows.flow`."""
    limit(tx, system, Limits())
    row = flows(tx).get(system)
    assert row is not None  # noqa: S101 - written one line above
    ends = [w.ends_at for w in windows(tx).by("system", system) if w.starts_at <= tx.now < w.ends_at]
    return replace(row, window_until=max(ends, default=None))


def save(tx: MemoryTx, flow: Flow) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.save_flow`."""
    flows(tx).update(flow.system, replace(flow, window_until=None))


def limit(tx: MemoryTx, system: str, limits: Limits) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.limit`."""
    flows(tx).insert(system, Flow(system=system, limits=limits))
