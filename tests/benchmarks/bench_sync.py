"""Synchronising changed dossiers to four systems that do nothing, beside the effect engine's own rate in the same run.

Ours: versions made, rules judged, effects planned and delivered, states written, follow-ups planned. The engine alone: as many
effects as calls were made, planned beforehand, with the same handlers' tables untouched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg

from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.seams import MachineClock, seeded
from jobs.effects.actors import install_limits
from jobs.effects.engine import Engine
from jobs.effects.model import NewEffect
from jobs.store.postgres.store import PgStore
from jobs.sync.assembling import plain
from jobs.sync.handlers import handlers
from jobs.sync.model import Message, Route, There
from jobs.sync.rules import Rule
from jobs.sync.service import Sync
from mappings.canonical.file import DossierFile
from tests.benchmarks import effects_rig as rig
from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.integration.sync.conftest import detail
from tests.support import database as databases

SYSTEMS = ("a", "b", "c", "d")
DOSSIERS = 1_000
BAR = 0.7


def _operation(system: str) -> Operation:
    def nothing(call: Call) -> Done:
        del call
        return Done(code="0")

    return Operation(system, "push", EffectClass.IDEMPOTENT, "by its key", nothing)


def _tell(file: DossierFile, there: There) -> Message:
    return Message("push", {"dossier": plain(file)}, file.version, there.planned_steps)


class _Case:
    def dossier(self, source_id: str) -> Any:
        made = detail()
        return replace(made, head=replace(made.head, code=f"H21.129-261124-{source_id}", source_id=source_id))


def _engine(store: PgStore, made: dict[tuple[str, str], Any]) -> Engine:
    operations = {(system, "push"): _operation(system) for system in SYSTEMS}
    install_limits(store, dict.fromkeys(SYSTEMS, rig.WIDE))
    return Engine(
        store, operations, made, clock=MachineClock(), chance=seeded(1), worker=1, lease=timedelta(seconds=90)
    )


def _drain(engine: Engine) -> int:
    done = 0
    for system in SYSTEMS:
        while moved := engine.step(system, most=300):
            done += moved
    return done


def _ours() -> dict[str, float]:
    with databases.databases() as made:
        dsn = made.create()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                """insert into dossier (code, source_id, state, updated_at)
                   select 'H21.129-261124-' || i, i::text, 'received', now() from generate_series(1, %s::int) i""",
                (DOSSIERS,),
            )
            connection.execute(
                """insert into sync_wanted (dossier_code, source_id, since, due_at)
                   select code, source_id, now(), now() - interval '1 minute' from dossier"""
            )
        store = PgStore(dsn, MachineClock(), size=2)
        sync = Sync(
            store,
            _Case(),
            dict.fromkeys(SYSTEMS, Route(("push",), _tell)),
            [Rule(s, date(2020, 1, 1)) for s in SYSTEMS],
        )
        engine = _engine(store, handlers(sync))
        begun = time.monotonic()
        sync.run()
        calls = _drain(engine)
        seconds = time.monotonic() - begun
        store.close()
        made.drop(dsn)
    if calls != DOSSIERS * len(SYSTEMS):
        raise SystemExit(f"{calls} calls")
    return {"rate": calls / seconds}


def _alone() -> dict[str, float]:
    with databases.databases() as made:
        dsn = made.create()
        store = PgStore(dsn, MachineClock(), size=2)
        engine = _engine(store, {})
        payload = {"dossier": {"code": "x" * 20, "text": "x" * 1_500}}
        rows = [
            NewEffect(key=f"{system}:{n}", system=system, operation="push", lane=f"l{n}", payload=payload)
            for n in range(DOSSIERS)
            for system in SYSTEMS
        ]
        begun = time.monotonic()
        for at in range(0, len(rows), 80):  # as many at once as a batch of dossiers makes
            with store.transaction("plan") as tx:
                tx.effects.plan(rows[at : at + 80])
        calls = _drain(engine)
        seconds = time.monotonic() - begun
        store.close()
        made.drop(dsn)
    return {"rate": calls / seconds}


CELLS: dict[str, Callable[[], dict[str, float]]] = {"ours": _ours, "alone": _alone}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """At least 0.7 of the engine alone."""
    found = harness.rounds_of("tests.benchmarks.bench_sync", list(CELLS), rounds)
    times = harness.quotient(found["ours"], found["alone"], "rate")
    ours, alone = (harness.median(found[name], "rate") for name in CELLS)
    row = Row(f"dossiers to four systems, calls/s beside the engine alone ({alone:,.0f})", f"{ours:,.0f}, {times:.2f} ×",
              f">= {BAR}", times >= BAR)  # fmt: skip
    return [row], {name: [round(cell["rate"]) for cell in cells] for name, cells in found.items()}


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_sync", CELLS, judge)
