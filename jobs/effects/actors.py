"""Wiring of the engine: one drain per system, what the sweep asks, and the first limits of each system."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import LiteralString, cast

from connectors.kit.effects import EffectClass, Operation
from jobs import queues
from jobs.broker.listener import WORKERS
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.effects.ports import DeskRows, EngineRows
from jobs.store.ports import Store

Finder = tuple[LiteralString, Mapping[str, object]]

_DUE: LiteralString = """
select 'effects.' || f.system as queue from system_flow f
where f.stopped = '' and coalesce(f.open_until <= %(now)s, true) and (
    exists (select from effect where system = f.system and state = 'unknown' and due_at <= %(now)s)
    or exists (select from generate_series(0, 9) p cross join lateral (
        select from effect where system = f.system and state = 'planned' and head and priority = p
            and due_at <= %(now)s limit 1) due))"""

_ORPHANED: LiteralString = f"""
select distinct 'effects.' || w.system as queue from (
    select distinct system, worker from effect where state = 'sending'
) w
where not exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2
    and l.classid = {WORKERS} and l.objid = w.worker
    and l.database = (select oid from pg_database where datname = current_database()))
  or exists (select from effect e where e.system = w.system and e.worker = w.worker and e.state = 'sending'
    and e.lease_until <= %(now)s)"""

FINDERS: tuple[Finder, ...] = ((_DUE, {}), (_ORPHANED, {}))
"""For the one-second sweep: systems with due work that may be called now, and systems with rows of dead workers."""


def drains(engine: Engine, systems: Iterable[str] | None = None) -> dict[str, Callable[[], None]]:
    """Queue → drain, for every system that the engine can deliver to."""
    wanted = engine.systems if systems is None else tuple(systems)
    return {queues.effects(system): partial(engine.drain, system) for system in wanted}


def doubt_after_restore(store: Store, operations: Mapping[tuple[str, str], Operation]) -> int:
    """After an older backup was put back: nothing that must not happen twice leaves before it was asked for (M13).

    What was planned then may have been sent since. Everything that may not simply be repeated becomes unknown: it is asked,
    or waits for evidence and for people. To be called before the first worker starts; safe to repeat.
    """
    repeatable = (EffectClass.READ, EffectClass.IDEMPOTENT)
    names: dict[str, list[str]] = {}
    for (system, name), operation in operations.items():
        if operation.effect_class not in repeatable:
            names.setdefault(system, []).append(name)
    with store.transaction("effect-doubt") as tx:
        return sum(cast("DeskRows", tx.effects).doubt(system, each) for system, each in names.items())


def install_limits(store: Store, limits: Mapping[str, Limits]) -> None:
    """Make the flow row of each system that has none yet; what people changed stays."""
    with store.transaction("effect-limits") as tx:
        for system, each in limits.items():
            cast("EngineRows", tx.effects).limit(system, each)
