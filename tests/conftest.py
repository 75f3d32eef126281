"""What every test may ask for: a clock that stands still, stores, and databases of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import VirtualClock

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryStore
    from jobs.store.postgres.store import PgStore
    from tests.support.database import Databases


@pytest.fixture
def clock() -> VirtualClock:
    """Time that stands at a Monday morning until the test moves it."""
    return VirtualClock()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The databases of this test process."""
    from tests.support import database

    with database.databases() as made:
        yield made


@pytest.fixture(scope="module")
def database(databases: Databases) -> Iterator[str]:
    """DSN (as owner) of a fresh, migrated database of this module."""
    dsn = databases.create()
    yield dsn
    databases.drop(dsn)


@pytest.fixture
def empty_database(database: str) -> str:
    """The module's database with its tables as the migrations left them."""
    from tests.support.database import reset

    reset(database)
    return database


@pytest.fixture
def pg_store(empty_database: str, clock: VirtualClock) -> Iterator[PgStore]:
    """A store on PostgreSQL with empty tables; time is the test's clock."""
    from jobs.store.postgres.store import PgStore

    store = PgStore(empty_database, clock)
    yield store
    store.close()


@pytest.fixture
def memory_store(clock: VirtualClock) -> MemoryStore:
    """A store in memory; time is the test's clock."""
    from jobs.store.memory.store import MemoryStore

    return MemoryStore(clock)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> MemoryStore | PgStore:
    """Each of the two stores in turn: one suite, both implementations."""
    name = {"memory": "memory_store", "postgres": "pg_store"}[request.param]
    made: MemoryStore | PgStore = request.getfixturevalue(name)
    return made
