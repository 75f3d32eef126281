"""Reconciliation on PostgreSQL with a small side of our own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from jobs.access.model import Actor, ActorKind
from jobs.reconciliation.ports import OursSource, Recorded
from jobs.reconciliation.service import Reconciliation
from jobs.reconciliation.sessions import PlainCalendar
from jobs.store.postgres.store import PgStore
from tests.support.clock import VirtualClock
from tests.support.database import reset

_OURS = """select 1 as side, a.id as line, a.kind, a.reference, a.provider_reference, a.amount, null::bigint as fee, a.status,
    (a.at at time zone 'Asia/Ho_Chi_Minh') as local_at, 1 as vnd, 0 as returned, a.route from test_ours a"""
TEST_OURS = OursSource(
    by_reference=f"""({_OURS} where a.reference = any(%(references)s)
        union {_OURS} where a.provider_reference = any(%(provider_references)s))""",
    by_session=f"({_OURS} where a.at >= %(from)s and a.at < %(until)s)",
)
FRIDAY_NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@pytest.fixture
def rec_store(database: str, clock: VirtualClock) -> Iterator[PgStore]:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute((Path(__file__).parent / "money_tables.sql").read_text("utf-8"))
    reset(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("truncate test_ours, case_item cascade")
    store = PgStore(database, clock)
    yield store
    store.close()


class Desk:
    """The service with what the tests look at."""

    def __init__(self, store: PgStore) -> None:
        self.store = store
        self.remedies = Recorded()
        self.service = Reconciliation(store, PlainCalendar(), self.remedies, ours=TEST_OURS)

    def ours(self, reference: str, amount: int = 50_000, **facts: object) -> None:
        plain = {"kind": 1, "provider_reference": "", "status": 1, "at": FRIDAY_NOON, "route": 0}
        row = plain | {"reference": reference, "amount": amount} | facts
        with self.store.transaction("ours") as tx:
            tx.execute(
                """insert into test_ours (kind, reference, provider_reference, amount, status, at, route) values
                   (%(kind)s, %(reference)s, %(provider_reference)s, %(amount)s, %(status)s, %(at)s, %(route)s)""",
                row,
            )

    def open_breaks(self) -> set[tuple[str, str]]:
        return {(row["kind"], row["evidence"].get("reference", "")) for row in self.service.breaks()}

    def count(self, table: str) -> int:
        with self.store.transaction("count") as tx:
            row = tx.fetch_one(f"select count(*) as n from {table}")
        return int(row["n"]) if row else 0

    def asked(self, name: str) -> list[object]:
        return [facts for asked, facts in self.remedies.asked if asked == name]


@pytest.fixture
def desk(rec_store: PgStore) -> Desk:
    return Desk(rec_store)


@pytest.fixture
def person() -> Actor:
    return Actor(ActorKind.PERSON, "ke.toan")


@pytest.fixture
def other() -> Actor:
    return Actor(ActorKind.PERSON, "ke.toan.truong")
