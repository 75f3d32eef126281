"""Proposals, stops, windows and blockers: the statements behind people's acts on effects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jobs import queues
from jobs.effects.model import EffectState
from jobs.effects.rows import Blocker, Proposal
from jobs.errors import NotAllowed
from jobs.store.postgres.tx import PgTx


def open_proposal(tx: PgTx, effect_id: int) -> Proposal | None:
    """See :meth:`jobs.effects.ports.DeskRows.open_proposal`."""
    row = tx.fetch_one(
        """select action, proposed_by, code from effect_proposal
           where effect_id = %s and decided_by is null for update""",
        (effect_id,),
    )
    return None if row is None else Proposal(row["action"], row["proposed_by"], row["code"])


def propose(tx: PgTx, effect_id: int, action: str, *, by: str, reason: str, evidence: str, code: str) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.propose`."""
    tx.execute(
        """insert into effect_proposal (effect_id, action, proposed_by, proposed_at, reason, evidence, code)
           values (%s, %s, %s, %s, %s, %s, %s)""",
        (effect_id, action, by, tx.now, reason, evidence, code),
    )


def close_proposal(tx: PgTx, effect_id: int, *, by: str, accepted: bool) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.close_proposal`."""
    proposal = open_proposal(tx, effect_id)
    if proposal is not None and proposal.by == by:
        if accepted:
            raise NotAllowed(
                "same-person", "Cần người thứ hai xác nhận.", "Another person must confirm this."
            )
        by = f"{by} (withdrawn)"
    tx.execute(
        """update effect_proposal set decided_by = %s, decided_at = %s, accepted = %s
           where effect_id = %s and decided_by is null""",
        (by, tx.now, accepted, effect_id),
    )


def stop(tx: PgTx, system: str, reason: str, *, by: str) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.stop`."""
    tx.execute(
        """update system_flow set stopped = %(reason)s,
               stopped_by = case when %(reason)s = '' then '' else %(by)s end,
               stopped_at = case when %(reason)s = '' then null else %(now)s::timestamptz end,
               open_until = case when %(reason)s = '' then null else open_until end,
               trouble = case when %(reason)s = '' then '' else trouble end,
               failures = case when %(reason)s = '' then 0 else failures end,
               openings = case when %(reason)s = '' then 0 else openings end
           where system = %(system)s""",
        {"reason": reason, "by": by, "now": tx.now, "system": system},
    )


def add_window(
    tx: PgTx, system: str, starts_at: datetime, ends_at: datetime, message: str, *, by: str
) -> None:
    """See :meth:`jobs.effects.ports.DeskRows.add_window`."""
    tx.execute(
        """insert into system_window (system, starts_at, ends_at, message, entered_by)
           values (%s, %s, %s, %s, %s)""",
        (system, starts_at, ends_at, message, by),
    )


def doubt(tx: PgTx, system: str, operations: Sequence[str]) -> int:
    """See :meth:`jobs.effects.ports.DeskRows.doubt`."""
    done = tx.execute(
        """update effect set state = 'unknown', unknown_since = coalesce(unknown_since, %(now)s), due_at = %(now)s,
               asks = 0, not_found = 0, worker = null, lease_until = null, generation = generation + 1,
               code = 'restored', updated_at = %(now)s
           where system = %(system)s and operation = any(%(operations)s) and state in ('planned', 'sending')""",
        {"now": tx.now, "system": system, "operations": list(operations)},
    )
    tx.wake(queues.effects(system))
    return done.rowcount


def blockers(tx: PgTx, later_than: datetime, limit: int) -> list[Blocker]:
    """See :meth:`jobs.effects.ports.DeskRows.blockers`."""
    rows = tx.fetch(
        """select e.id, e.system, e.lane, e.state, e.due_at, coalesce(nullif(e.reason, ''), e.code) as reason, b.behind
           from effect e cross join lateral (
               select count(*)::int as behind from (
                   select from effect w where w.system = e.system and w.lane = e.lane and w.state = 'planned'
                       and not w.head limit 1000) waiting) b
           where e.head and (e.state in ('parked', 'unknown') or (e.state = 'planned' and e.due_at > %s)) and b.behind > 0
           order by e.id limit %s""",
        (later_than, limit),
    )
    return [
        Blocker(
            row["id"], row["system"], row["lane"], EffectState(row["state"]), row["due_at"], row["reason"],
            row["behind"],
        )
        for row in rows
    ]  # fmt: skip
