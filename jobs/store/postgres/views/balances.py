"""What stands on each account of the ledger: the rolled-up totals and the entries that came after them."""

from __future__ import annotations

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx


def by_account(tx: PgTx) -> list[DictRow]:
    """Account → đồng, debit positive. One statement: totals and later entries are of the same moment."""
    return tx.fetch(
        """select account, sum(amount)::bigint as amount from (
               select account, amount from account_total
               union all
               select account, amount from ledger_entry
               where id > coalesce((select last_id from roll_up_mark where name = 'ledger_entry'), 0)) entries
           group by account order by account"""
    )
