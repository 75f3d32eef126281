"""Who does what when: acts in lanes, each lane in order, many lanes at once, by the clock of the play."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.cli.day.clock import Pace, PlayTime
from connectors.kit.seams import monotonic_seconds

Action = Callable[[], timedelta | None]
"""Does one thing; a length of shown time: not yet, try again after it."""

_LOOK_SECONDS = 0.25


@dataclass(slots=True)
class _Act:
    at: datetime
    run: Action


@dataclass(slots=True)
class _Lane:
    acts: deque[_Act] = field(default_factory=deque)
    queued: bool = False


class Lanes:
    """Runs what was added, by shown time. A failing act ends the play: the player must not guess what happened."""

    def __init__(self, time: PlayTime, *, threads: int = 8, pace: Pace | None = None) -> None:
        self._time, self._pace = time, pace
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="day")
        self._wake = threading.Condition()
        self._lanes: dict[str, _Lane] = {}
        self._due: list[tuple[datetime, int, str]] = []
        self._count = 0
        self._running: set[str] = set()
        self._failure: BaseException | None = None
        self._threads = threads

    def add(self, lane: str, at: datetime, run: Action) -> None:
        """Do ``run`` in ``lane`` at ``at``, after everything that the lane holds already."""
        with self._wake:
            held = self._lanes.setdefault(lane, _Lane())
            held.acts.append(_Act(at, run))
            self._queue(lane, held)
            self._wake.notify()

    def run(self, until: datetime | None = None, *, look: Callable[[], None] = lambda: None) -> None:
        """Play until everything is done, or until the shown moment ``until`` (what runs then is let to end).

        Args:
            look: called a few times a second, for progress.

        Raises:
            Exception: what the first failing act raised.
        """
        while True:
            with self._wake:
                over = until is not None and self._time.now() >= until
                idle = not self._running and (over or not self._due)
                if self._failure is not None or idle:
                    break
                started = False if over else self._start_due()
                if not started:
                    self._wake.wait(self._pause())
            look()
            self._keep_pace()
        with self._wake:
            while self._running:
                self._wake.wait(1)
        if self._failure is not None:
            raise self._failure

    def open_acts(self) -> int:
        """How many acts are not done."""
        with self._wake:
            return sum(len(lane.acts) for lane in self._lanes.values())

    def close(self) -> None:
        """Give the threads back; running acts end first."""
        self._pool.shutdown()

    def _queue(self, name: str, lane: _Lane) -> None:
        if lane.acts and not lane.queued and name not in self._running:
            lane.queued = True
            self._count += 1
            heapq.heappush(self._due, (lane.acts[0].at, self._count, name))

    def _start_due(self) -> bool:
        now, started = self._time.now(), False
        while self._due and self._due[0][0] <= now and len(self._running) < self._threads:
            _, _, name = heapq.heappop(self._due)
            self._lanes[name].queued = False
            self._running.add(name)
            self._pool.submit(self._act, name)
            started = True
        return started

    def _act(self, name: str) -> None:
        lane = self._lanes[name]
        act = lane.acts[0]
        again: timedelta | None = None
        try:
            again = act.run()
        except BaseException as exc:  # noqa: BLE001 - carried to the thread that plays
            with self._wake:
                self._failure = self._failure or exc
        with self._wake:
            self._running.discard(name)
            if again is None:
                lane.acts.popleft()
            else:
                act.at = self._time.now() + again
            self._queue(name, lane)
            self._wake.notify()

    def _pause(self) -> float:
        if len(self._running) >= self._threads or not self._due:
            return _LOOK_SECONDS
        return min(_LOOK_SECONDS, max(0.001, self._time.real_seconds_until(self._due[0][0])))

    def _keep_pace(self) -> None:
        if self._pace is None or not self._time.scale:
            return
        with self._wake:
            oldest = self._due[0][0] if self._due else None
        late = 0.0
        if oldest is not None:
            late = max(0.0, (self._time.now() - oldest).total_seconds() / self._time.scale)
        wanted = self._pace.wanted(self._time.scale, late, monotonic_seconds())
        if wanted != self._time.scale:
            self._time.run(wanted)
