"""A store that keeps bodies, and somebody who acts."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import psycopg
import pytest

from connectors.kit.effects import Bodies, Exchange
from jobs.access.model import Actor, ActorKind
from jobs.evidence.keeper import Keeper
from jobs.store.postgres.store import PgStore

MASTER, OTHER = bytes(range(32)), bytes(range(1, 33))
MASTER_TEXT = base64.b64encode(MASTER).decode()
NAME, NUMBER = "Trịnh Thị Cẩm Quỳnh", "079185012347"
ANN, BINH = Actor(ActorKind.PERSON, "ann", "10.0.0.1"), Actor(ActorKind.PERSON, "binh", "10.0.0.2")
CODE = "H21.129-261123-000001"


@pytest.fixture
def keeping(empty_database, clock) -> Iterator[PgStore]:
    """A store with a master key."""
    store = PgStore(empty_database, clock, keeper=Keeper([MASTER]))
    yield store
    store.close()


@pytest.fixture
def owner(empty_database) -> Iterator[psycopg.Connection]:
    """Somebody who may do anything to the tables; constraints are out of the way."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("set session_replication_role to replica")
        yield connection


def exchange(number: int = 1, *, bodies: Bodies | None = None, **facts) -> Exchange:
    """One call that went well."""
    plain = {
        "system": "land", "operation": "hand_over", "direction": "out", "reference": f"R{number}", "status": 200,
        "outcome": "ok", "duration_ms": 12, "request_digest": "aa:bb", "response_digest": "cc:dd",
        "request_summary": {"method": "POST", "path": "/đường", "bytes": 3}, "response_summary": {"bytes": 2, "code": "00"},
    }  # fmt: skip
    return Exchange(**(plain | facts), bodies=bodies)


def note(store: PgStore, *exchanges: Exchange) -> None:
    """Write them as the engine does."""
    with store.transaction("note") as tx:
        tx.effects.note([(None, None, each) for each in exchanges])
