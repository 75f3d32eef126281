"""Everything that one process of the installation works with, made by ``jobs.bootstrap``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dramatiq import Broker

from config.settings import Settings
from connectors.kit.seams import Chance, Ids
from connectors.registry import Connectors
from jobs.access.service import Access
from jobs.broker.waker import Waker
from jobs.clock import DatabaseClock
from jobs.periodic import Periodic
from jobs.store.postgres.store import PgStore

Drain = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases behind the doors; ``None``: not part of this installation."""

    access: Access
    payments: Any = None
    refunds: Any = None
    reconciliation: Any = None
    effects: Any = None
    sync: Any = None
    links: Any = None
    evidence: Any = None
    inbound: Any = None
    signatures: Any = None


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process.

    Attributes:
        dsn: of the database, for the one route that speaks asyncpg.
        worker: number of this worker process; ``None`` outside workers.
        connectors: everything that leads outside.
        engine: delivers effects; only workers use it.
        drains: queue → what drains it.
        stopping: set at SIGTERM; drains look at it between batches.
    """

    settings: Settings
    dsn: str
    store: PgStore
    clock: DatabaseClock
    ids: Ids
    chance: Chance
    broker: Broker
    wake: Waker
    services: Services
    worker: int | None = None
    connectors: Connectors = field(default_factory=Connectors)
    engine: Any = None
    periodic: Sequence[Periodic] = ()
    drains: dict[str, Drain] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """Give back threads and connections; what was committed stays, what was not never was."""
        self.wake.close()
        self.broker.close()
        self.store.close()
        self.connectors.close()
        self.clock.close()
