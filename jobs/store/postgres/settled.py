"""Takes rows of a growing table in order, once each, and only when no earlier one can still appear."""

from __future__ import annotations

from typing import LiteralString

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

BATCH = 50_000


def span(tx: PgTx, table: LiteralString, *, mark: str = "", most: int = BATCH) -> dict[str, int] | None:
    """The numbers that may be taken now, ``mark`` < id <= ``until``; ``None``: nothing is settled yet.

    First the newest number is noted. One run later whoever held such a number has begun to write, so the horizon is
    noted: the first transaction that has not begun. When no transaction below the horizon is open, all is settled.

    Args:
        table: whose ``id`` is counted.
        mark: name of the mark, when several take from one table; else the table's.
        most: numbers taken at once.
    """
    name = mark or table
    tx.execute("insert into roll_up_mark (name, last_id) values (%s, 0) on conflict do nothing", (name,))
    row = tx.fetch_one(
        f"""select last_id, next_id, horizon, coalesce((select max(id) from {table}), 0) as newest,
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
    return {"mark": row["last_id"], "until": min(row["next_id"], row["last_id"] + most)}


def moved(tx: PgTx, name: str, span: dict[str, int], row: DictRow | None) -> int:
    """Keep the mark; when all that was settled is taken, the next step begins anew."""
    tx.execute(
        """update roll_up_mark set last_id = %(until)s,
               horizon = case when next_id > %(until)s then horizon end,
               next_id = case when next_id > %(until)s then next_id end
           where name = %(name)s""",
        {"until": span["until"], "name": name},
    )
    return max(1, int(row["taken"])) if row else 0
