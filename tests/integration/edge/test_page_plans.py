"""Pages follow indexes: no list or count may read a table that grows with the years."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.rows import DictRow

from connectors.kit.seams import MachineClock
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import Params, PgTx
from jobs.store.postgres.views import effects, overview, systems

GROWING = ("effect", "exchange", "event", "dossier", "payment_attempt", "ledger_entry", "inbox")
ASKED = {"system": "vnpay", "state": "unknown", "operation": "refund", "code": "other", "before": None}


class Explaining(PgTx):
    """Runs nothing: keeps the plan of each question."""

    def __init__(self, tx: PgTx) -> None:
        super().__init__(tx.connection, name=tx.name, now=tx.now)
        self.plans: list[str] = []

    def fetch(self, sql: LiteralString, params: Params = None) -> list[DictRow]:
        rows = super().fetch(f"explain {sql}", params)
        self.plans.append("\n".join(row["QUERY PLAN"] for row in rows))
        return []

    def fetch_one(self, sql: LiteralString, params: Params = None) -> DictRow | None:
        self.fetch(sql, params)
        return {}


@pytest.fixture
def plans(database: str) -> Iterator[Callable[[Callable[[PgTx], Any]], str]]:
    """The plans that a question would have if reading a whole table were forbidden."""
    store = PgStore(database, MachineClock(), size=1)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            """insert into exchange (at, system, operation, direction, reference, outcome, duration_ms, request_digest,
                                     response_digest, request_summary, response_summary)
               select now(), 'igate', 'x', 'out', '', 'ok', 1, '', '', '{}', '{}' from generate_series(1, 2000)"""
        )
        connection.execute("analyze exchange")

    def ask(question: Callable[[PgTx], Any]) -> str:
        with store.transaction("plan") as tx:
            tx.execute("set local enable_seqscan = off")
            tx.execute("set local enable_bitmapscan = off")
            asking = Explaining(tx)
            question(asking)
            return "\n".join(asking.plans)

    yield ask
    store.close()


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(effects.groups, id="causes"),
        pytest.param(overview.waiting_for_people, id="overview"),
        pytest.param(lambda tx: effects.one(tx, 1), id="effect"),
        pytest.param(lambda tx: effects.exchanges(tx, 1), id="calls"),
        pytest.param(lambda tx: effects.listing(tx, **ASKED), id="list"),
        pytest.param(systems.lights, id="lights"),
    ],
)
def test_no_page_reads_a_table_that_grows(plans: Any, question: Any) -> None:
    """A page that is quick in the first week must be quick in the third year."""
    plan = plans(question)

    assert plan
    assert not [table for table in GROWING if f"Seq Scan on {table} " in plan], plan


def test_the_light_of_a_system_that_nobody_calls_is_not_looked_for_in_all_calls(plans: Any) -> None:
    """Most installations have a system that is not used yet."""
    assert "using exchange_system" in plans(systems.lights)


def test_what_waits_behind_an_effect_is_found_by_its_lane(plans: Any) -> None:
    """One page of one effect."""
    assert "using effect_waiting" in plans(lambda tx: effects.one(tx, 1))
