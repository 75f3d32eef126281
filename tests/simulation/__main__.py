"""``python -m tests.simulation --payments N --seed S``: many histories of the real core, each checked to the đồng.

A run is cut into histories of at most 5,000 payments: each draws its own faults, ends, is checked and forgotten, so
memory does not grow with N. The same seed gives the same trace hash, whatever the number of processes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from tests.simulation.runs import Total, run


def main() -> int:
    """0 when nothing was wrong and every kind of fault was reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--payments", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=0, help="0: one per processor")
    parser.add_argument("--only", type=int, default=None, help="one history of the run, to look at it")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    begun = time.monotonic()

    def tell(total: Total) -> None:
        if sys.stderr.isatty() or total.histories % 20 == 0:
            rate = total.payments / (time.monotonic() - begun)
            line = f"{total.payments:,} payments, {total.refunds:,} refunds, {rate:,.0f}/s, {len(total.wrong)} wrong"
            sys.stderr.write(line + "\n")

    total = run(given.payments, given.seed, processes=given.processes, only=given.only, tell=tell)
    seconds = time.monotonic() - begun
    if given.json:
        sys.stdout.write(
            json.dumps(total.document() | {"seconds": round(seconds, 2)}, ensure_ascii=False, indent=1) + "\n"
        )
    else:
        sys.stdout.write(total.text(seconds) + "\n")
    return 0 if total.good else 1


if __name__ == "__main__":
    raise SystemExit(main())
