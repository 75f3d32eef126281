"""Dramatiq on PostgreSQL: nothing is stored, a wake-up is a NOTIFY of a session that does nothing else.

A commit that carries a NOTIFY holds one lock of the whole server through its flush, which costs three quarters of group
commit. So business commits never notify: each process sends its coalesced wake-ups afterwards from one session whose
transactions write nothing and flush nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import psycopg
from dramatiq import Broker, Consumer, Message, MessageProxy, Middleware
from dramatiq.errors import ConnectionClosed, QueueNotFound

from jobs.broker.listener import CHANNEL, Bell, Listener
from jobs.broker.wakes import refuse_content, wake_up

__all__ = ["PostgresBroker"]


class PostgresBroker(Broker):
    """Every process that consumes hears every wake-up; who comes second finds nothing left to do."""

    def __init__(
        self, dsn: str, *, worker: int | None = None, middleware: list[Middleware] | None = None
    ) -> None:
        """Connect on first use.

        Args:
            worker: number of this worker process, shown as living while it listens.
        """
        super().__init__(middleware=middleware or [])
        self._dsn = dsn
        self.queues: dict[str, None] = {}
        self.listener = Listener(dsn, worker=worker)
        self._sender: psycopg.Connection[tuple[object, ...]] | None = None
        self._sending = threading.Lock()

    def declare_queue(self, queue_name: str) -> None:
        """Make the queue known; harmless to repeat."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = None
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30000) -> Consumer:  # noqa: ARG002 - Dramatiq's signature
        """Wake-ups of one queue, one after the other."""
        if queue_name not in self.queues:
            raise QueueNotFound(queue_name)
        bell = self.listener.bells[queue_name]
        self.listener.start()
        return _Wakes(queue_name, bell, timeout / 1000)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Wake the message's queue.

        Raises:
            ValueError: the message is more than a wake-up.
            ConnectionClosed: nobody was woken.
        """
        refuse_content(message, delay)
        self.emit_before("enqueue", message, delay)
        self.notify([message.queue_name])
        self.emit_after("enqueue", message, delay)
        return message

    def notify(self, queues: Iterable[str]) -> None:
        """Wake several queues in one statement.

        Raises:
            ConnectionClosed: the database cannot be reached; nobody was woken.
        """
        wanted = sorted(queues)
        with self._sending:
            for attempt in (1, 2):
                try:
                    self._notify(wanted)
                except psycopg.Error as exc:
                    self._close_sender()
                    if attempt == 2:
                        raise ConnectionClosed(exc) from exc
                else:
                    return

    def _notify(self, queues: list[str]) -> None:
        if self._sender is None:
            self._sender = psycopg.connect(self._dsn, autocommit=True, application_name="lienthong-wakes")
            self._sender.execute("set synchronous_commit to off")
        self._sender.execute("select pg_notify(%s, queue) from unnest(%s::text[]) queue", (CHANNEL, queues))

    def ring(self, queue: str) -> None:
        """Wake a queue in this process only, for work that one process is enough for."""
        self.listener.bells[queue].ring()

    def flush(self, queue_name: str) -> None:
        """Forget wake-ups that this process has not heard yet."""
        self.listener.bells[queue_name].clear()

    def flush_all(self) -> None:
        """Forget all of them."""
        for queue_name in self.queues:
            self.flush(queue_name)

    def close(self) -> None:
        """Stop listening and sending."""
        self.listener.stop()
        with self._sending:
            self._close_sender()

    def _close_sender(self) -> None:
        if self._sender is not None:
            self._sender.close()
            self._sender = None


class _Wakes(Consumer):
    """Dramatiq's view of one bell."""

    def __init__(self, queue: str, bell: Bell, timeout_seconds: float) -> None:
        self._queue, self._bell, self._timeout = queue, bell, timeout_seconds

    def __next__(self) -> MessageProxy | None:
        return MessageProxy(wake_up(self._queue)) if self._bell.wait(self._timeout) else None

    def ack(self, message: MessageProxy) -> None:
        """Nothing is stored, so nothing is taken away."""

    def nack(self, message: MessageProxy) -> None:
        """See :meth:`ack`; the sweep wakes the queue again."""

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Unheard again: another look is wanted."""
        if list(messages):
            self._bell.ring()

    def close(self) -> None:
        """The listener belongs to the broker."""
