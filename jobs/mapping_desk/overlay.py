"""Accepted rows for programs, from memory: read again every few seconds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from connectors.kit.seams import monotonic_seconds
from jobs.errors import ProcessError
from jobs.store.postgres import mappings as stored
from mappings.tables.dated import Row, Way

if TYPE_CHECKING:
    from jobs.store.postgres.store import PgStore

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 5.0
"""After an acceptance every process reads the row at most so much later."""
_BY_PEOPLE = "P"


class StoredOverlay:
    """``mappings.tables.dated.Overlay`` on the table ``mapping_row``. Thread-safe.

    While the database is away the rows as last read hold: a table that forgets them would refuse dossiers.
    """

    def __init__(self, store: PgStore, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
        """Nothing is read before the first question."""
        self._store, self._refresh = store, refresh_seconds
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._rows: Mapping[tuple[str, str], Sequence[Row]] = {}

    def rows(self, system: str, name: str) -> Sequence[Row]:
        """See the protocol."""
        first = self._read_at == float(
            "-inf"
        )  # everybody waits for the first reading, nobody for a later one
        if monotonic_seconds() - self._read_at > self._refresh and self._lock.acquire(blocking=first):
            try:
                if monotonic_seconds() - self._read_at > self._refresh:
                    self._read()
            finally:
                self._lock.release()
        return self._rows.get((system, name), ())

    def _read(self) -> None:
        try:
            with self._store.transaction("mappings-read") as tx:
                self._rows = by_list(stored.accepted(tx))
        except ProcessError as exc:
            log.warning("mappings.not_read", reason=str(exc))
        self._read_at = monotonic_seconds()


def by_list(rows: Iterable[Mapping[str, Any]]) -> Mapping[tuple[str, str], Sequence[Row]]:
    """Rows of the store by system and list, in their order."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["system"], row["list"]), []).append(
            Row(
                row["system"],
                row["list"],
                row["code"],
                row["meaning"],
                row["valid_from"],
                row["valid_to"],
                f"mapping_row {row['id']}",
                _BY_PEOPLE,
                Way(row["way"]),
            )
        )
    return found


__all__ = ["REFRESH_SECONDS", "StoredOverlay", "by_list"]
