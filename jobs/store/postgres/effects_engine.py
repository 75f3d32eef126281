"""The engine's statements on effect rows: claims, asks, orphans, outcomes. All of them take sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow

from jobs import queues
from jobs.broker.listener import WORKERS
from jobs.effects.model import LOWEST_PRIORITY
from jobs.effects.rows import Change, Held, Standing
from jobs.store.postgres.arrays import moments, numbers, texts
from jobs.store.postgres.tx import PgTx

_HELD: LiteralString = """e.id, e.key, e.system, e.operation, e.lane, e.payload, e.dossier_code, e.reference, e.correlation_id,
    e.cause, e.state, e.attempt, e.generation, e.created_at, e.due_at, e.tries, e.asks, e.not_found, e.deaths, e.worker,
    e.lease_until, e.first_sent_at, e.unknown_since, e.outcome"""

_WHICH: dict[str, LiteralString] = {
    "any": "and deaths < 2",
    "fresh": "and deaths < 2 and attempt = 0",
    "repeat": "and deaths < 2 and attempt > 0",
    "suspect": "and deaths >= 2",
}

# Priorities are few: one look into the index for each of them passes by whatever is due later.
_CLAIM: LiteralString = """
with picked as materialized (
    select w.id from generate_series(0, {lowest}) p cross join lateral (
        select id from effect
        where system = %(system)s and state = 'planned' and head and priority = p and due_at <= %(now)s
          and operation = any(%(operations)s) {which}
        order by due_at, id limit %(limit)s for update skip locked
    ) w limit %(limit)s
)
update effect e set state = 'sending', attempt = attempt + 1, tries = tries + 1, generation = generation + 1,
    worker = %(worker)s, lease_until = %(lease_until)s, first_sent_at = coalesce(first_sent_at, %(now)s),
    updated_at = %(now)s
where e.id = any(array(select id from picked))
returning {held}"""

_CLAIMS = {
    name: _CLAIM.format(which=which, held=_HELD, lowest=LOWEST_PRIORITY) for name, which in _WHICH.items()
}

_ASK: LiteralString = """
with picked as materialized (
    select id from effect where system = %(system)s and state = 'unknown' and due_at <= %(now)s
      and operation = any(%(operations)s)
    order by due_at limit %(limit)s for update skip locked
)
update effect e set asks = asks + 1, generation = generation + 1, due_at = %(again_at)s, updated_at = %(now)s
where e.id = any(array(select id from picked))
returning {held}"""

_APPLY: LiteralString = """
update effect e set state = c.state, head = e.head and c.state in ('planned', 'unknown', 'parked'), due_at = c.due_at,
    attempt = c.attempt, tries = c.tries, asks = c.asks, not_found = c.not_found, deaths = c.deaths,
    generation = e.generation + 1, worker = null, lease_until = null, first_sent_at = c.first_sent_at,
    unknown_since = c.unknown_since, code = c.code, message = c.message, reason = c.reason,
    outcome = coalesce(c.outcome::jsonb, e.outcome), updated_at = %(now)s,
    finished_at = case when c.state in ('done', 'refused', 'cancelled') then %(now)s::timestamptz end
from unnest(%(id)s::bigint[], %(generation)s::int[], %(state)s::text[], %(due_at)s::timestamptz[], %(attempt)s::int[],
    %(tries)s::int[], %(asks)s::int[], %(not_found)s::int[], %(deaths)s::int[], %(first_sent_at)s::timestamptz[],
    %(unknown_since)s::timestamptz[], %(code)s::text[], %(message)s::text[], %(reason)s::text[], %(outcome)s::text[]
    ) as c(id, generation, state, due_at, attempt, tries, asks, not_found, deaths, first_sent_at, unknown_since, code,
           message, reason, outcome)
where e.id = any(%(id)s::bigint[]) and e.id = c.id and e.generation = c.generation
returning e.id"""

# What ends well changes little: the same as above for the columns that move.
_DONE: LiteralString = """
update effect e set state = 'done', head = false, due_at = null, deaths = 0, generation = e.generation + 1,
    worker = null, lease_until = null, unknown_since = null, code = c.code, message = '', reason = '',
    outcome = c.outcome::jsonb, updated_at = %(now)s, finished_at = %(now)s
from unnest(%(id)s::bigint[], %(generation)s::int[], %(code)s::text[], %(outcome)s::text[])
    as c(id, generation, code, outcome)
where e.id = any(%(id)s::bigint[]) and e.id = c.id and e.generation = c.generation
returning e.id"""

# A statement of its own: it must see what was put behind a row while the statement before waited for its lock.
_PROMOTE: LiteralString = """
update effect e set head = true, updated_at = %(now)s where e.id = any(array(
    select n.id from {lanes} cross join lateral (
        select w.id from effect w where w.system = l.system and w.lane = l.lane and w.state = 'planned' and not w.head
        and not exists (select from effect h where h.system = l.system and h.lane = l.lane and h.head)
        order by w.id limit 1) n))
returning e.system"""
_PROMOTE_LANES: LiteralString = _PROMOTE.format(
    lanes="unnest(%(system)s::text[], %(lane)s::text[]) as l(system, lane)"
)
# Behind rows that this transaction has closed.
_PROMOTE_BEHIND: LiteralString = _PROMOTE.format(
    lanes="""(select distinct system, lane from effect where id = any(%(id)s::bigint[])
              and state in ('done', 'refused', 'cancelled')) l"""
)

_LITERALS: dict[str, Callable[[Any], str]] = {
    name: texts if name in ("state", "code", "message", "reason", "outcome")
    else moments if name in ("due_at", "first_sent_at", "unknown_since")
    else numbers
    for name in Change._fields
}  # fmt: skip

_IN_HAND: LiteralString = f"""
select w.worker, exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.classid = {WORKERS} and l.objid = w.worker
        and l.database = (select oid from pg_database where datname = current_database())) as alive
from (select distinct worker from effect where system = %s and state = 'sending') w"""

_ORPHANS: LiteralString = """
select {held} from effect e where e.system = %s and e.state = 'sending' and e.worker <> %s
  and (e.worker = any(%s) or e.lease_until <= %s)
order by e.id limit %s for update skip locked"""


def claim(
    tx: PgTx,
    system: str,
    operations: Sequence[str],
    limit: int,
    *,
    worker: int,
    lease_until: datetime,
    which: str,
) -> list[Held]:
    """See :meth:`jobs.effects.ports.EngineRows.claim`."""
    rows = held(tx, *_claiming(tx, system, operations, limit, worker, lease_until, which))
    rows.sort()
    return rows


def claim_under_flow(
    tx: PgTx,
    flow: tuple[LiteralString, dict[str, Any]],
    system: str,
    operations: Sequence[str],
    limit: int,
    *,
    worker: int,
    lease_until: datetime,
) -> tuple[DictRow | None, list[Held]]:
    """The flow row (``None``: there is none yet) and the claim in one round trip."""
    reading = tx.connection.cursor()
    claiming = tx.connection.cursor(row_factory=_held_row)
    with tx.connection.pipeline():
        reading.execute(*flow)
        claiming.execute(*_claiming(tx, system, operations, limit, worker, lease_until, "any"))
        row = reading.fetchone()
        rows = claiming.fetchall()
    rows.sort()
    return row, rows


def _claiming(
    tx: PgTx,
    system: str,
    operations: Sequence[str],
    limit: int,
    worker: int,
    lease_until: datetime,
    which: str,
) -> tuple[LiteralString, dict[str, Any]]:
    return _CLAIMS[which], {
        "system": system, "operations": list(operations), "limit": limit, "worker": worker,
        "lease_until": lease_until, "now": tx.now,
    }  # fmt: skip


def claim_asks(
    tx: PgTx, system: str, operations: Sequence[str], limit: int, again_at: datetime
) -> list[Held]:
    """See :meth:`jobs.effects.ports.EngineRows.claim_asks`."""
    parameters = {
        "system": system, "operations": list(operations), "limit": limit, "again_at": again_at, "now": tx.now,
    }  # fmt: skip
    return held(tx, _ASK.format(held=_HELD), parameters)


def in_hand_of(tx: PgTx, system: str) -> dict[int, bool]:
    """See :meth:`jobs.effects.ports.EngineRows.in_hand_of`."""
    return {row["worker"]: row["alive"] for row in tx.fetch(_IN_HAND, (system,))}


def orphans(tx: PgTx, system: str, limit: int, *, besides: int, dead: Sequence[int]) -> list[Held]:
    """See :meth:`jobs.effects.ports.EngineRows.orphans`."""
    return held(tx, _ORPHANS.format(held=_HELD), (system, besides, list(dead), tx.now, limit))


def by_id(tx: PgTx, effect_id: int) -> Held | None:
    """See :meth:`jobs.effects.ports.EngineRows.by_id`."""
    rows = held(tx, f"select {_HELD} from effect e where e.id = %s for no key update", (effect_id,))
    return rows[0] if rows else None


def by_key(tx: PgTx, key: str) -> Held | None:
    """The row of a key, not locked."""
    rows = held(tx, f"select {_HELD} from effect e where e.key = %s", (key,))
    return rows[0] if rows else None


def by_keys(tx: PgTx, keys: Sequence[str]) -> list[Held]:
    """The rows of these keys, locked in order of their ids."""
    return held(
        tx,
        f"select {_HELD} from effect e where e.key = any(%s) order by e.id for no key update",
        (list(keys),),
    )


def standing(tx: PgTx, ids: Sequence[int]) -> dict[int, Standing]:
    """See :meth:`jobs.effects.ports.EngineRows.standing`."""
    cursor = tx.connection.cursor(row_factory=psycopg.rows.tuple_row)
    cursor.execute(
        "select id, state, generation, attempt, worker from effect where id = any(%s::bigint[])",
        (numbers(ids),),
    )
    return {row[0]: Standing(*row[1:]) for row in cursor}


def apply(tx: PgTx, changes: Sequence[Change]) -> set[int]:
    """See :meth:`jobs.effects.ports.EngineRows.apply`."""
    done: list[Change] = []
    other: list[Change] = []
    for change in changes:
        (done if change.state == "done" else other).append(change)
    written: set[int] = set()
    if done:
        columns = {
            "id": numbers([c.id for c in done]),
            "generation": numbers([c.generation for c in done]),
            "code": texts([c.code for c in done]),
            "outcome": texts([c.outcome for c in done]),
            "now": tx.now,
        }
        written.update(row[0] for row in _written_and_promoted(tx, _DONE, columns))
    if other:
        named = {
            name: _LITERALS[name](column)
            for name, column in zip(Change._fields, zip(*other, strict=True), strict=True)
        }
        written.update(row[0] for row in _written_and_promoted(tx, _APPLY, {**named, "now": tx.now}))
    return written


def _written_and_promoted(tx: PgTx, sql: LiteralString, columns: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Both statements in one round trip. The second one sees what the first one waited for: it has its own snapshot."""
    write = tx.connection.cursor(row_factory=psycopg.rows.tuple_row)
    follow = tx.connection.cursor(row_factory=psycopg.rows.tuple_row)
    with tx.connection.pipeline():
        write.execute(sql, columns)
        follow.execute(_PROMOTE_BEHIND, columns)
        for (system,) in follow.fetchall():
            tx.wake(queues.effects(system))
        return write.fetchall()


def promote(tx: PgTx, lanes: Sequence[tuple[str, str]]) -> None:
    """Make the next waiting row of each of these lanes the head where they have none."""
    columns = {
        "system": texts([system for system, _ in lanes]),
        "lane": texts([lane for _, lane in lanes]),
        "now": tx.now,
    }
    for row in tx.fetch(_PROMOTE_LANES, columns):
        tx.wake(queues.effects(row["system"]))


def held(tx: PgTx, sql: LiteralString, parameters: Any) -> list[Held]:
    """The rows of a select list ``_HELD``."""
    return tx.connection.cursor(row_factory=_held_row).execute(sql, parameters).fetchall()


def _held_row(_cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Held]:
    return Held._make
