"""A database per module and an application on it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from adapters.ports import Edge
from jobs.access.service import Access
from jobs.store.postgres.store import PgStore
from tests.integration.edge.serving import visiting
from tests.integration.edge.stand_ins import AnyDesk, StandStill, a_clock, platform_door, vnpay_door


@pytest.fixture(scope="module")
def dsn(database: str) -> str:
    return database


@pytest.fixture(scope="module")
def edge_store(dsn: str) -> Iterator[PgStore]:
    opened = PgStore(dsn, a_clock(), size=6)
    yield opened
    opened.close()


@pytest.fixture
def sql(dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def desk() -> AnyDesk:
    return AnyDesk()


@pytest.fixture(scope="module")
def edge(dsn: str, edge_store: PgStore, desk: AnyDesk) -> Edge:
    return Edge(
        dsn=dsn,
        store=edge_store,
        clock=a_clock(),
        ids=StandStill(),
        access=Access(edge_store),
        wake=desk.woken.update,
        vnpay=vnpay_door(),
        platform=platform_door(),
        payments=desk,
        refunds=desk,
        reconciliation=desk,
        effects=desk,
        sandbox=True,
    )


@pytest.fixture
def browser(edge: Edge) -> Iterator[httpx.Client]:
    """Somebody outside; redirects are not followed."""
    with visiting(edge) as client:
        yield client
