"""The life of one drain: turns on one thread, calls on others, both at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from connectors.kit.seams import monotonic_seconds
from jobs.effects.calls import End
from jobs.effects.turn import Turn
from jobs.errors import SerialConflict, StoreUnavailable

if TYPE_CHECKING:
    from jobs.effects.engine import Desk, Engine

log = structlog.get_logger(__name__)

_AHEAD_SECONDS = 0.3
_AHEAD_TURNS = 4.0
_LONGEST_AHEAD = 1.0
"""Rows in hand are about what can be called in this time, or while a few turns last (the threads must not stand idle
meanwhile): more would only wait here instead of at another worker."""
_OUTCOME_WAITS = 0.02
_CARE_EVERY = 1.0
_LOOK_AGAIN = 0.025
_LOOK_SELDOM = 0.2
_SOON = 1.0
_GRACE_SECONDS = 5.0
_AWAY_FOR = 60.0


class Delivery:
    """One run of a drain."""

    def __init__(self, engine: Engine, desk: Desk) -> None:
        self._engine, self._desk, self._hands = engine, desk, desk.hands
        self._next_claim = 0.0
        self._not_before = 0.0  # the system's limits allow nothing sooner
        self._look = _LOOK_AGAIN
        self._open = True  # there may be more to claim
        self._solo = False
        self._checked = monotonic_seconds()

    def run(self) -> None:
        """Until nothing is due and nothing is in hand."""
        ends: list[End] = []
        while True:
            ends += self._hands.collect()
            if self._hands.in_flight == 0:
                self._next_claim = (
                    0.0  # whoever waits now has been told when we were busy: look with the last outcome
                )
            want = self._want(turning=bool(ends))
            if want or ends:
                self._take(ends, want)
                ends = []
            self._care()
            if self._hands.in_flight == 0 and not self._hands.waiting_ends():
                if self._stopped or not (self._open or self._desk.suspects):
                    return
                self._rest()
            else:
                self._wait()

    def _rest(self) -> None:
        left = self._not_before - monotonic_seconds()
        if left > 0 or not self._open:
            self._engine.stopping.wait(min(max(left, 0.0), 0.1) if self._open else 0.1)

    @property
    def _stopped(self) -> bool:
        return self._engine.stopping.is_set()

    def _want(self, *, turning: bool) -> int:
        """Rows to claim: as many as there is room for when a turn is due anyway, else only when it is worth one."""
        hands = self._hands
        if (
            self._stopped
            or not self._open
            or self._solo
            or monotonic_seconds() < max(self._next_claim, self._not_before)
        ):
            return 0
        if hands.stuck >= max(1, hands.allowed):
            return 0
        threads = max(1, hands.allowed)
        ahead = 2 * threads
        if hands.calls:
            lasts = min(_LONGEST_AHEAD, max(_AHEAD_SECONDS, _AHEAD_TURNS * self._desk.turn_seconds))
            ahead = int(threads * lasts * hands.calls / max(hands.seconds, 1e-6))
        batch = max(1, min(self._engine.batch, max(ahead, threads + threads // 2)))
        low = batch - 1 if turning else max(batch // 2, min(batch - 1, 2 * threads))
        return batch - hands.in_flight if hands.in_flight <= low else 0

    def _take(self, ends: list[End], want: int) -> None:
        asks = self._asks_due() if want else False
        taken = self._persist(ends, want, asks=asks)
        if self._solo and self._hands.in_flight == 0:
            self._solo = False
        got = len(taken.claimed) + len(taken.asked)
        now = monotonic_seconds()
        if got:
            self._solo = taken.solo
            self._look = _LOOK_AGAIN
            allowed = taken.grant.calls if taken.grant is not None else 1
            self._hands.give(self._engine.jobs(taken), max(1, allowed))
            self._halve()
        if taken.more:
            self._next_claim, self._open = 0.0, True
        elif want and got < want:
            self._pause(taken, now)

    def _pause(self, taken: Turn, now: float) -> None:
        """Nothing more for the moment: when to look again, or whether to end."""
        again_at = None if taken.grant is None else taken.grant.again_at
        left = None if again_at is None else (again_at - self._engine.clock.now()).total_seconds()
        if left is not None and 0 < left <= _SOON and taken.want:
            self._not_before = now + min(left, 0.1)  # in a play its clock may run faster than ours
            return
        self._next_claim, self._look = now + self._look, min(self._look * 2, _LOOK_SELDOM)
        self._open = bool(self._hands.in_flight)

    def _persist(self, ends: list[End], want: int, *, asks: bool) -> Turn:
        """A turn that outlives a database that is away for a while: what came back exists only here."""
        pause, since = 0.05, monotonic_seconds()
        while True:
            try:
                begun = monotonic_seconds()
                taken = self._desk.turn(ends, want, self._hands.in_flight, asks=asks)
                self._desk.turn_seconds += 0.2 * (monotonic_seconds() - begun - self._desk.turn_seconds)
                return taken  # noqa: TRY300 - nothing of it raises
            except (StoreUnavailable, SerialConflict):
                if monotonic_seconds() - since > _AWAY_FOR or not (ends or self._hands.in_flight):
                    raise
                if not ends:
                    return Turn([], [], want, self._hands.in_flight)
                self._engine.stopping.wait(pause)
                pause, want = min(pause * 2, 2.0), 0

    def _asks_due(self) -> bool:
        now = monotonic_seconds()
        if now < self._desk.next_asks:
            return False
        self._desk.next_asks = now + _CARE_EVERY
        return True

    def _care(self) -> None:
        now = monotonic_seconds()
        if now >= self._desk.next_care and not self._stopped:
            self._desk.next_care = now + (0.1 if self._desk.suspects else _CARE_EVERY)
            try:
                found = self._desk.care()
            except (StoreUnavailable, SerialConflict):
                return  # the next second will do
            if found:
                self._next_claim, self._open = 0.0, True

    def _wait(self) -> None:
        """Until enough came back for a commit, or what came back has waited long enough."""
        hands = self._hands
        now = monotonic_seconds()
        if now - self._checked > _SOON:
            self._checked = now
            hands.give_up(self._engine.deadline_seconds + _GRACE_SECONDS)
        until = (
            max(self._next_claim, self._not_before) - now if self._open and not self._solo else _LOOK_SELDOM
        )
        if not hands.waiting_ends():
            hands.wait(1, min(_LOOK_SELDOM, max(until, 0.001)))
        if hands.waiting_ends() and hands.in_flight > hands.waiting_ends():
            hands.wait(max(1, hands.in_flight // 2), self._patience())

    def _patience(self) -> float:
        """How long an outcome waits for company: as long as a few calls last, never long."""
        hands = self._hands
        mean = hands.seconds / hands.calls if hands.calls else 0.0
        return min(_OUTCOME_WAITS, mean + 0.001)

    def _halve(self) -> None:
        """Old calls count less and less in the mean."""
        hands = self._hands
        if hands.calls > 2000:
            hands.calls, hands.seconds = hands.calls // 2, hands.seconds / 2
