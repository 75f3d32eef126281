"""The real doors on a real database: endpoints with the services behind them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import httpx
import psycopg
import pytest

from adapters.ports import Edge, PlatformDoor, VnpayDoor
from connectors.errors import Forged
from connectors.payment_platform import notifications as payment_platform
from connectors.vnpay import notifications as vnpay
from jobs.access.model import Actor, ActorKind, Scope
from jobs.access.service import Access
from jobs.reconciliation.ports import Recorded
from jobs.reconciliation.service import Reconciliation
from jobs.reconciliation.sessions import PlainCalendar
from jobs.store.postgres.store import PgStore
from tests.integration.bad_input import messages
from tests.integration.edge.serving import visiting
from tests.integration.edge.stand_ins import AnyDesk, StandStill, a_clock
from tests.support.database import reset

ADMIN = Actor(ActorKind.PERSON, "quantri")


@pytest.fixture(scope="module")
def store(database: str) -> Iterator[PgStore]:
    opened = PgStore(database, a_clock(), size=4)
    yield opened
    opened.close()


@pytest.fixture
def sql(database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def desk() -> AnyDesk:
    """Stands where acts end; a bad body must never get there."""
    return AnyDesk()


@pytest.fixture(scope="module")
def edge(database: str, store: PgStore, desk: AnyDesk) -> Edge:
    return Edge(
        dsn=database,
        store=store,
        clock=a_clock(),
        ids=StandStill(),
        access=Access(store),
        wake=lambda _: None,
        vnpay=VnpayDoor(partial(vnpay.verified, settings=messages.VNPAY), (Forged,)),
        platform=PlatformDoor(
            partial(payment_platform.verified, settings=messages.PLATFORM),
            partial(payment_platform.answer, settings=messages.PLATFORM),
            (Forged,),
        ),
        payments=desk,
        refunds=desk,
        reconciliation=Reconciliation(store, PlainCalendar(), Recorded()),
        sandbox=True,
    )


@pytest.fixture(scope="module")
def served(edge: Edge) -> Iterator[httpx.Client]:
    with visiting(edge) as client:
        yield client


@pytest.fixture
def browser(served: httpx.Client, database: str, desk: AnyDesk) -> httpx.Client:
    """A caller of the endpoints; the tables are empty."""
    reset(database)
    desk.acts.clear()
    return served


@pytest.fixture
def portal(browser: httpx.Client, edge: Edge) -> dict[str, str]:
    """Headers of a system with every scope."""
    shown = edge.access.issue_key("portal", "Cổng", list(Scope), actor=ADMIN)
    return {"authorization": f"Bearer {shown}", "accept-language": "vi"}
