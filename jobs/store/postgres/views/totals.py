"""Totals that pages read instead of counting: rolled up by the housekeeping job, a batch of new rows at a time."""

from __future__ import annotations

from datetime import timedelta

from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

BATCH = 50_000
# A transaction that began before these rows may still commit smaller ids: the newest ones wait a little.
SETTLED_AFTER = timedelta(seconds=5)


def roll_up(store: PgStore) -> int:
    """Take new calls and ledger entries into the totals; how many. Safe to repeat and to run twice at once."""
    with store.transaction("roll-up") as tx:
        locked = tx.fetch_one("select pg_try_advisory_xact_lock(4017002) as got")
        if not locked or not locked["got"]:
            return 0
        return _calls(tx) + _entries(tx)


def _mark(tx: PgTx, name: str) -> int:
    tx.execute("insert into roll_up_mark (name, last_id) values (%s, 0) on conflict do nothing", (name,))
    row = tx.fetch_one("select last_id from roll_up_mark where name = %s", (name,))
    return int(row["last_id"]) if row else 0


def _calls(tx: PgTx) -> int:
    row = tx.fetch_one(
        """with fresh as (
               select id, system, date_trunc('hour', at) as hour, outcome = 'ok' as good from exchange
               where id > %(mark)s and direction = 'out' and at < %(until)s order by id limit %(batch)s
           ), added as (
               insert into effect_hour (system, hour, done, problem)
               select system, hour, count(*) filter (where good), count(*) filter (where not good)
               from fresh group by 1, 2
               on conflict (system, hour) do update set done = effect_hour.done + excluded.done,
                   problem = effect_hour.problem + excluded.problem
           )
           select count(*) as taken, max(id) as last from fresh""",
        {"mark": _mark(tx, "exchange"), "until": tx.now - SETTLED_AFTER, "batch": BATCH},
    )
    return _moved(tx, "exchange", row)


def _entries(tx: PgTx) -> int:
    there = tx.fetch_one("select to_regclass('public.ledger_entry') is not null as there")
    if not there or not there["there"]:
        return 0
    row = tx.fetch_one(
        """with fresh as (
               select id, account, amount from ledger_entry where id > %(mark)s order by id limit %(batch)s
           ), added as (
               insert into account_total (account, amount) select account, sum(amount) from fresh group by 1
               on conflict (account) do update set amount = account_total.amount + excluded.amount
           )
           select count(*) as taken, max(id) as last from fresh""",
        {"mark": _mark(tx, "ledger_entry"), "batch": BATCH},
    )
    return _moved(tx, "ledger_entry", row)


def _moved(tx: PgTx, name: str, row: dict[str, int] | None) -> int:
    if row is None or not row["taken"]:
        return 0
    tx.execute("update roll_up_mark set last_id = %s where name = %s", (row["last"], name))
    return int(row["taken"])
