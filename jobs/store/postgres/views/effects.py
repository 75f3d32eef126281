"""Effects for people: grouped by cause first, then one by one. Only open ones are grouped; the done are never counted."""

from __future__ import annotations

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

PAGE = 50
OPEN = ("planned", "sending", "unknown", "refused", "parked")
CARE = ("unknown", "refused", "parked")
MOST_GROUPED = 20_000


def groups(tx: PgTx) -> list[DictRow]:
    """Open effects by system, operation, state and code; counts stop at ``MOST_GROUPED`` rows (``capped``)."""
    return tx.fetch(
        """with open as (
               select system, operation, state, code, created_at from effect
               where state in ('planned', 'sending', 'unknown', 'refused', 'parked')
               limit %(most)s)
           select system, operation, state, coalesce(nullif(code, ''), 'other') as code, count(*) as count,
                  min(created_at) as since, (select count(*) from open) >= %(most)s as capped
           from open group by 1, 2, 3, 4
           order by array_position(array['parked', 'unknown', 'refused', 'sending', 'planned'], state), count desc
           limit 100""",
        {"most": MOST_GROUPED},
    )


def listing(
    tx: PgTx, *, system: str, state: str, operation: str, code: str, before: int | None
) -> list[DictRow]:
    """Effects of a filter, newest first, keyed by id; one more than a page."""
    return tx.fetch(
        """select id, system, operation, state, code, dossier_code, reference, attempt, due_at, created_at
           from effect
           where (%(system)s = '' or system = %(system)s) and (%(state)s = '' or state = %(state)s)
             and (%(operation)s = '' or operation = %(operation)s)
             and (%(code)s = '' or coalesce(nullif(code, ''), 'other') = %(code)s)
             and (%(before)s::bigint is null or id < %(before)s)
           order by id desc limit %(most)s""",
        {
            "system": system,
            "state": state,
            "operation": operation,
            "code": code,
            "before": before,
            "most": PAGE + 1,
        },
    )


def one(tx: PgTx, effect_id: int) -> DictRow | None:
    """An effect with how many wait behind it in its lane (at most 1,000 counted)."""
    return tx.fetch_one(
        """select e.*, (select count(*) from (select 1 from effect b where b.system = e.system and b.lane = e.lane
                        and b.id > e.id and b.state = 'planned' limit 1000) behind) as behind
           from effect e where e.id = %s""",
        (effect_id,),
    )


def exchanges(tx: PgTx, effect_id: int) -> list[DictRow]:
    """Calls made for an effect, newest first."""
    return tx.fetch(
        """select at, operation, direction, attempt, status, outcome, duration_ms from exchange
           where effect_id = %s order by id desc limit 50""",
        (effect_id,),
    )
