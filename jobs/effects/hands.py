"""A bounded number of threads that make calls to one system, and the watch over calls that do not end."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from connectors.kit.seams import monotonic_seconds
from jobs.effects.calls import End, Job

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 30.0


class _Seat:
    """One thread's place."""

    __slots__ = ("abandoned", "job", "number", "started")

    def __init__(self, number: int) -> None:
        self.number, self.started, self.abandoned = number, 0.0, False
        self.job: Job | None = None


class Hands:
    """Jobs in, ends out, in any order. One owner gives and collects; the threads are started where they are used."""

    def __init__(self, call: Callable[[Job], list[End]], name: str) -> None:
        self._call, self._name = call, name
        self._some = threading.Condition()
        self._todo: deque[Job] = deque()
        self._ends: deque[End] = deque()
        self._enough_ends = threading.Event()
        self._enough = 1
        self._seats: dict[int, _Seat] = {}
        self._waiting = 0
        self._stuck = 0
        self.allowed = 0
        self.in_flight = 0  # rows given and not yet collected
        self.seconds = 0.0  # time that threads spent in calls
        self.calls = 0

    @property
    def busy(self) -> int:
        """Calls that are open now, those that were given up included."""
        return self._stuck + sum(seat.job is not None for seat in list(self._seats.values()))

    @property
    def stuck(self) -> int:
        """Calls that were given up and still have not come back."""
        return self._stuck

    def give(self, jobs: Sequence[Job], allowed: int) -> None:
        """Begin these jobs with at most ``allowed`` calls at once (calls that are open already may end)."""
        with self._some:
            self.allowed = allowed
            for job in jobs:
                self._todo.append(job)
                self.in_flight += len(job.rows)
            missing = min(allowed, len(self._todo)) - self._waiting
            for number in range(allowed):
                if missing <= 0:
                    break
                if number not in self._seats:
                    self._start(number)
                    missing -= 1
            self._some.notify(len(jobs))

    def wait(self, enough: int, seconds: float) -> None:
        """Until that many ends lie there, or the time is over."""
        self._enough = enough
        if len(self._ends) < enough:
            self._enough_ends.clear()
            if len(self._ends) < enough:
                self._enough_ends.wait(seconds)

    def waiting_ends(self) -> int:
        """Ends that nobody has collected."""
        return len(self._ends)

    def collect(self) -> list[End]:
        """All ends that lie there."""
        found = []
        while self._ends:
            found.append(self._ends.popleft())
        self.in_flight -= len(found)
        return found

    def give_up(self, after_seconds: float) -> None:
        """End calls that lasted longer: their outcome is not known, whatever they may still return is not heard."""
        now = monotonic_seconds()
        with self._some:
            for seat in list(self._seats.values()):
                if seat.job is not None and now - seat.started > after_seconds:
                    seat.abandoned = True
                    self._stuck += 1
                    del self._seats[seat.number]
                    late = TimeoutError("the call did not end by its deadline")
                    for row in seat.job.rows:
                        self._ends.append(End(row, seat.job.operation, seat.job.asking, late))
                    log.error("effect.call_stuck", system=self._name, operation=seat.job.operation.name)
            if self._todo and len(self._seats) < self.allowed:
                for number in range(self.allowed):
                    if number not in self._seats:
                        self._start(number)

    def close(self) -> None:
        """Let idle threads go."""
        with self._some:
            self.allowed = 0
            self._some.notify_all()

    def _start(self, number: int) -> None:
        seat = self._seats[number] = _Seat(number)
        threading.Thread(
            target=self._work, args=(seat,), name=f"calls-{self._name}-{number}", daemon=True
        ).start()

    def _work(self, seat: _Seat) -> None:
        while (job := self._next(seat)) is not None:
            try:
                ends = self._call(job)
            except BaseException as exc:  # noqa: BLE001 - whatever ends a call, its outcome is not known
                ends = [End(row, job.operation, job.asking, exc) for row in job.rows]
            seconds = monotonic_seconds() - seat.started
            with self._some:
                if seat.abandoned:
                    self._stuck -= 1
                    return
                seat.job = None
                self.seconds += seconds
                self.calls += 1
                self._ends.extend(ends)
            if len(self._ends) >= self._enough:
                self._enough_ends.set()

    def _next(self, seat: _Seat) -> Job | None:
        with self._some:
            while not (self._todo and seat.number < self.allowed):
                if seat.number >= self.allowed:
                    break
                self._waiting += 1
                told = self._some.wait(_IDLE_SECONDS)
                self._waiting -= 1
                if not told and not self._todo:
                    break
            else:
                seat.job = self._todo.popleft()
                seat.started = monotonic_seconds()
                return seat.job
            self._seats.pop(seat.number, None)
            return None
