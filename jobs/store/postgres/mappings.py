"""Rows that people add to code tables, and what waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

_COLUMNS = """id, system, list, code, meaning, way, valid_from, valid_to, reason, proposed_by, proposed_at, accepted_by,
    accepted_at, rejected_by, rejected_at, rejected_because, end_on, end_reason, end_proposed_by, end_proposed_at, ended_by,
    ended_at, waits_since, told_again_at"""
MOST = 2_000
"""Rows of one question: code lists are small, and a page that shows more is read by nobody."""
ALL = 100_000
"""Cases that an acceptance looks through."""


def propose(tx: PgTx, row: Mapping[str, Any], *, by: str) -> int:
    """Keep a proposal; its id."""
    made = tx.fetch_one(
        """insert into mapping_row (system, list, code, meaning, way, valid_from, valid_to, reason, proposed_by, proposed_at)
           values (%(system)s, %(list)s, %(code)s, %(meaning)s, %(way)s, %(valid_from)s, %(valid_to)s, %(reason)s, %(by)s,
                   %(now)s) returning id""",
        {**row, "by": by, "now": tx.now},
    )
    assert made is not None  # noqa: S101 - an insert that returns
    return int(made["id"])


def one(tx: PgTx, row_id: int, *, lock: bool = False) -> DictRow | None:
    """A row by its id."""
    if lock:
        return tx.fetch_one(f"select {_COLUMNS} from mapping_row where id = %s for update", (row_id,))
    return tx.fetch_one(f"select {_COLUMNS} from mapping_row where id = %s", (row_id,))


def accepted(tx: PgTx) -> list[DictRow]:
    """Every accepted row, of all days, newest first: what programs read."""
    return tx.fetch(f"select {_COLUMNS} from mapping_row where accepted_by is not null order by id desc")


def listed(tx: PgTx, *, system: str = "", name: str = "", on: date | None = None) -> list[DictRow]:
    """Accepted rows for people, newest first."""
    return tx.fetch(
        f"""select {_COLUMNS} from mapping_row
            where accepted_by is not null and (%(system)s = '' or system = %(system)s) and (%(list)s = '' or list = %(list)s)
              and (%(on)s::date is null or (valid_from <= %(on)s and coalesce(valid_to >= %(on)s, true)))
            order by id desc limit {MOST}""",
        {"system": system, "list": name, "on": on},
    )


def proposals(tx: PgTx) -> list[DictRow]:
    """What waits for a second person: new rows and ends of rows, oldest first."""
    return tx.fetch(
        f"""select {_COLUMNS} from mapping_row
            where (accepted_by is null and rejected_by is null) or (end_on is not null and ended_by is null)
            order by id limit {MOST}"""
    )


def accept(tx: PgTx, row_id: int, *, by: str, waits_since: datetime | None) -> None:
    """The second person; a constraint refuses the first one again."""
    tx.execute(
        "update mapping_row set accepted_by = %s, accepted_at = %s, waits_since = %s where id = %s",
        (by, tx.now, waits_since, row_id),
    )


def reject(tx: PgTx, row_id: int, *, by: str, because: str) -> None:
    """A proposal that is not taken; it stays readable."""
    tx.execute(
        "update mapping_row set rejected_by = %s, rejected_at = %s, rejected_because = %s where id = %s",
        (by, tx.now, because, row_id),
    )


def propose_end(tx: PgTx, row_id: int, on: date, *, reason: str, by: str) -> None:
    """The last day that somebody wants."""
    tx.execute(
        """update mapping_row set end_on = %s, end_reason = %s, end_proposed_by = %s, end_proposed_at = %s where id = %s""",
        (on, reason, by, tx.now, row_id),
    )


def accept_end(tx: PgTx, row_id: int, *, by: str) -> None:
    """The second person of an end."""
    tx.execute(
        "update mapping_row set valid_to = end_on, ended_by = %s, ended_at = %s where id = %s",
        (by, tx.now, row_id),
    )


def drop_end(tx: PgTx, row_id: int) -> None:
    """The end is not wanted after all; the audit keeps who proposed it."""
    tx.execute(
        """update mapping_row set end_on = null, end_reason = null, end_proposed_by = null, end_proposed_at = null
           where id = %s""",
        (row_id,),
    )


def gap_cases(tx: PgTx, kinds: Sequence[str], most: int = MOST) -> list[DictRow]:
    """Open cases that may name a missing row, oldest first; of refused calls those that we did not send ourselves."""
    return tx.fetch(
        """select id, kind, key, dossier_code, opened_at, evidence from case_item
           where state = 'open' and kind = any(%s) and (kind <> 'sync_refused' or evidence->>'code' = 'not-sent')
           order by id limit %s""",
        (list(kinds), most),
    )


def close_cases(tx: PgTx, cases: Sequence[int], *, row_id: int) -> None:
    """The row is there. The key is given free, so that the same gap on a later day is a case again."""
    tx.execute(
        """update case_item set state = 'closed', key = key || ' #' || id,
               evidence = evidence || jsonb_build_object('closed_because', 'mapped', 'mapping_row', %s::bigint,
                                                         'closed_at', %s::text)
           where id = any(%s) and state = 'open'""",
        (row_id, tx.now.isoformat(), list(cases)),
    )


def untold(tx: PgTx, before: datetime) -> list[DictRow]:
    """Rows accepted before a moment for which something waits that was not planned anew yet."""
    return tx.fetch(
        f"""select {_COLUMNS} from mapping_row
            where waits_since is not null and told_again_at is null and accepted_at <= %s order by id limit 100""",
        (before,),
    )


def told_again(tx: PgTx, row_id: int) -> None:
    """Everything that waited for the row was planned anew."""
    tx.execute(
        "update mapping_row set told_again_at = %s where id = %s and told_again_at is null", (tx.now, row_id)
    )


def behind(tx: PgTx, system: str, since: datetime, after: str, most: int) -> list[str]:
    """Dossiers whose newest version, made since a moment, was never planned for a system; by code, after one."""
    rows = tx.fetch(
        """select f.dossier_code from dossier_file f
           left join sync_state s on s.system = %(system)s and s.dossier_code = f.dossier_code
           where f.version > coalesce(s.planned_version, 0) and f.at >= %(since)s and f.dossier_code > %(after)s
           order by f.dossier_code limit %(most)s""",
        {"system": system, "since": since, "after": after, "most": most},
    )
    return [row["dossier_code"] for row in rows]
