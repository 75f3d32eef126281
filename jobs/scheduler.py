"""The one-second sweep: finds due work that no wake-up reached, and wakes its queue.

One connection, no threads: it runs inside the supervisor, which forks. Started twice, only one of them sweeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import LiteralString

import psycopg
import structlog

from connectors.kit.seams import Clock
from jobs import periodic
from jobs.broker.listener import CHANNEL
from jobs.errors import StoreUnavailable

log = structlog.get_logger(__name__)

Finder = tuple[LiteralString, Mapping[str, object]]
"""SQL with one column ``queue`` (may use ``%(now)s``) and its other parameters; must be answered from an index."""

_SWEEPING = 0x4C54_5343  # advisory lock of the one scheduler that sweeps
DUE: tuple[Finder, ...] = ((periodic.DUE, {}),)


class Scheduler:
    """Call :meth:`tick` once a second."""

    def __init__(
        self,
        dsn: str,
        clock: Clock,
        *,
        finders: Sequence[Finder] = DUE,
        send: Callable[[set[str]], None] | None = None,
    ) -> None:
        """Connect at the first tick.

        Args:
            finders: questions of the sweep.
            send: sends wake-ups; over the sweep's own connection when ``None``.
        """
        self._dsn, self._clock, self._finders, self._send = dsn, clock, finders, send
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._sweeping = self._lost = False

    def tick(self) -> set[str]:
        """One sweep; the queues that were woken. An unreachable database is logged once and tried again."""
        try:
            woken = self._sweep(self._connected())
        except (psycopg.Error, StoreUnavailable) as exc:
            if not self._lost:
                log.warning("sweep.lost", cause=type(exc).__name__)
            self._lost = True
            self.close()
            return set()
        if self._lost:
            log.info("sweep.back")
        self._lost = False
        return woken

    def close(self) -> None:
        """Give the lock and the connection back."""
        connection, self._connection, self._sweeping = self._connection, None, False
        if connection is not None:
            connection.close()

    def leave_to_parent(self) -> None:
        """In a forked child: forget the connection, which is still the parent's.

        Closing it would say good-bye on the shared socket; psycopg drops one of another process without a word.
        """
        self._connection = None

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._connection is None:
            self._connection = psycopg.connect(
                self._dsn, autocommit=True, application_name="lienthong-scheduler", connect_timeout=5
            )
            self._connection.execute("set synchronous_commit to off")
            self._connection.execute("set statement_timeout to '5s'")
        return self._connection

    def _sweep(self, connection: psycopg.Connection[tuple[object, ...]]) -> set[str]:
        if not self._sweeping:
            row = connection.execute("select pg_try_advisory_lock(%s)", (_SWEEPING,)).fetchone()
            self._sweeping = row is not None and bool(row[0])
        if not self._sweeping:
            return set()
        due: set[str] = set()
        now = self._clock.now()
        for sql, parameters in self._finders:
            due |= {str(queue) for (queue,) in connection.execute(sql, {**parameters, "now": now})}
        if due and self._send is not None:
            self._send(due)
        elif due:
            connection.execute(
                "select pg_notify(%s, queue) from unnest(%s::text[]) queue", (CHANNEL, sorted(due))
            )
        return due
