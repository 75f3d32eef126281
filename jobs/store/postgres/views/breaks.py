"""Breaks, and uploaded files that wait to be loaded."""

from __future__ import annotations

from datetime import date, timedelta

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

PAGE = 50


def open_breaks(tx: PgTx, *, kind: str, overdue: bool, before: int | None) -> list[DictRow]:
    """Open items, newest first, keyed by id; one more than a page."""
    return tx.fetch(
        """select id, kind, key, dossier_code, amount, opened_at, deadline, owner, state from case_item
           where state = 'open' and (%(kind)s = '' or kind = %(kind)s)
             and (not %(overdue)s or deadline < %(now)s) and (%(before)s::bigint is null or id < %(before)s)
           order by id desc limit %(most)s""",
        {"kind": kind, "overdue": overdue, "now": tx.now, "before": before, "most": PAGE + 1},
    )


def newest_day(tx: PgTx) -> date | None:
    """The newest day that a file speaks of: what an accountant looks at first."""
    row = tx.fetch_one(
        """select greatest((select max(session) from settlement_file where superseded_by is null),
                           (select max(last_day) from statement_file where superseded_by is null)) as day"""
    )
    return row["day"] if row else None


def one(tx: PgTx, case_id: int) -> DictRow | None:
    """An item with its evidence."""
    return tx.fetch_one("select * from case_item where id = %s", (case_id,))


def keep_upload(tx: PgTx, digest: str, raw: bytes, *, name: str, profile: str, by: str) -> None:
    """Keep an uploaded file until it is loaded; what was never loaded is forgotten after a day."""
    tx.execute("delete from upload where at < %s", (tx.now - timedelta(days=1),))
    tx.execute(
        """insert into upload (digest, uploaded_by, name, profile, raw, at) values (%s, %s, %s, %s, %s, %s)
           on conflict (digest, uploaded_by) do update set name = excluded.name, profile = excluded.profile,
               at = excluded.at""",
        (digest, by, name, profile, raw, tx.now),
    )


def upload(tx: PgTx, digest: str, by: str) -> DictRow | None:
    """A kept file of this person."""
    return tx.fetch_one("select * from upload where digest = %s and uploaded_by = %s", (digest, by))


def drop_upload(tx: PgTx, digest: str) -> None:
    """Forget a kept file."""
    tx.execute("delete from upload where digest = %s", (digest,))
