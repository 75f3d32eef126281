"""``reconcile files``: 3 x 1,000,000 lines with row validation, beside parsing the same files with Polars alone.

``python -m tests.benchmarks.bench_reconcile_files [--rounds R] [--json FILE]``. A fresh process per cell; interpreter start
and imports are not counted. The limit reads all columns of the three files into typed frames and keeps them.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from tests.benchmarks.harness import Row, median, quotient, rounds_of, run
from tests.support import reconcile_files

PAYMENTS = 1_000_000
BAR_TIMES = 2.0
BAR_MEGABYTES = 600
_FOLDER = "RECONCILE_BENCH_FOLDER"
_NUMBERS = {"Amount", "Fee", "Net", "Ghi có", "Ghi nợ"}


def _folder() -> Path:
    return Path(os.environ[_FOLDER])


def _measured(started: float, **more: float) -> dict[str, float]:
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        **more,
    }


def parse() -> dict[str, float]:
    """The limit: typed columns of all three files."""
    import polars as pl

    folder = _folder()
    kept = []
    started = time.perf_counter()
    for name in ("ours", "gateway", "bank"):
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            columns = file.readline().strip().split(",")
        schema = {column: pl.Int64() if column in _NUMBERS else pl.String() for column in columns}
        kept.append(
            pl.scan_csv(
                folder / f"{name}.csv", has_header=True, schema=schema, truncate_ragged_lines=True
            ).collect(engine="streaming")
        )
    return _measured(started, rows=sum(frame.height for frame in kept))


def reconcile() -> dict[str, float]:
    """Reading, validating, comparing and listing every break."""
    import polars as pl  # noqa: F401 - its import is not what is measured

    from connectors.statements.profile import ready_profiles
    from jobs.reconciliation import files
    from jobs.reconciliation.rules import Side

    folder = _folder()
    profiles = {Side.BANK: ready_profiles()["bank-generic-csv"]}
    sides = {"gateway": [folder / "gateway.csv"], "bank": [folder / "bank.csv"]}
    started = time.perf_counter()
    outcome = files.reconcile(
        files.Request([folder / "ours.csv"], today=date(2026, 12, 1), profiles=profiles, **sides)
    )
    measured = _measured(started, breaks=outcome.count, matched=outcome.matched)
    counts = dict(outcome.breaks.group_by("verdict", "against").len().select("verdict", "len").iter_rows())
    assert outcome.count == PAYMENTS // 1_000 * 25, counts
    assert outcome.matched == PAYMENTS // 1_000 * 975
    return measured


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Both cells in every round on the same files."""
    with tempfile.TemporaryDirectory() as folder:
        reconcile_files.write(Path(folder), PAYMENTS)
        os.environ[_FOLDER] = folder
        found = rounds_of("tests.benchmarks.bench_reconcile_files", ("parse", "reconcile"), rounds)
    ours, limit = found["reconcile"], found["parse"]
    times = quotient(ours, limit, "seconds")
    megabytes = median(ours, "megabytes")
    seconds = f"{median(ours, 'seconds'):.2f} s"
    return [
        Row("reconcile files, 3 x 1,000,000 lines", f"{seconds} = {times:.2f} x parsing alone", f"<= {BAR_TIMES} x", times <= BAR_TIMES),
        Row("its peak memory", f"{megabytes:.0f} MB", f"< {BAR_MEGABYTES} MB", megabytes < BAR_MEGABYTES),
        Row("parsing alone with Polars", f"{median(limit, 'seconds'):.2f} s"),
    ], {name: {key: median(cells, key) for key in ("seconds", "megabytes")} for name, cells in found.items()}  # fmt: skip


if __name__ == "__main__":
    run("tests.benchmarks.bench_reconcile_files", {"parse": parse, "reconcile": reconcile}, judge)
