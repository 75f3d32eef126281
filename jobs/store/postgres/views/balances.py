"""What stands on each account of the ledger."""

from __future__ import annotations

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx


def by_account(tx: PgTx) -> list[DictRow]:
    """Account → đồng, debit positive; reads the whole ledger. For commands: pages read the rolled-up totals."""
    return tx.fetch(
        "select account, sum(amount)::bigint as amount from ledger_entry group by account order by account"
    )
