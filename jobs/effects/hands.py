"""A bounded number of threads that make calls to one system, and the watch over calls that do not end.

The threads take jobs and leave ends without a lock: thousands of short calls a second would otherwise spend their time
waiting for each other.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from connectors.kit.seams import monotonic_seconds
from jobs.effects.calls import End, Job

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 30.0
_SHORT = 0.002
"""Work that one thread does in this time is not worth waking another for."""


class _Open(NamedTuple):
    """A call that is open. Who takes ``token`` away speaks for it: the thread that made it, or who gave it up."""

    job: Job
    started: float
    token: list[None]


class _Seat:
    """One thread's place."""

    __slots__ = ("number", "open")

    def __init__(self, number: int) -> None:
        self.number = number
        self.open: _Open | None = None


class Hands:
    """Jobs in, ends out, in any order. One owner gives and collects; threads start where and when they are needed."""

    def __init__(self, call: Callable[[Job], list[End]], name: str) -> None:
        self._call, self._name = call, name
        self._some = threading.Condition()
        self._todo: deque[Job] = deque()
        self._ends: deque[End] = deque()
        self._enough_ends = threading.Event()
        self._enough = 1
        self._seats: dict[int, _Seat] = {}
        self._waiting = 0
        self._stuck: list[None] = []
        self.allowed = 0
        self.in_flight = 0  # rows given and not yet collected
        # For a mean only: what two threads add at the same moment may be lost.
        self.seconds = 0.0
        self.calls = 0

    @property
    def stuck(self) -> int:
        """Calls that were given up and still have not come back."""
        return len(self._stuck)

    def give(self, jobs: Sequence[Job], allowed: int) -> None:
        """Begin these jobs with at most ``allowed`` calls at once (calls that are open already may end)."""
        self.allowed = allowed
        self._todo.extend(jobs)
        self.in_flight += sum(len(job.rows) for job in jobs)
        mean = self.seconds / self.calls if self.calls else 1.0
        self._rouse(min(allowed, max(1, int(len(self._todo) * mean / _SHORT))))

    def wait(self, enough: int, seconds: float) -> None:
        """Until that many ends lie there, or the time is over."""
        if self._todo:
            self._pause(enough, min(seconds, 2 * _SHORT))
            if self._todo and len(self._ends) < enough:
                self._rouse(self.allowed)  # it takes longer than expected
        self._pause(enough, seconds)

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
        """End calls that lasted longer: their outcome is not known, and what they may still return is not heard."""
        now = monotonic_seconds()
        for seat in list(self._seats.values()):
            call = seat.open
            if call is None or now - call.started <= after_seconds:
                continue
            self._stuck.append(None)
            if not _taken(call.token):  # it came back at this very moment
                self._stuck.pop()
                continue
            self._seats.pop(seat.number, None)
            late = TimeoutError("the call did not end by its deadline")
            self._ends.extend(End(row, call.job.operation, call.job.asking, late) for row in call.job.rows)
            log.error("effect.call_stuck", system=self._name, operation=call.job.operation.name)
        if self._todo:
            self._rouse(self.allowed)

    def close(self) -> None:
        """Let idle threads go."""
        self.allowed = 0
        with self._some:
            self._some.notify_all()

    def _pause(self, enough: int, seconds: float) -> None:
        self._enough = enough
        if len(self._ends) < enough:
            self._enough_ends.clear()
            if len(self._ends) < enough:
                self._enough_ends.wait(seconds)

    def _rouse(self, wanted: int) -> None:
        """See that up to that many threads look for work."""
        with self._some:
            working = sum(seat.open is not None for seat in self._seats.values())
            missing = min(wanted - working, len(self._todo)) - self._waiting
            for number in range(self.allowed):
                if missing <= 0:
                    break
                if number not in self._seats:
                    self._start(number)
                    missing -= 1
            self._some.notify(max(1, wanted))

    def _start(self, number: int) -> None:
        seat = self._seats[number] = _Seat(number)
        name = f"calls-{self._name}-{number}"
        threading.Thread(target=self._work, args=(seat,), name=name, daemon=True).start()

    def _work(self, seat: _Seat) -> None:
        while True:
            job = self._next(seat)
            if job is None:
                return
            call = seat.open = _Open(job, monotonic_seconds(), [None])
            try:
                ends = self._call(job)
            except BaseException as exc:  # noqa: BLE001 - whatever ends a call, its outcome is not known
                ends = [End(row, job.operation, job.asking, exc) for row in job.rows]
            if not _taken(call.token):
                self._stuck.pop()
                return  # somebody else sits here now
            self.seconds += monotonic_seconds() - call.started
            self.calls += 1
            seat.open = None
            self._ends.extend(ends)
            if len(self._ends) >= self._enough:
                self._enough_ends.set()

    def _next(self, seat: _Seat) -> Job | None:
        while seat.number < self.allowed:
            try:
                return self._todo.popleft()
            except IndexError:
                pass
            with self._some:
                if self._todo:
                    continue
                self._waiting += 1
                told = self._some.wait(_IDLE_SECONDS)
                self._waiting -= 1
                if told or self._todo:
                    continue
                self._seats.pop(seat.number, None)
                return None
        with self._some:
            self._seats.pop(seat.number, None)
        if self._todo:
            self._rouse(1)
        return None


def _taken(token: list[None]) -> bool:
    """Whether it was ours to take: one of two threads gets it."""
    try:
        token.pop()
    except IndexError:
        return False
    return True
