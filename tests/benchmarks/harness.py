"""How everything is measured here: rounds outermost, rivals interleaved, a fresh process per cell, medians.

A benchmark is a module ``tests.benchmarks.bench_NAME`` that runs one cell with ``--cell NAME`` (printing one JSON object)
and everything without it (printing one JSON object with ``name``, ``rows`` and ``passed``).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Cell = Callable[[], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        good: ``None`` for a line that is only for orientation.
    """

    what: str
    measured: str
    bar: str = ""
    good: bool | None = None


def rounds_of(
    module: str, cells: Sequence[str], rounds: int, *, timeout: float = 300
) -> dict[str, list[dict[str, float]]]:
    """Every cell in every round, each in a process of its own."""
    found: dict[str, list[dict[str, float]]] = {cell: [] for cell in cells}
    for number in range(rounds):
        for cell in cells:
            done = subprocess.run(
                [sys.executable, "-m", module, "--cell", cell],
                stdout=subprocess.PIPE, check=True, text=True, timeout=timeout,
            )  # fmt: skip
            found[cell].append(json.loads(done.stdout.splitlines()[-1]))
            sys.stderr.write(f"  {number + 1}/{rounds} {cell}: {found[cell][-1]}\n")
    return found


def median(cells: Sequence[Mapping[str, float]], key: str) -> float:
    """The median of one number over the rounds."""
    return statistics.median(cell[key] for cell in cells)


def quotient(ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]], key: str) -> float:
    """The median of the quotients of each round."""
    return statistics.median(a[key] / b[key] for a, b in zip(ours, theirs, strict=True))


def at(sample: Sequence[float], share: float) -> float:
    """The value below which this share of a sample lies."""
    ordered = sorted(sample)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run(
    module: str, cells: Mapping[str, Cell], judge: Callable[[int], tuple[list[Row], dict[str, Any]]]
) -> None:
    """The command line of one benchmark; exit 1 when a bar is missed.

    Args:
        cells: what ``--cell`` runs.
        judge: measures that many rounds; the rows of the table and the medians behind them.
    """
    options = argparse.ArgumentParser()
    options.add_argument("--cell", choices=sorted(cells))
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    if chosen.cell:
        sys.stdout.write(json.dumps(cells[chosen.cell]()) + "\n")
        return
    rows, facts = judge(chosen.rounds)
    result = {
        "name": module.rpartition("bench_")[2],
        "rounds": chosen.rounds,
        "rows": [asdict(row) for row in rows],
        "facts": facts,
        "passed": all(row.good is not False for row in rows),
    }
    sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(result, ensure_ascii=False, indent=1), "utf-8")
    raise SystemExit(0 if result["passed"] else 1)
