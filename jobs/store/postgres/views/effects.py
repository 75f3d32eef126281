"""Effects for people: grouped by cause first, then one by one. Only open ones are grouped; the done are never counted."""

from __future__ import annotations

from typing import LiteralString

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

PAGE = 50
OPEN = ("planned", "sending", "unknown", "refused", "parked")
CARE = ("unknown", "refused", "parked")
MOST_GROUPED = 10_000
LOOKED_THROUGH = 100_000
_LISTED: LiteralString = (
    "id, system, operation, state, code, dossier_code, reference, attempt, due_at, created_at"
)
_ASKED: LiteralString = """(%(system)s = '' or system = %(system)s) and (%(state)s = '' or state = %(state)s)
    and (%(operation)s = '' or operation = %(operation)s)
    and (%(code)s = '' or coalesce(nullif(code, ''), 'other') = %(code)s)
    and (%(before)s::bigint is null or id < %(before)s)"""


# Each part has a small index of its own; together they are everything that is not over.
_OPEN_PARTS = (
    "state = 'planned' and head",
    "state = 'planned' and not head",
    "state = 'sending'",
    "state in ('unknown', 'refused', 'parked')",
)


def open_effects(
    columns: LiteralString, where: LiteralString = "true", *, newest: bool = False
) -> LiteralString:
    """A query for open effects, at most ``%(most)s``; never reads those that are done.

    Args:
        columns, where: SQL of ours, never a value from outside.
        newest: the newest first; ``id`` must be among the columns.
    """
    order: LiteralString = "order by id desc" if newest else ""
    parts: LiteralString = " union all ".join(
        f"(select {columns} from effect where {part} and {where} {order} limit %(most)s)"
        for part in _OPEN_PARTS
    )
    return f"select * from ({parts}) open {order} limit %(most)s"


def groups(tx: PgTx) -> list[DictRow]:
    """Open effects by system, operation, state and code; counts stop at ``MOST_GROUPED`` rows (``capped``)."""
    return tx.fetch(
        f"""with open as ({open_effects("system, operation, state, code, created_at")})
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
    """Effects of a filter, newest first, keyed by id; one more than a page.

    Open ones are found wherever they stand. Of those that are over the newest ``LOOKED_THROUGH`` below ``before`` are
    looked through: a rare filter must not read the years.
    """
    asked = {
        "system": system, "state": state, "operation": operation, "code": code, "before": before,
        "most": PAGE + 1, "window": LOOKED_THROUGH,
    }  # fmt: skip
    if state in OPEN:
        return tx.fetch(f"{open_effects(_LISTED, _ASKED, newest=True)}", asked)
    rows = tx.fetch(
        f"""select {_LISTED} from effect
            where {_ASKED} and id >= coalesce(%(before)s, (select max(id) from effect)) - %(window)s
            order by id desc limit %(most)s""",
        asked,
    )
    if not state and len(rows) <= PAGE:
        ids = {row["id"] for row in rows}
        older = tx.fetch(f"{open_effects(_LISTED, _ASKED, newest=True)}", asked)
        rows = sorted([*rows, *(row for row in older if row["id"] not in ids)], key=lambda row: -row["id"])
    return rows[: PAGE + 1]


def one(tx: PgTx, effect_id: int) -> DictRow | None:
    """An effect with how many wait behind it in its lane (at most 1,000 counted)."""
    return tx.fetch_one(
        """select e.*, (select count(*) from (select 1 from effect b where b.system = e.system and b.lane = e.lane
                        and b.id > e.id and b.state = 'planned' and not b.head limit 1000) behind) as behind
           from effect e where e.id = %s""",
        (effect_id,),
    )


def exchanges(tx: PgTx, effect_id: int) -> list[DictRow]:
    """Calls made for an effect, newest first, with what anybody may see of them."""
    return tx.fetch(
        """select id, at, operation, direction, attempt, status, outcome, duration_ms, request_summary, response_summary,
                  exists (select from exchange_body b where b.exchange_id = exchange.id) as kept
           from exchange where effect_id = %s order by id desc limit 50""",
        (effect_id,),
    )
