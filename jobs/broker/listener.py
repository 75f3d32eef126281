"""One connection per process that hears wake-ups, and by a lock shows that the process lives."""

from __future__ import annotations

import threading
from collections import defaultdict

import psycopg
import structlog

log = structlog.get_logger(__name__)

CHANNEL = "lienthong_wake"
WORKERS = 0x4C54_574B
"""Class of the advisory locks that say 'worker N lives'."""
ALIVE = f"""exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 2
            and classid = {WORKERS} and objid = %(worker)s
            and database = (select oid from pg_database where datname = current_database()))"""
"""SQL condition: the worker with this number holds its lock (its session is there)."""
_LONGEST_PAUSE = 2.0


class Bell:
    """Wanted or not; ringing twice is ringing once."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._wanted = True  # whatever was due before we listened is found by the first look

    def ring(self) -> None:
        """Somebody should look."""
        with self._condition:
            self._wanted = True
            self._condition.notify()

    def wait(self, seconds: float) -> bool:
        """Whether it rang; ringing ends with being heard."""
        with self._condition:
            if not self._wanted:
                self._condition.wait(seconds)
            heard, self._wanted = self._wanted, False
            return heard

    def clear(self) -> None:
        """Forget a ring that nobody heard."""
        with self._condition:
            self._wanted = False


class Listener:
    """Hears the wake-ups of one database and rings the bells of this process."""

    def __init__(self, dsn: str, *, worker: int | None = None) -> None:
        """Connect with :meth:`start`.

        Args:
            worker: our number; its lock is held as long as the connection lasts.
        """
        self._dsn, self._worker = dsn, worker
        self.bells: dict[str, Bell] = defaultdict(Bell)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self.listening = threading.Event()

    def start(self) -> None:
        """Begin to listen; harmless to repeat."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wake-listener", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the connection, and with it the lock."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        pause = 0.05
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, application_name="lienthong-listener"
                ) as connection:
                    self._hear(connection)
                pause = 0.05
            except psycopg.Error as exc:
                if self.listening.is_set():
                    log.warning("wakes.lost", cause=type(exc).__name__)
                self.listening.clear()
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _hear(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        if self._worker is not None:
            connection.execute("select pg_advisory_lock_shared(%s, %s)", (WORKERS, self._worker))
        connection.execute(f"listen {CHANNEL}".encode())
        for bell in list(self.bells.values()):  # what was said while nobody listened
            bell.ring()
        self.listening.set()
        while not self._stop.is_set():
            for notice in connection.notifies(timeout=1.0):
                self.bells[notice.payload].ring()
                if self._stop.is_set():
                    return
