"""``run all``: one parent that forks the processes, restarts the dead, sweeps once a second and ends everything.

The parent imports what its children need before it forks them, so that they share its memory; it has no threads.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from config.metrics import CHILD_DEATHS
from connectors.kit.seams import monotonic_seconds

log = structlog.get_logger(__name__)

_PR_SET_PDEATHSIG = 1
_WATCHED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
_LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class Child:
    """One process to keep running.

    Attributes:
        role: ``api``, ``worker`` …, for logs and metrics.
        run: its whole life; when it returns the process ends.
    """

    role: str
    run: Callable[[], None]
    pid: int = 0
    started: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0


class Supervisor:
    """Keeps children running until it is told to stop."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        tick: Callable[[], object],
        in_child: Callable[[], None] = lambda: None,
        stop_seconds: float = 30.0,
        tick_seconds: float = 1.0,
    ) -> None:
        """Fork with :meth:`run`.

        Args:
            tick: called about every ``tick_seconds`` in the parent; must not start threads.
            in_child: called first in each child, to let go of what belongs to the parent.
            stop_seconds: how long children may take to end.
        """
        self._children, self._tick, self._in_child = list(children), tick, in_child
        self._stop_seconds, self._tick_seconds = stop_seconds, tick_seconds
        self._next_tick = 0.0

    def run(self) -> None:
        """Fork and watch until SIGTERM or SIGINT, or until ``tick`` raises; then end all children."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        gc.collect()
        gc.freeze()  # what is there now stays shared: the collector does not touch it in the children
        try:
            while True:
                self._start_missing()
                found = signal.sigtimedwait(_WATCHED, max(0.0, self._next_tick - monotonic_seconds()))
                if found is not None and found.si_signo != signal.SIGCHLD:
                    return
                self._collect()
                if monotonic_seconds() >= self._next_tick:
                    self._next_tick = monotonic_seconds() + self._tick_seconds
                    self._tick()
        finally:
            self.stop()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self) -> None:
        """End all children: asked first, then killed."""
        for child in self._children:
            _signal(child, signal.SIGTERM)
        end = monotonic_seconds() + self._stop_seconds
        while any(child.pid for child in self._children) and monotonic_seconds() < end:
            signal.sigtimedwait({signal.SIGCHLD}, 0.05)
            self._collect(stopping=True)
        for child in self._children:
            _signal(child, signal.SIGKILL)
            if child.pid:
                os.waitpid(child.pid, 0)
                child.pid = 0

    def _start_missing(self) -> None:
        for child in self._children:
            if not child.pid and monotonic_seconds() >= child.not_before:
                child.started = monotonic_seconds()
                child.pid = self._fork(child)

    def _fork(self, child: Child) -> int:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            _die_with(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            self._in_child()
            child.run()
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 1
        except KeyboardInterrupt:
            code = 130
        except BaseException:
            log.exception("child.failed", role=child.role)
            if not structlog.is_configured():
                traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _collect(self, *, stopping: bool = False) -> None:
        for child in self._children:
            if not child.pid:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                child.pid = 0
                if not stopping:
                    self._mourn(child, os.waitstatus_to_exitcode(status))

    def _mourn(self, child: Child, code: int) -> None:
        """Start again at once, but a child that keeps dying young waits longer each time."""
        lived = monotonic_seconds() - child.started
        child.pause = 0.0 if lived > 10.0 else min(_LONGEST_PAUSE, max(0.2, child.pause * 2))
        child.not_before = monotonic_seconds() + (child.pause if child.pause > 0.2 else 0.0)
        CHILD_DEATHS.labels(child.role).inc()
        log.warning("child.died", role=child.role, code=code, lived_seconds=round(lived, 1))


def _signal(child: Child, sign: signal.Signals) -> None:
    if child.pid:
        os.kill(child.pid, sign)


def _die_with(parent: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
