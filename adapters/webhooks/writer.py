"""Many requests, one commit: requests append to a list, one task stores all that wait, then answers them.

A request is answered only after the commit that holds its row (D1). Measured beside one commit per request,
this is what lets a durable endpoint be as fast as one that stores nothing. The only user of asyncpg (decision 7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from jobs.errors import StoreUnavailable
from jobs.store.postgres.store import APPLICATION_ROLE

log = structlog.get_logger(__name__)

MOST_WAITING = 10_000
MOST_PER_COMMIT = 500
STATEMENT_SECONDS = 10.0
CONNECT_SECONDS = 3.0
PAUSE_AFTER_LOSS_SECONDS = 0.2

# One group at a time: what comes during its commit makes the next group, and a larger group costs less per request
# than a second connection gains.
LANES = 1

Waiting = tuple[str, "asyncio.Future[Any]"]
Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]


def connector(dsn: str) -> Connect:
    """How to reach the database of ``dsn`` (as psycopg reads it) in the application's role."""
    from psycopg.conninfo import conninfo_to_dict

    given = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value not in (None, "")}

    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            host=given.get("host"),
            port=int(given.get("port", "5432")),
            user=given.get("user"),
            password=given.get("password"),
            passfile=given.get("passfile"),
            database=given.get("dbname"),
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
        )
        await connection.execute(f"set role {APPLICATION_ROLE}")
        return connection

    return connect


class GroupedWriter:
    """Runs one set-based statement for all requests that wait.

    The statement takes the group's moment and a JSON array of its rows, and returns one record per row in the
    order given.
    """

    def __init__(
        self,
        connect: Connect,
        statement: str,
        *,
        now: Callable[[], datetime],
        committed: Callable[[], None],
        lanes: int = LANES,
    ) -> None:
        """Nothing is connected before the first row.

        Args:
            connect: opens a connection.
            statement: ``$1`` is the group's moment, ``$2`` the JSON array.
            now: the installation's time.
            committed: called after each commit; must not block.
            lanes: most groups on their way at once.
        """
        self._committed = committed
        self._waiting: list[Waiting] = []
        self._something = asyncio.Event()
        self._lanes = [_Lane(connect, statement, now) for _ in range(lanes)]
        self._tasks: list[asyncio.Task[None]] = []

    def record(self, row: str) -> asyncio.Future[Any]:
        """The record of ``row`` (a JSON object's text) once it is committed.

        Raises (through the future):
            StoreUnavailable: nothing is known to be stored; the sender repeats, the key makes that harmless.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= MOST_WAITING:
            future.set_exception(StoreUnavailable("too many notifications wait for the database"))
            return future
        if not self._tasks or any(task.done() for task in self._tasks):
            self._start()
        self._waiting.append((row, future))
        self._something.set()
        return future

    async def stop(self) -> None:
        """Refuse what still waits and close; senders repeat what was refused."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        _refuse(self._waiting, "the process is stopping")
        self._waiting.clear()
        for lane in self._lanes:
            lane.lose_connection()

    def _start(self) -> None:
        alive = [task for task in self._tasks if not task.done()]
        idle = self._lanes[len(alive) :]
        self._tasks = alive + [asyncio.create_task(self._write_for_ever(lane)) for lane in idle]

    async def _write_for_ever(self, lane: _Lane) -> None:
        while True:
            await self._something.wait()
            group = self._waiting[:MOST_PER_COMMIT]
            del self._waiting[:MOST_PER_COMMIT]
            if not self._waiting:
                self._something.clear()
            if group and await lane.write(group):
                self._committed()


class _Lane:
    """One connection and the group that it is writing."""

    def __init__(self, connect: Connect, statement: str, now: Callable[[], datetime]) -> None:
        self._connect, self._statement, self._now = connect, statement, now
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    async def write(self, group: Sequence[Waiting]) -> bool:
        """Store a group and give each its record; whether something was committed."""
        try:
            records = await self._run([row for row, _ in group])
        except asyncpg.DataError:
            # One row that the database cannot hold (a NUL in a text) must not refuse its neighbours.
            if len(group) == 1:
                _refuse(group, "the row cannot be stored")
                return False
            return any([await self.write([single]) for single in group])
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as exc:
            log.warning("webhook.store_unavailable", error=type(exc).__name__, waiting=len(group))
            self.lose_connection()
            _refuse(group, "the database cannot be reached")
            await asyncio.sleep(PAUSE_AFTER_LOSS_SECONDS)
            return False
        except BaseException:
            _refuse(group, "the process is stopping")
            raise
        for (_, future), record in zip(group, records, strict=True):
            if not future.done():
                future.set_result(record)
        return True

    async def _run(self, rows: Sequence[str]) -> Sequence[Any]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        # One statement outside a transaction block: its commit is part of what fetch waits for.
        return await self._connection.fetch(self._statement, self._now(), f"[{','.join(rows)}]")

    def lose_connection(self) -> None:
        """Give the connection up at once; whatever it was doing is unknown to us."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()


def _refuse(group: Sequence[Waiting], why: str) -> None:
    for _, future in group:
        if not future.done():
            future.set_exception(StoreUnavailable(why))
