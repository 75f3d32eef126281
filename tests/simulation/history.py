"""One history: citizens, partners, people and faults drawn from one seed, on the real core; then peace, then the check."""

from __future__ import annotations

import gc
import hashlib
import heapq
import itertools
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog

from connectors.errors import Unavailable
from jobs.effects.actors import install_limits
from jobs.effects.flow import Limits
from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from jobs.store.memory.effects_table import living
from jobs.store.memory.store import MemoryStore
from tests.simulation import faults as kinds
from tests.simulation.case_client import CaseClient
from tests.simulation.citizens import Citizens
from tests.simulation.faults import Crash, Faults
from tests.simulation.house import LEASE, SYSTEMS, House, Parts, SimulatedIds
from tests.simulation.offices import Offices
from tests.simulation.operations import Wire, operations
from tests.simulation.picture import taken
from tests.simulation.refunding import furnish
from tests.simulation.world import World
from tests.support import checker
from tests.support.clock import MONDAY_MORNING, VirtualClock

BRANCHES = (
    "payment EXPIRED", "payment FAILED", "payment REVERSED", "payment SUSPECT", "payment UNKNOWN",
    "refund ACCEPTED", "refund DECLINED", "refund REJECTED", "refund RELEASED", "refund RETURNED_BY_BANK",
    "refund SENT_TO_BANK", "refund SETTLED", "refund UNKNOWN",
    "gateway said 94", "gateway said 09 after accepting", "gateway said no refund of this payment",
    "parked: killed-its-worker", "parked: still-unknown", "feed found the case system away", "forged notice refused",
    "process saw CommitUnknown", "process saw StoreUnavailable", "refused: changed", "refused: no-right",
    "refused: same-person",
)  # fmt: skip
"""Rare branches that a large run must have reached."""
ARRIVALS = timedelta(seconds=0.3)
SWEEP = timedelta(seconds=120)
FEED = timedelta(minutes=3)
DAYS_OF_PEACE = 9
_BEFORE = ("killed_before_commit", "commit_lost", "store_away")
_AFTER = ("killed_after_commit", "commit_answer_lost")
_AWAY = (StoreUnavailable, CommitUnknown, SerialConflict)


@dataclass(slots=True)
class Outcome:
    """What a history leaves behind."""

    payments: int
    refunds: int
    settled: int
    steps: int
    trace: str
    seen: Counter[str]
    reached: Counter[str]
    wrong: list[str] = field(default_factory=list)


def _silent() -> None:
    """A million payments would log a million lines."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=True
    )


def play(seed: int, number: int, payments: int) -> Outcome:
    """The history ``number`` of ``seed``."""
    _silent()
    gc.disable()  # a history is one heap that only grows; looking for rings in it costs a third of the time
    try:
        history = History(seed, number, payments)
        history.run()
        outcome = history.outcome()
        del history
    finally:
        gc.enable()
    gc.collect()
    return outcome


class History:
    """Everything of one history. Actions wait in a heap; the clock jumps from one to the next."""

    def __init__(
        self, seed: int, number: int, payments: int, *, kinds_of_faults: tuple[str, ...] = ()
    ) -> None:
        self.chance = Random(f"{seed}/{number}/play")
        self.clock = VirtualClock(MONDAY_MORNING)
        fate = Random(f"{seed}/{number}/faults")
        self.faults = Faults(fate, kinds_of_faults or kinds.drawn(fate))
        self.world = World(Random(f"{seed}/{number}/world"))
        self.size = payments
        self._trace = hashlib.blake2b(digest_size=16)
        self._heap: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._woken: dict[str, None] = {}
        self._wires = {
            system: Wire(system, self.faults, self.clock, self._overtaken, LEASE) for system in SYSTEMS
        }
        self.store = MemoryStore(self.clock, wake=self._wake, boundary=self._boundary)
        self.parts = Parts(
            self.store, self.clock, Random(f"{seed}/{number}/jitter"), SimulatedIds(),
            operations(self.world, self._wires, self.clock), CaseClient(self.world.cases, self._wires["igate"]),
        )  # fmt: skip
        self._worker, self._helper_busy = 0, False
        self.house = self._new_house()
        self.citizens, self.offices = Citizens(self), Offices(self)
        self.faults.on = False
        with self.store.transaction("furnish") as tx:
            furnish(tx, self.parts.terminals)
        # Wide limits: how they narrow is proven elsewhere, here they would only cut batches small.
        wide = Limits(rate=1_000.0, burst=1_000.0, concurrency=500)
        install_limits(self.store, dict.fromkeys(SYSTEMS, wide))
        self.faults.on = True
        self.steps = 0
        self.wrong: list[str] = []
        self._seen_states: tuple[dict[str, str], dict[str, str]] = ({}, {})

    # Time.

    def at(self, when: datetime | timedelta, action: Callable[[], object]) -> None:
        """Do ``action`` then."""
        moment = when if isinstance(when, datetime) else self.clock.now() + when
        heapq.heappush(self._heap, (moment, next(self._order), action))

    def every(self, step: timedelta, action: Callable[[], object], until: datetime) -> None:
        """Do ``action`` again and again until then."""

        def again() -> None:
            if self.clock.now() + step <= until:
                self.at(step, again)
            action()  # it may end in a crash: the timer is not part of the process

        self.at(step, again)

    def run(self) -> None:
        """From the first citizen to the last đồng."""
        opening = MONDAY_MORNING + ARRIVALS * self.size
        self.citizens.come(opening)
        busy_until = opening + timedelta(hours=2, minutes=30)
        self.every(SWEEP, self.sweep, busy_until)
        self.every(FEED, self.read_feed, busy_until)
        self.every(timedelta(minutes=30), self.offices.people_work, busy_until)
        self.every(timedelta(minutes=30), lambda: self.world.gateway.go_on(self.clock.now()), busy_until)
        self.every(timedelta(minutes=90), self.look, busy_until)
        self._go_until(busy_until)
        self._night()
        self.faults.on = False
        self._peace()
        self._judge()

    def _go_until(self, end: datetime) -> None:
        while self._heap and self._heap[0][0] <= end:
            moment, _, action = heapq.heappop(self._heap)
            if moment > self.clock.now():
                self.clock.set(moment)
            self.steps += 1
            self.guarded(action)

    def _night(self) -> None:
        """One night with files and statements while everything still fails."""
        for _ in range(3):
            self.clock.advance(hours=7)
            self.world.gateway.go_on(self.clock.now())
            self.offices.day_goes_on()
            for _ in range(4):
                self.guarded(self.sweep)
                self.offices.read_files()
            self.guarded(self.offices.people_work)

    def _peace(self) -> None:
        """Faults are over: everything must end by itself, or lie with a person who decides by the books."""
        end = self.clock.now() + timedelta(days=DAYS_OF_PEACE)
        for hours in (*[1] * 12, *[6] * 60):
            if self.clock.now() >= end:
                break
            until = self.clock.now() + timedelta(hours=hours)
            self._go_until(until)
            self.clock.set(max(until, self.clock.now()))
            self.world.gateway.go_on(self.clock.now())
            self.offices.day_goes_on()
            self.guarded(self.read_feed)
            self.guarded(self.offices.people_work)
            for _ in range(2):
                self.guarded(self.sweep)
            self.guarded(self.offices.people_decide)
            if self.offices.quiet() and hours > 1:
                break

    # Processes.

    def guarded(self, action: Callable[[], Any], *, helper: House | None = None) -> Any:
        """``action`` in the process; it may die or lose its database, the history goes on."""
        try:
            return action()
        except Crash:
            if helper is None:
                self.crash()
        except _AWAY as exc:
            self.faults.reached[f"process saw {type(exc).__name__}"] += 1
        except Unavailable:
            self.faults.reached["feed found the case system away"] += 1
        return None

    def crash(self) -> None:
        """The process is gone with everything it knew; another one starts."""
        self._woken.clear()
        living(self.store).discard(self.house.worker)
        self.note("crash", self.house.worker)
        self.house = self._new_house()

    def _new_house(self) -> House:
        self._worker += 1
        living(self.store).add(self._worker)
        return House(self.parts, self._worker)

    def _overtaken(self, system: str) -> None:
        """A call took longer than its lease: another process works meanwhile, as if ours were dead."""
        if self._helper_busy:
            return
        self._helper_busy = True
        helper = self._new_house()
        try:
            self.guarded(helper.drains[f"effects.{system}"], helper=helper)
        finally:
            living(self.store).discard(helper.worker)
            self._helper_busy = False

    def _boundary(self, point: str) -> None:
        before = point.startswith("before")
        fault = self.faults.strike(_BEFORE if before else _AFTER)
        if fault is None:
            return
        self.note(fault, point)
        match fault:
            case "killed_before_commit" | "killed_after_commit":
                raise Crash(point)
            case "store_away":
                raise StoreUnavailable(point)
            case _:
                raise CommitUnknown(point)

    # Queues.

    def _wake(self, queues: set[str]) -> None:
        fault = self.faults.strike(kinds.WAKES)
        if fault == "broker_wiped":
            self._woken.clear()
        elif fault != "wake_lost":
            first = not self._woken
            self._woken.update(dict.fromkeys(sorted(queues)))
            if fault == "job_run_twice":
                self.at(timedelta(seconds=1), lambda: self._drain_all(tuple(sorted(queues))))
            if first:
                self.at(timedelta(seconds=5 + self.chance.random() * 30), self._work)

    def _work(self) -> None:
        woken, self._woken = tuple(self._woken), {}
        self._drain_all(woken)

    def _drain_all(self, queues: tuple[str, ...]) -> None:
        for queue in queues:
            drain = self.house.drains.get(queue)
            if drain is not None:
                self.guarded(drain)

    def sweep(self) -> None:
        """Work that no wake-up reached."""
        self._drain_all(tuple(self.house.drains))

    def read_feed(self) -> None:
        """What the intake queue does."""
        self.house.feed.run()

    # Looking.

    def note(self, what: str, *facts: object) -> None:
        """One line of the trace."""
        self._trace.update(f"{self.clock.now():%d%H%M%S.%f} {what} {facts}\n".encode())

    def look(self) -> None:
        """What must hold at any moment."""
        ours = taken(self.store)
        attempts = {row["reference"]: str(row["state"]) for row in ours.attempts}
        refunds = {row["reference"]: str(row["state"]) for row in ours.refunds}
        before = self._seen_states
        self.wrong += checker.moves(before[0], attempts, checker.PAYMENT_REACH)
        self.wrong += checker.moves(before[1], refunds, checker.REFUND_REACH)
        self._seen_states = (attempts, refunds)
        self.wrong += (
            checker.always(ours) + checker.sums(ours) + checker.outside(ours, self.offices.their_books())
        )
        for state in {*attempts.values()}:
            self.faults.reached[f"payment {state}"] += 1
        for state in {*refunds.values()}:
            self.faults.reached[f"refund {state}"] += 1

    def _judge(self) -> None:
        self.look()
        ours = taken(self.store)
        self.wrong += checker.settled(ours, self.offices.their_books()) + checker.answered(
            ours, self.citizens.told()
        )
        for row in (*ours.ledger, *ours.attempts, *ours.refunds):
            self._trace.update(repr(sorted(row.items(), key=lambda item: item[0])).encode())

    def outcome(self) -> Outcome:
        """What is left of it."""
        refunds = taken(self.store).refunds
        return Outcome(
            len(self.citizens.references), len(refunds), sum(r["state"] == "SETTLED" for r in refunds), self.steps,
            self._trace.hexdigest(), self.faults.seen, self.faults.reached, list(dict.fromkeys(self.wrong)),
        )  # fmt: skip
