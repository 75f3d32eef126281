"""Transactions on PostgreSQL. The only place in the product that commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from connectors.kit.seams import Clock
from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from jobs.evidence.keeper import Keeper
from jobs.store.ports import Boundary
from jobs.store.postgres.tx import PgTx

APPLICATION_ROLE = "lienthong_app"
R = TypeVar("R")
_CONFLICTS = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_ATTEMPTS = 5


def _nothing(_name: str) -> None:
    return None


def _configure(connection: psycopg.Connection[DictRow]) -> None:
    connection.autocommit = True
    # The application never acts as the owner of its tables: the append-only ones have no UPDATE for it.
    connection.execute(f"set role {APPLICATION_ROLE}")
    connection.execute("set timezone to 'UTC'")
    connection.execute("set statement_timeout to '60s'")
    connection.execute("set idle_in_transaction_session_timeout to '60s'")
    connection.autocommit = False


class PgStore:
    """A pool of connections and the clock that stamps each transaction."""

    def __init__(
        self,
        dsn: str,
        clock: Clock,
        *,
        size: int = 8,
        wake: Callable[[set[str]], None] | None = None,
        boundary: Boundary = _nothing,
        keeper: Keeper | None = None,
    ) -> None:
        """Open lazily: no connection is made before the first transaction.

        Args:
            dsn: address of the database, as psycopg reads it.
            clock: stamps transactions.
            size: most connections of this process.
            wake: told the queues to wake after a commit; must not block.
            boundary: crash points for the proofs.
            keeper: encrypts bodies of exchanges; ``None``: they are not kept.
        """
        self.dsn = dsn
        self.clock = clock
        self.keeper = keeper
        self._wake = wake
        self._boundary = boundary
        self._pool: ConnectionPool[psycopg.Connection[DictRow]] = ConnectionPool(
            dsn,
            min_size=0,
            max_size=size,
            kwargs={"row_factory": dict_row},
            connection_class=psycopg.Connection[DictRow],
            configure=_configure,
            open=True,
            timeout=10,
            check=None,
        )

    def close(self) -> None:
        """Close every connection; open transactions of other threads fail."""
        self._pool.close()

    @contextmanager
    def transaction(self, name: str) -> Iterator[PgTx]:
        """See :meth:`jobs.store.ports.Store.transaction`."""
        connection = self._connection()
        try:
            tx = PgTx(connection, name=name, now=self.clock.now(), keeper=self.keeper)
            try:
                yield tx
            except BaseException as exc:
                self._roll_back(connection)
                told = _translated(exc)
                if told is exc:
                    raise
                raise told from exc
            self._commit(connection, name)
        finally:
            self._pool.putconn(connection)
        if tx.wakes and self._wake is not None:
            self._wake(tx.wakes)

    def run(self, name: str, work: Callable[[PgTx], R]) -> R:
        """See :meth:`jobs.store.ports.Store.run`."""
        for _ in range(_ATTEMPTS - 1):
            try:
                with self.transaction(name) as tx:
                    return work(tx)
            except SerialConflict:
                continue
        with self.transaction(name) as tx:
            return work(tx)

    def _connection(self) -> psycopg.Connection[DictRow]:
        try:
            return self._pool.getconn()
        except (PoolTimeout, psycopg.OperationalError) as exc:
            raise StoreUnavailable("the database cannot be reached") from exc

    def _roll_back(self, connection: psycopg.Connection[DictRow]) -> None:
        try:
            connection.rollback()
        except psycopg.Error:
            connection.close()
        if connection.closed:
            # The server was restarted or our sessions were ended: find the other dead ones now, so that a restart
            # costs one failed transaction and not one per connection.
            self._pool.check()

    def _commit(self, connection: psycopg.Connection[DictRow], name: str) -> None:
        self._boundary(f"before-commit:{name}")
        try:
            connection.commit()
        except _CONFLICTS as exc:
            raise SerialConflict(name) from exc
        except psycopg.OperationalError as exc:
            connection.close()
            raise CommitUnknown(f"{name}: the answer to COMMIT was lost") from exc
        self._boundary(f"after-commit:{name}")


def _translated(exc: BaseException) -> BaseException:
    if isinstance(exc, _CONFLICTS):
        return SerialConflict(str(exc))
    if isinstance(exc, psycopg.OperationalError):
        return StoreUnavailable("the database went away; nothing was stored")
    return exc
