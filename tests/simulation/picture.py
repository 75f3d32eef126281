"""The memory store as plain rows for the checker. Reads tables by name, through nobody's eyes."""

from __future__ import annotations

from typing import Any

from jobs.store.memory.store import MemoryStore
from tests.support.checker import Ours


def _rows(store: MemoryStore, table: str) -> list[Any]:
    tables = store._tables
    return list(tables[table]) if table in tables else []


def taken(store: MemoryStore) -> Ours:
    """Our side, now."""
    book = store._tables.get("ledger")
    transactions = book.transactions.values() if book is not None else ()  # type: ignore[attr-defined]
    return Ours(
        ledger=[
            {
                "transaction": t.id, "event": t.event, "document": t.document, "account": e.account,
                "amount": e.amount, "reference": e.reference,
            }
            for t in transactions
            for e in t.entries
        ],
        attempts=[
            {
                "reference": a.reference, "key": a.key, "state": str(a.state), "amount": a.amount,
                "paid_amount": a.paid_amount, "provider": a.provider, "next_look_up_at": a.next_look_up_at,
            }
            for a in _rows(store, "payment_attempt")
        ],
        refunds=[
            {
                "reference": r.reference, "payment": r.payment, "amount": r.amount, "state": str(r.state),
                "route": str(r.route), "requested_by": r.requested_by, "approved_by": r.approved_by,
                "next_look_up_at": r.next_look_up_at, "waiting_for": r.waiting_for,
            }
            for r in _rows(store, "refund")
        ],
        cases=[
            {"kind": c.kind, "key": c.key, "amount": c.amount, "state": c.state} for c in _rows(store, "case_item")
        ],
        effects=[
            {
                "id": e.id, "key": e.key, "system": e.system, "operation": e.operation, "state": str(e.state),
                "due_at": e.due_at, "reason": e.reason,
            }
            for e in _rows(store, "effect")
        ],
    )  # fmt: skip
