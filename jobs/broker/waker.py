"""Sends wake-ups after commits, from a thread of its own, many at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import structlog
from dramatiq.errors import BrokerError

from connectors.kit.seams import monotonic_seconds

log = structlog.get_logger(__name__)

_SENDINGS_PER_SECOND = 250.0
_AT_ONCE = 8.0
_MANY = 4
_PAUSE_UNDER_LOAD = 0.02


class Waker:
    """Takes queue names at once and sends them together: what comes while one is sent leaves with the next.

    Never blocks and never raises: a wake-up that is lost costs the time to the next sweep. May be made before a fork;
    its thread starts in the process that uses it.
    """

    def __init__(self, send: Callable[[set[str]], None]) -> None:
        self._send = send
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._wanted: set[str] = set()
        self._some = threading.Event()
        self._closing = threading.Event()
        self._allowed, self._counted_at = _AT_ONCE, monotonic_seconds()
        self._calls = 0
        self._stopped = False
        self._broken = False
        self._thread: threading.Thread | None = None

    def __call__(self, queues: set[str]) -> None:
        """Wake these queues soon."""
        if self._process != os.getpid():
            self._begin()
        self._calls += 1  # a count that is lost between threads does no harm
        # One that is about to leave speaks for us too: what we tell of is committed before this look.
        if queues <= self._wanted:
            return
        with self._lock:
            self._wanted |= queues
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
        self._some.set()

    def close(self) -> None:
        """Send what is left and stop."""
        with self._lock:
            self._stopped = True
            thread = self._thread
        self._closing.set()
        self._some.set()
        if thread is not None and self._process == os.getpid():
            thread.join(5)

    def _run(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            with self._lock:
                queues, self._wanted = self._wanted, set()
                stopped = self._stopped
            if queues:
                self._try(queues)
            if stopped:
                return
            self._closing.wait(self._due_pause())

    def _due_pause(self) -> float:
        """Nothing while wake-ups are few; under load one sending speaks for many commits."""
        now, calls = monotonic_seconds(), self._calls
        self._calls = 0
        earned = max(0.0, now - self._counted_at) * _SENDINGS_PER_SECOND
        self._allowed = max(0.0, min(_AT_ONCE, self._allowed + earned) - 1.0)
        self._counted_at = now
        if calls >= _MANY:
            self._counted_at = now + _PAUSE_UNDER_LOAD  # this pause earns nothing: the load may go on
            return _PAUSE_UNDER_LOAD
        return max(0.0, 1.0 - self._allowed) / _SENDINGS_PER_SECOND

    def _try(self, queues: set[str]) -> None:
        try:
            self._send(queues)
        except BrokerError as exc:
            if not self._broken:  # said once when it is lost and once when it is back
                log.warning("broker.lost", cause=str(exc))
            self._broken = True
        else:
            if self._broken:
                log.info("broker.back")
            self._broken = False
