"""Delivers effects: claims what is due, makes the calls, commits what came back. One engine per process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

import structlog

from config.metrics import EFFECTS
from connectors.kit.effects import Operation
from connectors.kit.seams import Chance, Clock, monotonic_seconds
from jobs.effects import flow as flows
from jobs.effects import rules, turn
from jobs.effects.calls import Caller, End, Job
from jobs.effects.hands import Hands
from jobs.effects.model import Handler
from jobs.effects.ports import EngineRows
from jobs.effects.rows import Held
from jobs.effects.rules import Patience, Situation, Verdict
from jobs.effects.turn import Crew, Turn
from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from jobs.store.ports import Boundary, Store, Tx

log = structlog.get_logger(__name__)

_ORPHANS_AT_ONCE = 500
_LOST_FOR = 0.5
"""Seconds that a worker's lock must be gone: after a restart of the server every listener is away for a moment."""
_CAREFUL_TURNS = 20
_LONGEST_PAUSE = 2.0


class Engine:
    """The delivery engine of one process. ``drain`` for workers, ``step`` for plays on one thread."""

    def __init__(
        self,
        store: Store,
        operations: Mapping[tuple[str, str], Operation],
        handlers: Mapping[tuple[str, str], Handler],
        *,
        clock: Clock,
        chance: Chance,
        worker: int,
        lease: timedelta = timedelta(seconds=90),
        stopping: threading.Event | None = None,
        boundary: Boundary | None = None,
        patience: Patience | None = None,
        deadline_seconds: float = 30.0,
        batch: int = 300,
        bodies: bool = False,
    ) -> None:
        """Nothing is claimed yet.

        Args:
            operations: (system, name) → what the connector declares.
            handlers: (system, name) → the domain's side; operations without one are allowed.
            worker: our number; its advisory lock (``jobs.broker.listener``) shows that we live.
            lease: how long rows stay ours, by ``clock``; at least twice ``deadline_seconds`` of real time.
            stopping: set when no new work may begin.
            boundary: crash points round the calls for the proofs; those round COMMIT belong to the store.
            batch: most rows in hand of one system.
            bodies: the store keeps what goes out and comes back.
        """
        self.store, self.clock, self.worker, self.batch = store, clock, worker, batch
        self.stopping = stopping or threading.Event()
        self.deadline_seconds = deadline_seconds
        self._chance, self._patience, self._lease = chance, patience or Patience(), lease
        self._handlers = handlers
        self._operations: dict[str, dict[str, Operation]] = {}
        for (system, name), operation in operations.items():
            self._operations.setdefault(system, {})[name] = operation
        self.caller = Caller(
            clock,
            lease=lease,
            deadline_seconds=deadline_seconds,
            stopping=self.stopping,
            boundary=boundary,
            bodies=bodies,
        )
        self._desks: dict[str, Desk] = {}

    @property
    def systems(self) -> tuple[str, ...]:
        """Systems that this engine has operations of."""
        return tuple(self._operations)

    def drain(self, system: str) -> None:
        """Deliver what is due there until nothing more is, or until the process stops. At most once at a time per system.

        Raises:
            StoreUnavailable: the database was away for too long; what was in hand is found by its lease.
        """
        from jobs.effects.drain import Delivery

        Delivery(self, self.desk(system)).run()

    def step(self, system: str, *, most: int = 100) -> int:
        """One round in line, without threads: orphans, a claim, its calls, their outcomes; how many rows were moved."""
        desk = self.desk(system)
        buried = desk.care(now=float("inf"))
        first = desk.turn([], most, 0, asks=True)
        jobs = self.jobs(first)
        ends = [end for job in jobs for end in self.caller(job)]
        if ends:
            desk.turn(ends, 0, 0)
        return buried + len(ends)

    def jobs(self, taken: Turn) -> list[Job]:
        """The calls for what was claimed; one for many rows where the other side takes lists."""
        found: list[Job] = []
        lists: dict[str, list[Held]] = {}
        for row in taken.claimed:
            operation = self._operations[row.system][row.operation]
            if operation.perform_many is not None and not taken.solo:
                lists.setdefault(row.operation, []).append(row)
            else:
                found.append(Job((row,), operation))
        for rows in lists.values():
            operation = self._operations[rows[0].system][rows[0].operation]
            found += [Job(rows[at : at + 100], operation) for at in range(0, len(rows), 100)]
        found += [
            Job((row,), self._operations[row.system][row.operation], asking=True) for row in taken.asked
        ]
        return found

    def desk(self, system: str) -> Desk:
        """What this process knows of one system."""
        if system not in self._desks:
            crew = Crew(
                system, self.worker, self._lease, self._operations.get(system, {}), self._handlers,
                self._chance, self._patience,
            )  # fmt: skip
            self._desks[system] = Desk(self, crew)
        return self._desks[system]

    def close(self) -> None:
        """Let idle threads go."""
        for desk in self._desks.values():
            desk.hands.close()


class Desk:
    """Turns of one system in this process, and what is remembered between them."""

    def __init__(self, engine: Engine, crew: Crew) -> None:
        self.crew, self.hands = crew, Hands(engine.caller, crew.system)
        self._store, self._clock, self._stopping = engine.store, engine.clock, engine.stopping
        self._calm = False
        self._sharing, self._ample = False, 0
        self._careful = 0
        self._careless = False
        self._lost: dict[int, float] = {}
        self.next_care = self.next_asks = 0.0
        self.turn_seconds = 0.0  # mean of the last ones

    def turn(self, ends: Sequence[End], want: int, running: int, *, asks: bool = False) -> Turn:
        """One turn, committed. An outcome that the domain cannot take is kept apart, the others go on."""
        verdicts = turn.judge(self.crew, ends, self._clock.now())
        if self._careful:
            self._careful -= 1
            want = min(want, 1)
        taken = Turn(
            verdicts, ends, want, running, asks,
            sharing=self._sharing, ample=self._ample, careless=self._careless,
        )  # fmt: skip
        try:
            self._commit(taken)
        except (StoreUnavailable, SerialConflict):
            raise
        except Exception:
            # A boundary: one row that the domain cannot take must not hold up all the others.
            log.exception("effect.turn_failed", system=self.crew.system, claiming=taken.claiming)
            return self._carefully(taken)
        self._careless = False
        self._remember(taken)
        return taken

    def _carefully(self, failed: Turn) -> Turn:
        if failed.claiming:
            # With one row at a time the one that fails is known, and is set aside at the next attempt.
            self._careless = self._careful > 0 and failed.want == 1
            self._careful = _CAREFUL_TURNS
            rest = Turn(failed.verdicts, failed.ends, 0, failed.running)
            self._commit(rest)
            rest.more = True
            return rest
        for verdict, end in zip(failed.verdicts, failed.ends, strict=True):
            self._alone(verdict, end)
        return Turn([], [], 0, failed.running, more=True)

    def _alone(self, verdict: Verdict, end: End) -> None:
        try:
            self._commit(Turn([verdict], [end], 0, 0))
        except (StoreUnavailable, SerialConflict):
            raise
        except Exception:
            # A boundary, as above: its outcome is kept, and a person must look.
            log.exception("effect.not_taken", system=self.crew.system, effect_id=verdict.row.id)
            self._commit(Turn([rules.not_taken(verdict)], [end._replace(exchanges=())], 0, 0))

    def _commit(self, taken: Turn) -> None:
        name = (
            "effect-turn" if taken.ends and taken.want else "effect-outcome" if taken.ends else "effect-claim"
        )
        while True:
            try:
                self._store.run(name, lambda tx: turn.take(tx, self.crew, taken, known_calm=self._calm))
            except CommitUnknown:
                if not self._was_committed(taken):
                    continue
            break
        for (operation, state), number in Counter(
            (v.row.operation, str(v.change.state)) for v in taken.verdicts
        ).items():
            EFFECTS.labels(self.crew.system, operation, state).inc(number)

    def _was_committed(self, taken: Turn) -> bool:
        """Find out by the rows what became of a COMMIT whose answer was lost."""
        pause = 0.05
        while True:
            try:
                return self._store.run("effect-check", lambda tx: _is_stored(tx, taken, self.crew.worker))
            except (StoreUnavailable, CommitUnknown):
                if self._stopping.wait(pause) and pause >= _LONGEST_PAUSE:
                    raise
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _remember(self, taken: Turn) -> None:
        self._calm = taken.calm
        self._sharing, self._ample = taken.sharing, taken.ample

    def care(self, now: float | None = None) -> int:
        """Take over rows of workers that died or lost their lease; how many. ``now``: skip the second look."""
        return self._store.run("effect-orphans", lambda tx: self._orphans(tx, now))

    @property
    def suspects(self) -> bool:
        """Some worker's lock was gone at the last look."""
        return bool(self._lost)

    def _orphans(self, tx: Tx, now: float | None) -> int:
        rows = cast("EngineRows", tx.effects)
        at = monotonic_seconds() if now is None else now
        workers = rows.in_hand_of(self.crew.system)
        gone = [worker for worker, alive in workers.items() if not alive and worker != self.crew.worker]
        self._lost = {worker: self._lost.get(worker, at) for worker in gone}
        dead = [worker for worker, since in self._lost.items() if now is not None or at - since >= _LOST_FOR]
        # With nothing in hand, a row that is still ours was given up in an earlier drain (the database was away for too
        # long): its lease ends like that of anybody else, or nobody would ever take it.
        besides = self.crew.worker if self.hands.in_flight else 0
        if not dead and not (set(workers) - {besides}):
            return 0
        found = rows.orphans(self.crew.system, _ORPHANS_AT_ONCE, besides=besides, dead=dead)
        known = [row for row in found if row.operation in self.crew.operations]
        at_now = Situation(tx.now, self.crew.chance, self.crew.patience)
        verdicts = [rules.after_death(row, self.crew.operations[row.operation], at_now) for row in known]
        turn.settle(tx, self.crew, verdicts)
        if known:
            rows.save_flow(flows.buried(rows.flow(self.crew.system), dead))
            log.warning("effect.orphans", system=self.crew.system, rows=len(known), workers=dead)
        return len(known)


def _is_stored(tx: Tx, taken: Turn, worker: int) -> bool:
    rows = cast("EngineRows", tx.effects)
    if taken.claimed:
        # The generation alone is no proof: if ours was not stored, the next claim of anybody has the same one.
        first = taken.claimed[0]
        now = rows.standing([first.id]).get(first.id)
        return now is not None and (now.generation, now.worker) == (first.generation, worker)
    if taken.asked:
        first = taken.asked[0]
        now = rows.standing([first.id]).get(first.id)
        return now is not None and now.generation >= first.generation
    if taken.verdicts:
        change = taken.verdicts[0].change
        now = rows.standing([change.id]).get(change.id)
        return now is not None and now.generation > change.generation
    return True
