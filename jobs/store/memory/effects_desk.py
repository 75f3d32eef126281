"""Proposals, stops, windows and blockers of the store in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.effects.flow import Limits
from jobs.effects.model import EffectState
from jobs.effects.rows import Blocker, Proposal
from jobs.errors import Duplicate, NotAllowed
from jobs.store.memory import flow
from jobs.store.memory.effects_table import EffectRow
from jobs.store.memory.flow import Window
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """One row of ``effect_proposal``."""

    id: int
    effect_id: int
    action: str
    by: str
    reason: str
    evidence: str
    code: str
    decided_by: str | None = None
    accepted: bool | None = None


def _proposals(tx: MemoryTx) -> Table[int, ProposalRow]:
    return tx.store.table(
        "effect_proposal",
        lambda: Table(
            "effect_proposal", unique={"open": lambda p: p.effect_id if p.decided_by is None else None}
        ),
    )


def open_proposal(tx: MemoryTx, effect_id: int) -> Proposal | None:
    """See :meth:`jobs.effects.ports.DeskRows.open_proposal`."""
    rows = _proposals(tx).by("open", effect_id)
    return Proposal(rows[0].action, rows[0].by, rows[0].code) if rows else None


def propose(tx: MemoryTx, proposal: ProposalRow) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.propose`."""
    number = tx.store.next_number("effect_proposal")
    if not _proposals(tx).insert(number, replace(proposal, id=number)):
        raise Duplicate(f"a proposal for effect {proposal.effect_id}")


def close_proposal(tx: MemoryTx, effect_id: int, *, by: str, accepted: bool) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.close_proposal`."""
    for row in _proposals(tx).by("open", effect_id):
        if row.by == by:
            if accepted:
                raise NotAllowed(
                    "same-person", "Cần người thứ hai xác nhận.", "Another person must confirm this."
                )
            by = f"{by} (withdrawn)"
        _proposals(tx).update(row.id, replace(row, decided_by=by, accepted=accepted))


def stop(tx: MemoryTx, system: str, reason: str) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.stop`."""
    flow.limit(tx, system, Limits())
    row = flow.flows(tx).get(system)
    assert row is not None  # noqa: S101 - written one line above
    row = replace(row, stopped=reason)
    if not reason:
        row = replace(row, open_until=None, trouble="", failures=0, openings=0)
    flow.flows(tx).update(system, row)


def add_window(tx: MemoryTx, window: Window) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.add_window`."""
    if window.ends_at <= window.starts_at:
        raise ValueError("a window ends after it starts")
    flow.windows(tx).insert(tx.store.next_number("system_window"), window)


def blockers(table: Table[int, EffectRow], later_than: datetime, limit: int) -> list[Blocker]:
    """See :meth:`jobs.effects.ports.DeskRows.blockers`."""
    found = []
    for row in table:
        late = row.state is EffectState.PLANNED and row.due_at is not None and row.due_at > later_than
        if row.head and (late or row.state in (EffectState.PARKED, EffectState.UNKNOWN)):
            behind = len(table.by("waiting", (row.system, row.lane)))
            if behind:
                found.append(
                    Blocker(
                        row.id, row.system, row.lane, row.state, row.due_at, row.reason or row.code, behind
                    )
                )
    return found[:limit]
