"""The installation's clock: the database's, however the clocks of its machines go; faster or elsewhere in a play."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import structlog

from connectors.kit.seams import monotonic_seconds
from jobs.errors import StoreUnavailable

log = structlog.get_logger(__name__)

_READ = """select clock_timestamp(), r.real_from, r.shown_from, r.scale
           from (select) one left join clock_rule r on true"""


@dataclass(frozen=True, slots=True)
class ClockRule:
    """How shown time follows real time in a play.

    Attributes:
        scale: shown seconds per real second; 0 stands still.
    """

    real_from: datetime
    shown_from: datetime
    scale: float

    def shown(self, real: datetime) -> datetime:
        """The time that the installation lives in when the database's clock says ``real``."""
        return self.shown_from + (real - self.real_from) * self.scale


class DatabaseClock:
    """Tells the database's time without asking it each time.

    Between two readings the process's own monotonic clock carries it on, so a machine whose clock is an hour off, or is
    set in between, changes nothing. Threads may share it; it survives a fork.
    """

    def __init__(self, dsn: str, *, refresh_seconds: float = 30.0, keep: bool = False) -> None:
        """Connect at the first question; each reading is a short connection of its own.

        Args:
            dsn: any login of the database.
            refresh_seconds: longest use of one reading.
            keep: hold the connection between readings, for a rule that is read several times a second.
        """
        self._dsn, self._refresh, self._keep = dsn, refresh_seconds, keep
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._process = 0
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._real = datetime.min.replace(tzinfo=UTC)
        self._rule: ClockRule | None = None

    def now(self) -> datetime:
        """The present moment, UTC.

        Raises:
            StoreUnavailable: the database has never answered yet.
        """
        if monotonic_seconds() - self._read_at > self._refresh and self._lock.acquire(
            blocking=not self._known()
        ):
            try:
                if monotonic_seconds() - self._read_at > self._refresh:
                    self._read()
            finally:
                self._lock.release()
        return self._carried()

    @property
    def rule(self) -> ClockRule | None:
        """The play's rule as last read; ``None`` when time is real."""
        self.now()
        return self._rule

    def close(self) -> None:
        """Let a kept connection go; the next reading makes another one."""
        with self._lock:
            if self._process == os.getpid():
                self._let_go()

    def _known(self) -> bool:
        return self._read_at > float("-inf")

    def _carried(self) -> datetime:
        real = self._real + timedelta(seconds=monotonic_seconds() - self._read_at)
        return real if self._rule is None else self._rule.shown(real)

    def _read(self) -> None:
        try:
            connection = self._connected()
            try:
                asked = monotonic_seconds()
                row: Any = connection.execute(_READ.encode()).fetchone()
                answered = monotonic_seconds()
            finally:
                if not self._keep:
                    self._let_go()
        except psycopg.Error as exc:
            self._let_go()
            if not self._known():
                raise StoreUnavailable("the database's clock cannot be read") from exc
            log.warning("clock.not_read", cause=type(exc).__name__)
            self._real += timedelta(seconds=monotonic_seconds() - self._read_at)
            self._read_at = monotonic_seconds()
            return
        assert row is not None  # noqa: S101 - the outer join always has a row
        real, real_from, shown_from, scale = row
        self._rule = None if scale is None else ClockRule(real_from, shown_from, float(scale))
        self._real = real.astimezone(UTC)
        self._read_at = (asked + answered) / 2

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._process != os.getpid():
            self._connection, self._process = None, os.getpid()  # it is still our parent's
        if self._connection is None:
            self._connection = psycopg.connect(self._dsn, autocommit=True, application_name="lienthong-clock")
        return self._connection

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def set_rule(dsn: str, shown_from: datetime, scale: float) -> None:
    """From now on the installation lives at ``shown_from`` and ``scale`` times as fast. For plays only.

    Processes see it at their next reading; a play starts with a short ``refresh_seconds``.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute(
            """insert into clock_rule (real_from, shown_from, scale) values (clock_timestamp(), %s, %s)
               on conflict (one) do update set real_from = excluded.real_from,
                   shown_from = excluded.shown_from, scale = excluded.scale""",
            (shown_from, scale),
        )


def clear_rule(dsn: str) -> None:
    """Time is real again."""
    with psycopg.connect(dsn) as connection:
        connection.execute("delete from clock_rule")
