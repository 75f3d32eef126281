"""How long a person waits: help, the first start on an empty directory, a restart; and what the idle product weighs.

A cell is a whole installation on the embedded default: database, endpoints, two workers, sweep. Memory is the proportional
set size of all its processes, half a minute (or ``BENCH_IDLE_SECONDS``) after the start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.support.embedded import short_home
from tests.support.installation import ROOT, Installation

IDLE_SECONDS = float(os.environ.get("BENCH_IDLE_SECONDS", "10"))


def _help() -> dict[str, float]:
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "adapters.cli.main", "--help"], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
    )
    return {"seconds": round(time.monotonic() - began, 3)}


def _installation() -> dict[str, float]:
    with short_home() as place:
        installation = Installation(place / "home", "--sandbox", "--no-play")
        first = _started(installation)
        time.sleep(IDLE_SECONDS)
        weighed = [process.memory_full_info().pss for process in installation.family()]
        began = time.monotonic()
        installation.stop()
        stopped = time.monotonic() - began
        again = _started(installation)
        installation.stop()
        return {
            "first_start": round(first, 2),
            "restart": round(again, 2),
            "stop": round(stopped, 2),
            "idle_mb": round(sum(weighed) / 1e6, 1),
            "processes": len(weighed),
        }


def _started(installation: Installation) -> float:
    began = time.monotonic()
    installation.start()
    return time.monotonic() - began


CELLS = {"help": _help, "installation": _installation}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The bars of the start and of the idle product."""
    found = harness.rounds_of("tests.benchmarks.bench_start", list(CELLS), rounds)
    whole = found["installation"]
    shown = harness.median(found["help"], "seconds")
    first, again = harness.median(whole, "first_start"), harness.median(whole, "restart")
    idle = harness.median(whole, "idle_mb")
    rows = [
        Row("help", f"{shown:.2f} s", "< 0.3 s", shown < 0.3),
        Row("first start to /readyz", f"{first:.1f} s", "< 8 s", first < 8),
        Row("restart to /readyz", f"{again:.1f} s", "< 3 s", again < 3),
        Row("clean stop", f"{harness.median(whole, 'stop'):.1f} s"),
        Row("idle, PSS of all processes", f"{idle:.0f} MB", "< 300 MB", idle < 300),
    ]
    return rows, {
        name: {key: harness.median(cells, key) for key in cells[0]} for name, cells in found.items()
    }


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_start", CELLS, judge)
