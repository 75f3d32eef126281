"""Wake-ups: the only thing that a broker carries here.

One actor per queue drains what PostgreSQL says is due. A wake-up has no content, may come twice, late or never: the
scheduler's sweep finds what no wake-up reached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import dramatiq
import structlog
from dramatiq import Message

from connectors.kit.seams import monotonic_seconds

log = structlog.get_logger(__name__)

Drain = Callable[[], None]
"""Does what is due on one queue and returns when nothing more is, or when the process stops."""


def actor_name(queue: str) -> str:
    """The actor that drains a queue."""
    return f"drain.{queue}"


def wake_up(queue: str) -> Message[Any]:
    """The message that wakes a queue."""
    return Message(queue_name=queue, actor_name=actor_name(queue), args=(), kwargs={}, options={})


def refuse_content(message: Message[Any], delay: int | None) -> None:
    """Refuse what would make the broker hold truth: a message with arguments, or one that waits."""
    if message.args or message.kwargs:
        raise ValueError(
            f"{message.actor_name}: a wake-up carries nothing; what is to be done stands in the store"
        )
    if delay is not None:
        raise ValueError(f"{message.actor_name}: waiting is done in the store, not in the broker")


class OneAtATime:
    """Runs a drain at most once at a time in this process; wake-ups that come meanwhile make it run once more."""

    def __init__(self, queue: str, work: Drain, told: Callable[[str, float, bool], None]) -> None:
        self._queue, self._work, self._told = queue, work, told
        self._lock = threading.Lock()
        self._running = self._again = False

    def __call__(self) -> None:
        with self._lock:
            if self._running:
                self._again = True
                return
            self._running = True
        while True:
            self._again = False
            self._run()
            with self._lock:
                if not self._again:
                    self._running = False
                    return

    def _run(self) -> None:
        started, good = monotonic_seconds(), False
        try:
            with structlog.contextvars.bound_contextvars(queue=self._queue):
                self._work()
            good = True
        except Exception:
            # A boundary: the work is still in the store and the sweep wakes us again.
            log.exception("drain.failed", queue=self._queue)
        finally:
            structlog.contextvars.unbind_contextvars("correlation_id")
            self._told(self._queue, monotonic_seconds() - started, good)


def declare_drain(
    broker: dramatiq.Broker,
    queue: str,
    work: Drain,
    *,
    told: Callable[[str, float, bool], None] = lambda _queue, _seconds, _good: None,
) -> None:
    """Make ``work`` the drain of ``queue``. Once per queue and broker.

    Args:
        told: called with queue, seconds and success after each run (metrics).
    """
    declare = dramatiq.actor(broker=broker, queue_name=queue, actor_name=actor_name(queue))
    declare(OneAtATime(queue, work, told))


def wake_all(broker: dramatiq.Broker, queues: Iterable[str]) -> None:
    """Send one wake-up per queue through any broker."""
    for queue in sorted(queues):
        broker.enqueue(wake_up(queue))
