"""Totals that pages read instead of counting: rolled up by the housekeeping job, a batch of new rows at a time."""

from __future__ import annotations

from jobs.store.postgres import settled
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx


def roll_up(store: PgStore) -> int:
    """Take new calls and ledger entries into the totals; how many. Safe to repeat and to run twice at once.

    A row shows in its total after the third run behind its commit, and exactly once.
    """
    with store.transaction("roll-up") as tx:
        locked = tx.fetch_one("select pg_try_advisory_xact_lock(4017002) as got")
        if not locked or not locked["got"]:
            return 0
        return _calls(tx) + _entries(tx)


def _calls(tx: PgTx) -> int:
    span = settled.span(tx, "exchange")
    if span is None:
        return 0
    row = tx.fetch_one(
        """with fresh as (
               select id, system, date_trunc('hour', at) as hour, outcome = 'ok' as good from exchange
               where id > %(mark)s and id <= %(until)s and direction = 'out'
           ), added as (
               insert into effect_hour (system, hour, done, problem)
               select system, hour, count(*) filter (where good), count(*) filter (where not good)
               from fresh group by 1, 2
               on conflict (system, hour) do update set done = effect_hour.done + excluded.done,
                   problem = effect_hour.problem + excluded.problem
           )
           select count(*) as taken from fresh""",
        span,
    )
    return settled.moved(tx, "exchange", span, row)


def _entries(tx: PgTx) -> int:
    span = settled.span(tx, "ledger_entry")
    if span is None:
        return 0
    row = tx.fetch_one(
        """with fresh as (
               select id, account, amount from ledger_entry where id > %(mark)s and id <= %(until)s
           ), added as (
               insert into account_total (account, amount) select account, sum(amount) from fresh group by 1
               on conflict (account) do update set amount = account_total.amount + excluded.amount
           )
           select count(*) as taken from fresh""",
        span,
    )
    return settled.moved(tx, "ledger_entry", span, row)
