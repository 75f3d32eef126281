"""Totals that pages read instead of counting: rolled up by the housekeeping job, a batch of new rows at a time."""

from __future__ import annotations

from typing import LiteralString

from psycopg.rows import DictRow

from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

BATCH = 50_000


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
    span = _span(tx, "exchange")
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
    return _moved(tx, "exchange", span, row)


def _entries(tx: PgTx) -> int:
    span = _span(tx, "ledger_entry")
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
    return _moved(tx, "ledger_entry", span, row)


def _span(tx: PgTx, name: LiteralString) -> dict[str, int] | None:
    """The numbers that may be taken now, ``mark`` < id <= ``until``; ``None``: nothing is settled yet.

    First the newest number is noted. One run later whoever held such a number has begun to write, so the horizon is
    noted: the first transaction that has not begun. When no transaction below the horizon is open, all is settled.
    """
    tx.execute("insert into roll_up_mark (name, last_id) values (%s, 0) on conflict do nothing", (name,))
    row = tx.fetch_one(
        f"""select last_id, next_id, horizon, coalesce((select max(id) from {name}), 0) as newest,
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest_open,
                pg_snapshot_xmax(pg_current_snapshot())::text::bigint as not_begun
            from roll_up_mark where name = %s""",
        (name,),
    )
    assert row is not None  # noqa: S101 - inserted above
    if row["next_id"] is None:
        if row["newest"] > row["last_id"]:
            tx.execute("update roll_up_mark set next_id = %s where name = %s", (row["newest"], name))
        return None
    if row["horizon"] is None:
        tx.execute("update roll_up_mark set horizon = %s where name = %s", (row["not_begun"], name))
        return None
    if row["oldest_open"] < row["horizon"]:
        return None
    return {"mark": row["last_id"], "until": min(row["next_id"], row["last_id"] + BATCH)}


def _moved(tx: PgTx, name: str, span: dict[str, int], row: DictRow | None) -> int:
    """Keep the mark; when all that was settled is taken, the next step begins anew."""
    tx.execute(
        """update roll_up_mark set last_id = %(until)s,
               horizon = case when next_id > %(until)s then horizon end,
               next_id = case when next_id > %(until)s then next_id end
           where name = %(name)s""",
        {"until": span["until"], "name": name},
    )
    return max(1, int(row["taken"])) if row else 0
