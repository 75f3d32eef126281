"""What two versions of a system need of the installation, on PostgreSQL. See ``connectors.kit.sidebyside.Beside``."""

from __future__ import annotations

import threading
from collections import Counter as Numbers
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Counter

from connectors.kit.seams import monotonic_seconds
from connectors.kit.shadow import Compared
from connectors.kit.sidebyside import Beside, MemoryAway, Subject
from connectors.kit.switching import Rule, Says, Version
from jobs.errors import ProcessError
from jobs.store.postgres import switching as rows

if TYPE_CHECKING:
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 5.0
"""What a person says is heard by every process at most so much later; claims of effects hear it at once."""
_TOLD_EVERY = 50
COMPARED = Counter(
    "lienthong_shadow",
    "Reads of one version compared with the other, by result",
    ["system", "operation", "result"],
)
DIFFERENCES = Counter(
    "lienthong_shadow_differences",
    "Fields that two versions tell differently, by kind",
    ["system", "operation", "kind"],
)


def beside(store: PgStore, *, refresh_seconds: float = REFRESH_SECONDS) -> Beside:
    """Everything that two versions of a system need of this installation."""
    return Beside(
        StoredSwitch(store, refresh_seconds=refresh_seconds),
        StoredMemory(store),
        StoredDossiers(store),
        Differences(store),
    )


def rules(tx: PgTx, system: str) -> list[Rule]:
    """What people said about a system, as it stands now."""
    return [
        Rule(row["operation"], row["agency"], Says(row["says"]), row["since"])
        for row in rows.said(tx, system)
    ]


class StoredSwitch:
    """``Overlay`` on the table ``connector_switch``. Thread-safe.

    While the database is away the last reading holds. Before the first reading nothing is known, and nothing is guessed:
    a call to the wrong version cannot be taken back.
    """

    def __init__(self, store: PgStore, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
        self._store, self._refresh = store, refresh_seconds
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, Sequence[Rule]]] = {}

    def rules(self, system: str) -> Sequence[Rule]:
        """See the protocol. Raises :class:`MemoryAway`."""
        before = self._found.get(system)
        stale = before is None or monotonic_seconds() - before[0] > self._refresh
        # Everybody waits for the first reading, nobody for a later one.
        if stale and self._lock.acquire(blocking=before is None):
            try:
                self._read(system)
            finally:
                self._lock.release()
        return self._found[system][1]

    def _read(self, system: str) -> None:
        before = self._found.get(system)
        if before is not None and monotonic_seconds() - before[0] <= self._refresh:
            return
        try:
            with self._store.transaction("switch-read") as tx:
                self._found[system] = (monotonic_seconds(), rules(tx, system))
        except ProcessError as exc:
            log.warning("switch.not_read", system=system, reason=type(exc).__name__)
            if before is None:
                raise MemoryAway("what goes where cannot be read") from exc
            self._found[system] = (monotonic_seconds(), before[1])


class StoredMemory:
    """``Memory`` on the table ``connector_sent``."""

    def __init__(self, store: PgStore) -> None:
        self._store = store

    def begin(self, system: str, key: str, wanted: Version) -> Version:
        """See the protocol."""
        try:
            with self._store.transaction("switch-begin") as tx:
                return Version(rows.keep_first(tx, system, key, wanted.value))
        except ProcessError as exc:
            raise MemoryAway("which version takes it cannot be kept") from exc

    def taken_by(self, system: str, key: str) -> Version | None:
        """See the protocol."""
        try:
            with self._store.transaction("switch-taken") as tx:
                found = rows.taken(tx, system, [key]).get(key)
        except ProcessError as exc:
            raise MemoryAway("which version took it cannot be read") from exc
        return None if found is None else Version(found)


class StoredDossiers:
    """``Dossiers`` on the dossiers of the feed."""

    def __init__(self, store: PgStore) -> None:
        self._store = store

    def known(self, names: Sequence[str]) -> Mapping[str, Subject]:
        """See the protocol."""
        try:
            with self._store.transaction("switch-dossiers") as tx:
                return known(tx, names)
        except ProcessError as exc:
            raise MemoryAway("the dossiers cannot be read") from exc


def known(tx: PgTx, names: Sequence[str]) -> dict[str, Subject]:
    """Dossiers by code or id: their code in the case system and their agency."""
    found = {**tx.dossiers.by_codes(names), **tx.dossiers.by_source(names)}
    return {name: Subject(dossier.name_there, dossier.agency) for name, dossier in found.items()}


class Differences:
    """Counts comparisons: the metric at once, rows of what differs at once, of what does not now and then.

    Called by the one thread of a shadow and, for what was left out, by readers.
    """

    def __init__(self, store: PgStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._waiting: Numbers[tuple[str, str, str]] = Numbers()

    def __call__(self, compared: Compared) -> None:
        """Raises nothing: a lost count costs a count."""
        COMPARED.labels(compared.system, compared.operation, compared.result.value).inc()
        for _, kind in compared.differences:
            DIFFERENCES.labels(compared.system, compared.operation, kind).inc()
        with self._lock:
            self._waiting[compared.system, compared.operation, compared.result.value] += 1
            # A reader whose comparison found no room must not wait for the database.
            due = bool(compared.differences) or (
                compared.result != "left_out" and self._waiting.total() >= _TOLD_EVERY
            )
        if due:
            self._write(compared)

    def flush(self) -> None:
        """Write what was counted."""
        self._write(None)

    def _write(self, compared: Compared | None) -> None:
        with self._lock:
            counts, self._waiting = self._waiting, Numbers()
        by_system: dict[str, dict[tuple[str, str], int]] = {}
        for (system, operation, result), count in counts.items():
            by_system.setdefault(system, {})[operation, result] = count
        try:
            with self._store.transaction("shadow-count") as tx:
                for system in sorted(by_system):
                    rows.count_results(tx, system, by_system[system])
                if compared is not None and compared.differences:
                    rows.count_differences(
                        tx, compared.system, compared.operation, compared.differences, compared.dossier_code
                    )
        except ProcessError as exc:
            log.warning("shadow.not_counted", reason=type(exc).__name__)


__all__ = [
    "COMPARED",
    "DIFFERENCES",
    "REFRESH_SECONDS",
    "Differences",
    "StoredDossiers",
    "StoredMemory",
    "StoredSwitch",
    "beside",
    "known",
    "rules",
]
