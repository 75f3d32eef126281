"""Our side of PostgreSQL as plain rows for the checker: read by its own SQL, as the owner."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.support.checker import Ours

_LEDGER = """select e.transaction_id as transaction, t.event, t.document, e.account, e.amount, e.reference
    from ledger_entry e join ledger_transaction t on t.id = e.transaction_id order by e.id"""
_ATTEMPTS = "select reference, key, state, amount, paid_amount, provider, next_look_up_at from payment_attempt order by id"
_REFUNDS = """select r.reference, a.reference as payment, r.amount, r.state, r.route, r.requested_by, r.approved_by,
    r.next_look_up_at, r.waiting_for from refund r join payment_attempt a on a.id = r.attempt_id order by r.id"""
_CASES = "select kind, key, amount, state from case_item order by id"
_EFFECTS = "select id, key, system, operation, state, due_at, reason, payload::text as payload from effect order by id"


def read(dsn: str) -> Ours:
    """Everything that the checker compares, in one snapshot."""
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        connection.execute("set transaction isolation level repeatable read read only")

        def rows(sql: str) -> list[dict[str, Any]]:
            return connection.execute(sql.encode()).fetchall()

        return Ours(rows(_LEDGER), rows(_ATTEMPTS), rows(_REFUNDS), rows(_CASES), rows(_EFFECTS))
