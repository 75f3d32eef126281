"""Reconciliation in PostgreSQL: files, lines, verdicts, matches, days. Functions over an open transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, LiteralString

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from jobs.reconciliation.compile_sql import verdict_query
from jobs.reconciliation.ports import OursSource
from jobs.store.postgres.tx import PgTx

_EPOCH = "date '1970-01-01'"
_CALENDAR = """(select * from unnest(%(cal_days)s::date[], %(cal_sessions)s::integer[], %(cal_due)s::integer[])
        as c(day, session, due))"""


def _lines(ours: LiteralString) -> LiteralString:
    """All sides of some references as one relation with the columns of the rule table."""
    return f"""(
        with cal as materialized {_CALENDAR}
        select o.side, o.line::bigint, o.kind, o.reference, o.provider_reference, o.amount, o.fee, o.status,
            coalesce(f.session, (o.local_at - interval '5 minutes')::date - {_EPOCH}) as session_first,
            coalesce(t.session, (o.local_at + interval '5 minutes')::date - {_EPOCH}) as session_last,
            o.vnd, o.returned, o.route, coalesce(f.due, 1) as due
        from {ours} o
        left join cal f on f.day = (o.local_at - interval '5 minutes')::date
        left join cal t on t.day = (o.local_at + interval '5 minutes')::date
        union all
        select 2, l.id, l.kind, l.reference, l.provider_reference, l.gross, l.fee, l.status,
            coalesce(c.session, l.session - {_EPOCH}), coalesce(c.session, l.session - {_EPOCH}), 1, 0, 0, coalesce(c.due, 1)
        from settlement_line l join settlement_file sf on sf.id = l.file_id and sf.superseded_by is null
        left join cal c on c.day = l.session
        where l.reference = any(%(references)s) and l.reference <> ''
        union all
        select b.side, b.id, case when b.amount > 0 and not b.returned then 1 else 2 end, b.reference, '', abs(b.amount),
            null, 1, b.booked_on - {_EPOCH}, b.booked_on - {_EPOCH}, (b.currency = 'VND')::integer, b.returned::integer, 0, 1
        from statement_line b where b.reference = any(%(references)s) and b.reference <> ''
    )"""


def verdicts(tx: PgTx, ours: OursSource, parameters: Mapping[str, Any]) -> list[DictRow]:
    """Breaks and lines in transit among all lines of ``references``; see ``compile_sql``."""
    return tx.fetch(verdict_query(_lines(ours.by_reference)), parameters)


def our_lines(tx: PgTx, ours: OursSource, parameters: Mapping[str, Any]) -> list[DictRow]:
    """Our lines of a span of time: reference and provider reference."""
    return tx.fetch(f"select o.reference, o.provider_reference from {ours.by_session} o", parameters)


def keep_settlement_file(tx: PgTx, facts: Mapping[str, Any]) -> DictRow | None:
    """Store the file; its id and version and the version it takes the place of. ``None``: these bytes are known."""
    return tx.fetch_one(
        """with earlier as (
               select id, version, digest, superseded_by from settlement_file
               where partner = %(partner)s and session = %(session)s and terminal = %(terminal)s
           ), made as (
               insert into settlement_file (partner, session, terminal, profile, name, digest, version, row_count, gross,
                   fee, net, raw, loaded_at, loaded_by)
               select %(partner)s, %(session)s, %(terminal)s, %(profile)s, %(name)s, %(digest)s,
                   coalesce((select max(version) from earlier), 0) + 1, %(row_count)s, %(gross)s, %(fee)s, %(net)s,
                   %(raw)s, %(now)s, %(by)s
               on conflict (partner, session, terminal, digest) do nothing
               returning id, version
           )
           select made.id, made.version, (select id from earlier where superseded_by is null) as before from made""",
        dict(facts),
    )


def supersede(tx: PgTx, table: LiteralString, before: int, after: int) -> None:
    """The newer version stands in for the older one, whose lines stay readable."""
    tx.execute(f"update {table} set superseded_by = %s where id = %s", (after, before))


def copy_lines(tx: PgTx, file_id: int, rows: Iterable[Sequence[Any]]) -> None:
    """COPY the rows of a settlement file."""
    with (
        tx.connection.cursor() as cursor,
        cursor.copy(
            """copy settlement_line (file_id, row_number, kind, reference, provider_reference, original_reference, gross,
               fee, net, status, at, session) from stdin"""
        ) as copy,
    ):
        for row in rows:
            copy.write_row((file_id, *row))


def match_settlement(tx: PgTx, file_id: int, broken: Sequence[int], broken_references: Sequence[str]) -> int:
    """A match record for each line of the file that the rule table left without a verdict."""
    done = tx.execute(
        """insert into match_record (rule, kind, reference, amount, settlement_line_id, made_by, made_at)
           select case when provider_reference <> '' then 'provider-reference' else 'reference-amount' end, kind, reference,
               gross, id, 'rule', %(now)s
           from settlement_line where file_id = %(file)s and kind <= 3 and status = 1
               and id <> all(%(broken)s) and reference <> all(%(references)s)""",
        {"now": tx.now, "file": file_id, "broken": list(broken), "references": list(broken_references)},
    )
    return done.rowcount


def version_difference(tx: PgTx, before: int, after: int) -> dict[str, int]:
    """Rows added, removed and changed between two versions of a file."""
    row = tx.fetch_one(
        """select count(*) filter (where a.id is null) as removed, count(*) filter (where b.id is null) as added,
               count(*) filter (where (a.gross, a.fee, a.status, a.reference) is distinct from
                   (b.gross, b.fee, b.status, b.reference) and a.id is not null and b.id is not null) as changed
           from (select * from settlement_line where file_id = %s) b
           full join (select * from settlement_line where file_id = %s) a
               on a.provider_reference = b.provider_reference and a.kind = b.kind""",
        (before, after),
    )
    return {} if row is None else {name: int(row[name]) for name in ("added", "removed", "changed")}


def keep_statement_file(tx: PgTx, facts: Mapping[str, Any]) -> DictRow | None:
    """Store a statement; ``None``: these bytes are known."""
    return tx.fetch_one(
        """with earlier as (
               select id, version, superseded_by from statement_file
               where account = %(account)s and statement = %(statement)s
           ), made as (
               insert into statement_file (side, account, statement, first_day, last_day, name, format, digest, version,
                   opening, closing, row_count, raw, loaded_at, loaded_by)
               select %(side)s, %(account)s, %(statement)s, %(first_day)s, %(last_day)s, %(name)s, %(format)s, %(digest)s,
                   coalesce((select max(version) from earlier), 0) + 1, %(opening)s, %(closing)s, %(row_count)s, %(raw)s,
                   %(now)s, %(by)s
               on conflict (digest, account, statement) do nothing
               returning id, version
           )
           select made.id, made.version, (select id from earlier where superseded_by is null) as before from made""",
        dict(facts),
    )


def closing_before(tx: PgTx, account: str, first_day: date) -> int | None:
    """The closing balance of the account's last statement before a day."""
    row = tx.fetch_one(
        """select closing from statement_file where account = %s and last_day < %s and superseded_by is null
           order by last_day desc, id desc limit 1""",
        (account, first_day),
    )
    return None if row is None else row["closing"]


_STATEMENT_COLUMNS = (
    "file_id", "side", "account", "entry_key", "place", "booked_on", "value_on", "amount", "currency", "returned",
    "return_reason", "reference", "bank_reference", "text", "counterparty_account",
)  # fmt: skip


def keep_statement_lines(tx: PgTx, rows: Sequence[Mapping[str, Any]]) -> list[DictRow]:
    """Store the lines that no earlier statement brought; those lines."""
    return tx.fetch(
        """insert into statement_line (file_id, side, account, entry_key, place, booked_on, value_on, amount, currency,
               returned, return_reason, reference, bank_reference, text, counterparty_account)
           select * from unnest(%(file_id)s::bigint[], %(side)s::smallint[], %(account)s::text[], %(entry_key)s::text[],
               %(place)s::text[], %(booked_on)s::date[], %(value_on)s::date[], %(amount)s::bigint[], %(currency)s::text[],
               %(returned)s::boolean[], %(return_reason)s::text[], %(reference)s::text[], %(bank_reference)s::text[],
               %(text)s::text[], %(counterparty_account)s::text[])
           on conflict (entry_key) do nothing
           returning id, side, account, booked_on, value_on, amount, returned, return_reason, reference, text""",
        {name: [row[name] for row in rows] for name in _STATEMENT_COLUMNS},
    )


def known_references(tx: PgTx, ours: OursSource, words: Sequence[str]) -> set[str]:
    """Which of these words are references of ours or of a gateway's line."""
    rows = tx.fetch(
        f"""select o.reference from {ours.by_reference} o
            union select reference from settlement_line where reference = any(%(references)s)""",
        {"references": list(words), "provider_references": []},
    )
    return {row["reference"] for row in rows}


def match_statement(
    tx: PgTx, rule: str, lines: Sequence[DictRow], *, file_id: int | None, by: str, reason: str = ""
) -> None:
    """A match record per bank line: with our line (by reference) or with a session's file."""
    for line in lines:
        tx.execute(
            """insert into match_record (rule, kind, reference, amount, statement_line_id, settlement_file_id, made_by,
                   made_at, reason) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (rule, 1 if line["amount"] > 0 and not line["returned"] else 2, line["reference"], line["amount"], line["id"],
             file_id, by, tx.now, reason),
        )  # fmt: skip


ACTIVE = "m.undoes is null and not exists (select from match_record u where u.undoes = m.id)"


def open_sessions(tx: PgTx, until: date) -> list[DictRow]:
    """Current files with what the bank has paid of them."""
    return tx.fetch(
        f"""select f.id, f.partner, f.session, f.terminal, f.gross, f.fee, f.net, f.row_count,
               coalesce((select sum(m.amount) from match_record m where m.settlement_file_id = f.id
                         and m.statement_line_id is not null and {ACTIVE}), 0)::bigint as paid
           from settlement_file f where f.superseded_by is null and f.session <= %s order by f.session, f.id""",
        (until,),
    )


def strangers(tx: PgTx, side: int, until: date, since: date = date.min) -> list[DictRow]:
    """Bank lines of these days that no active match explains."""
    return tx.fetch(
        f"""select b.id, b.account, b.booked_on, b.amount, b.returned, b.return_reason, b.reference, b.text
           from statement_line b where b.side = %s and b.booked_on between %s and %s and b.amount <> 0 and not exists (
               select from match_record m where m.statement_line_id = b.id and {ACTIVE}) order by b.id""",
        (side, since, until),
    )


def open_breaks(tx: PgTx, rows: Sequence[Mapping[str, Any]]) -> int:
    """Open items for breaks that are not known yet; how many are new.

    What a rule or a match had closed opens again when the difference is back; what a person explained stays closed.
    """
    if not rows:
        return 0
    done = tx.execute(
        """insert into case_item (kind, key, dossier_code, amount, opened_at, deadline, owner, state, evidence)
           select kind, key, dossier_code, amount, %(now)s, deadline, null, 'open', evidence
           from unnest(%(kind)s::text[], %(key)s::text[], %(dossier_code)s::text[], %(amount)s::bigint[],
               %(deadline)s::timestamptz[], %(evidence)s::jsonb[]) as n(kind, key, dossier_code, amount, deadline, evidence)
           on conflict (key) do update set state = 'open', amount = excluded.amount, deadline = excluded.deadline,
               evidence = excluded.evidence
           where case_item.state = 'closed' and case_item.evidence ? 'opens_again'""",
        {
            "now": tx.now,
            **{
                name: [row[name] for row in rows]
                for name in ("kind", "key", "dossier_code", "amount", "deadline")
            },
            "evidence": [Jsonb(row["evidence"]) for row in rows],
        },
    )
    return done.rowcount


def any_open_break(tx: PgTx) -> bool:
    """Whether there is anything to close: on a quiet day there is not, and a load need not look for each line."""
    row = tx.fetch_one("select 1 as one from case_item where state = 'open' and key like 'break:%%' limit 1")
    return row is not None


def close_breaks(tx: PgTx, keys: Sequence[str], reason: str, *, explained: bool = False) -> int:
    """Close items by key, with the reason in their evidence; how many were open.

    Args:
        explained: a person has the last word: the same difference does not open again.
    """
    if not keys:
        return 0
    why: dict[str, Any] = {"closed_because": reason, "closed_at": tx.now.isoformat()}
    if not explained:
        why["opens_again"] = True
    done = tx.execute(
        """update case_item set state = 'closed', evidence = evidence || %(why)s
           where key = any(%(keys)s) and state = 'open'""",
        {"why": Jsonb(why), "keys": list(keys)},
    )
    return done.rowcount


def open_break_rows(tx: PgTx) -> list[DictRow]:
    """Open items of reconciliation, oldest first."""
    return tx.fetch(
        """select id, kind, key, dossier_code, amount, opened_at, deadline, evidence from case_item
           where state = 'open' and key like 'break:%%' order by id"""
    )
