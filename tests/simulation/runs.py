"""Runs many histories, adds them up, and says what was reached."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import faults
from tests.simulation.history import BRANCHES, Outcome, play

LARGEST = 5_000
ENOUGH_FOR_FAULTS = 4_000
ENOUGH_FOR_BRANCHES = 20_000
MOST_TOLD = 50


@dataclass(slots=True)
class Total:
    """All histories of a run together. ``wrong``: sentences, each with the history that it comes from."""

    seed: int
    histories: int = 0
    payments: int = 0
    refunds: int = 0
    settled: int = 0
    steps: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    trace: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def add(self, number: int, outcome: Outcome) -> None:
        self.histories += 1
        self.payments += outcome.payments
        self.refunds += outcome.refunds
        self.settled += outcome.settled
        self.steps += outcome.steps
        self.seen.update(outcome.seen)
        self.reached.update(outcome.reached)
        self.wrong += [f"history {number}: {sentence}" for sentence in outcome.wrong]
        self.trace.update(bytes.fromhex(outcome.trace))

    @property
    def missing(self) -> list[str]:
        """Kinds of faults and rare branches that a run of this size should have reached."""
        wanted = list(faults.ALL) if self.payments >= ENOUGH_FOR_FAULTS else []
        found = [kind for kind in wanted if not self.seen[kind]]
        wanted = list(BRANCHES) if self.payments >= ENOUGH_FOR_BRANCHES else []
        return found + [branch for branch in wanted if not self.reached[branch]]

    @property
    def good(self) -> bool:
        return not self.wrong and not self.missing

    def document(self) -> dict[str, Any]:
        """For other programs."""
        return {
            "seed": self.seed, "payments": self.payments, "refunds": self.refunds, "refunds_settled": self.settled,
            "histories": self.histories, "steps": self.steps, "trace": self.trace.hexdigest(),
            "faults": dict(sorted(self.seen.items())), "branches": dict(sorted(self.reached.items())),
            "not_reached": self.missing, "wrong": self.wrong[:MOST_TOLD], "wrong_count": len(self.wrong),
        }  # fmt: skip

    def text(self, seconds: float) -> str:
        """For a person."""
        lines = [
            f"{self.payments:,} payments and {self.refunds:,} refunds ({self.settled:,} settled)",
            f"{self.histories:,} histories, {self.steps:,} steps, {seconds:,.1f} s ({self.payments / max(seconds, 0.001):,.0f}/s)",
            f"trace {self.trace.hexdigest()}",
            "faults   " + ", ".join(f"{kind} {n:,}" for kind, n in sorted(self.seen.items())),
            "branches " + ", ".join(f"{name} {n:,}" for name, n in sorted(self.reached.items())),
        ]
        if self.missing:
            lines.append("NOT REACHED: " + ", ".join(self.missing))
        lines += self.wrong[:MOST_TOLD]
        lines.append(f"{len(self.wrong):,} wrong" if self.wrong else "0 đồng unaccounted, 0 refunds twice")
        return "\n".join(lines)


def run(
    payments: int,
    seed: int,
    *,
    processes: int = 0,
    only: int | None = None,
    tell: Callable[[Total], None] = lambda _: None,
) -> Total:
    """``payments`` payments in histories, the last one shorter."""
    orders = [
        (seed, number, min(LARGEST, payments - first))
        for number, first in enumerate(range(0, payments, LARGEST))
        if only is None or number == only
    ]
    total = Total(seed)
    for (_, number, _), outcome in zip(
        orders, _played(orders, processes or os.cpu_count() or 1), strict=True
    ):
        total.add(number, outcome)
        tell(total)
    return total


def _played(orders: list[tuple[int, int, int]], processes: int) -> Iterator[Outcome]:
    if processes == 1 or len(orders) == 1:
        yield from map(_one, orders)
        return
    # Fresh processes: nothing of this one (threads, connections) may leak into a history.
    with multiprocessing.get_context("spawn").Pool(processes, maxtasksperchild=25) as pool:
        yield from pool.imap(_one, orders)


def _one(order: tuple[int, int, int]) -> Outcome:
    return play(*order)
