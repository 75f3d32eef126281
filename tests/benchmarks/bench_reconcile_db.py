"""1,000 new lines against millions stored: loaded, judged and matched durably, beside the bare look-up by array.

``python -m tests.benchmarks.bench_reconcile_db [--stored N] [--rounds R] [--json FILE]``. The database is made by the run
(``tests.support.database``); every round loads a session that nobody has seen. Reading the file's text is timed apart: the
bar speaks of the database.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict
from pathlib import Path

import psycopg

from connectors.statements.profile import ready_profiles
from jobs.reconciliation.judging import Judge
from jobs.reconciliation.loading import Loader, read_settlement_file
from jobs.reconciliation.ports import Recorded
from jobs.reconciliation.sessions import PlainCalendar
from jobs.store.postgres.store import PgStore
from tests.benchmarks.harness import Row
from tests.integration.reconciliation.conftest import TEST_OURS
from tests.support.clock import VirtualClock
from tests.support.database import databases
from tests.support.session_files import settlement

NEW = 1_000
BAR = 4.0
_FILL = """
insert into settlement_file (partner, session, terminal, profile, name, digest, version, row_count, gross, fee, net, raw,
    loaded_at, loaded_by) values ('past', '2025-01-01', 'X', 'p', 'n', 'd', 1, 0, 0, 0, 0, '', now(), 'x');
insert into settlement_line (file_id, row_number, kind, reference, provider_reference, original_reference, gross, fee, net,
    status, session)
select 1, n, 1, 'LT' || lpad((n::bigint * 7919 % {stored})::text, 14, '0'), (14000000 + n)::text, '', 50000, 0, 50000, 1, '2025-01-01'
from generate_series(1, {stored}) n;
insert into test_ours (kind, reference, provider_reference, amount, status, at, route)
select 1, 'NEW' || lpad(n::text, 13, '0'), 'P' || n, 50000, 1, '2026-11-20 05:00+00', 0 from generate_series(1, {ours}) n;
"""


def measure(stored: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each round."""
    found: dict[str, list[float]] = {"lookup": [], "load": [], "read": []}
    with databases() as made:
        dsn = made.create()
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute(Path("tests/integration/reconciliation/money_tables.sql").read_text("utf-8"))
            owner.execute(_FILL.format(stored=stored, ours=NEW * (rounds + 2)))
            owner.execute("vacuum analyze settlement_line")
            owner.execute("vacuum analyze test_ours")
        store = PgStore(dsn, VirtualClock())
        loader = Loader(Judge(TEST_OURS, PlainCalendar(), Recorded()))
        profile = ready_profiles()["vnpay-session"]
        for number in range(rounds + 1):
            first = number * NEW
            rows = [
                {"reference": f"NEW{n:013d}", "number": f"P{n}"} for n in range(first + 1, first + NEW + 1)
            ]
            raw = settlement(rows, terminal=f"LIENTH{number:02d}")
            some = [f"LT{(n * 7_919) % stored:014d}" for n in range(first, first + NEW)]
            took = {"lookup": _timed(lambda some=some: _look_up(store, some))}
            started = time.perf_counter()
            read = read_settlement_file(raw, profile, "")
            took["read"] = (time.perf_counter() - started) * 1_000
            took["load"] = _timed(lambda read=read, raw=raw: _load(store, loader, read, raw))
            if number:  # the first round warms caches and plans
                for name, value in took.items():
                    found[name].append(value)
            sys.stderr.write(f"  {number}/{rounds} {took}\n")
        store.close()
        made.drop(dsn)
    return found


def _timed(work) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def _look_up(store: PgStore, references: list[str]) -> None:
    with store.transaction("look-up") as tx:
        assert (
            len(
                tx.fetch(
                    "select id, gross, status from settlement_line where reference = any(%s)", (references,)
                )
            )
            == NEW
        )


def _load(store: PgStore, loader: Loader, read, raw: bytes) -> None:
    with store.transaction("load") as tx:
        done = loader.settlement(tx, read, raw, partner="vnpay", name="n", by="bench")
    assert done.breaks == 0, done


def main() -> None:
    """Print one JSON object; exit 1 when the bar is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("--stored", type=int, default=10_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    found = measure(chosen.stored, chosen.rounds)
    medians = {name: statistics.median(values) for name, values in found.items()}
    quotient = statistics.median(a / b for a, b in zip(found["load"], found["lookup"], strict=True))
    row = Row(
        f"{NEW:,} new lines against {chosen.stored:,} stored, verdicts durable",
        f"{medians['load']:.0f} ms = {quotient:.1f} x bare look-up ({medians['lookup']:.1f} ms)",
        f"<= {BAR} x",
        quotient <= BAR,
    )
    result = {
        "name": "reconcile_db",
        "rounds": chosen.rounds,
        "rows": [asdict(row)],
        "facts": medians,
        "passed": row.good,
    }
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(result, ensure_ascii=False, indent=1), "utf-8")
    raise SystemExit(0 if result["passed"] else 1)


if __name__ == "__main__":
    main()
