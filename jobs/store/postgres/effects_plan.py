"""Planning effects: the outbox side, in the transaction of the cause."""

from __future__ import annotations

from collections.abc import Sequence

from jobs import queues
from jobs.effects.model import AT_ONCE, LOWEST_PRIORITY, NewEffect
from jobs.errors import SerialConflict
from jobs.store.postgres.arrays import encoded, moments, numbers, texts
from jobs.store.postgres.tx import PgTx

_ROUNDS = 20

# One round writes every row whose lane has a head, and the first row of every lane that has none. The heads found are
# locked: who closes one of them must wait for us, and then sees what we put behind it. What another transaction wrote
# at the same moment makes ON CONFLICT skip a row; the next round sees why.
_PLAN = """
with given as materialized (
    select g.* from unnest(
        %(ord)s::int[], %(key)s::text[], %(system)s::text[], %(operation)s::text[], %(lane)s::text[],
        %(payload)s::text[], %(dossier_code)s::text[], %(reference)s::text[], %(correlation_id)s::text[],
        %(cause)s::text[], %(priority)s::int[], %(due_at)s::timestamptz[]
    ) as g(ord, key, system, operation, lane, payload, dossier_code, reference, correlation_id, cause, priority, due_at)
    where not exists (select from effect k where k.key = g.key)
), lanes as materialized (
    select distinct system, lane from given
), held as materialized (
    select e.system, e.lane from effect e join lanes using (system, lane) where e.head order by e.id for share of e
), placed as (
    select g.*, (g.system, g.lane) not in (select system, lane from held) as free,
           row_number() over (partition by g.system, g.lane order by g.ord) as place
    from given g
)
insert into effect (key, system, operation, lane, head, priority, dossier_code, reference, correlation_id, cause,
                    payload, state, due_at, created_at, updated_at)
select key, system, operation, lane, free, priority, dossier_code, reference, correlation_id, cause,
       payload::jsonb, 'planned', due_at, %(now)s, %(now)s
from placed where not free or place = 1 order by ord
on conflict do nothing
returning key
"""
_KNOWN = "select key from effect where key = any(%s)"


def plan(tx: PgTx, effects: Sequence[NewEffect]) -> list[bool]:
    """See :meth:`jobs.effects.ports.EffectRows.plan`."""
    wanted: dict[str, NewEffect] = {}
    for effect in effects:
        wanted.setdefault(effect.key, effect)
    written: set[str] = set()
    left = list(wanted.values())
    for _ in range(_ROUNDS):
        if not left:
            break
        new = {row["key"] for row in tx.fetch(_PLAN, _columns(tx, left))}
        written |= new
        left = [effect for effect in left if effect.key not in new]
        if left:
            known = {row["key"] for row in tx.fetch(_KNOWN, ([effect.key for effect in left],))}
            left = [effect for effect in left if effect.key not in known]
    else:
        raise SerialConflict(f"{tx.name}: lanes kept changing")
    for effect in wanted.values():
        if effect.key in written and (effect.due_at is None or effect.due_at <= tx.now):
            tx.wake(queues.effects(effect.system))
    answers = []
    for effect in effects:
        answers.append(effect.key in written)
        written.discard(effect.key)
    return answers


def _columns(tx: PgTx, effects: Sequence[NewEffect]) -> dict[str, object]:
    columns: dict[str, object] = {
        name: texts([getattr(effect, name) for effect in effects])
        for name in (
            "key", "system", "operation", "lane", "dossier_code", "reference", "correlation_id", "cause",
        )
    }  # fmt: skip
    columns["ord"] = numbers(range(len(effects)))
    columns["payload"] = texts([encoded(effect.payload) for effect in effects])
    columns["priority"] = numbers([min(max(effect.priority, 0), LOWEST_PRIORITY) for effect in effects])
    columns["due_at"] = moments([effect.due_at or tx.now - AT_ONCE for effect in effects])
    columns["now"] = tx.now
    return columns
