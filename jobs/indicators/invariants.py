"""What must always be true, as questions to the database. Each returns the names of what breaks it; none is good.

They run once an hour beside the constraints that make them true: a broken one means that something wrote past the
program, or that the program is wrong, and is an alarm. Names are those of the published list of invariants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString

import psycopg
import structlog

from jobs.access import chain
from jobs.errors import StoreUnavailable
from jobs.evidence import chain as exchange_chain
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

MOST = 100
"""Counting stops there: one is as alarming as a thousand."""
_SAMPLE = 10
_LOOK_BACK = timedelta(days=3)
_SEALS_BACK = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Invariant:
    """One question.

    Attributes:
        sql: rows with one column, the name of what breaks it; may use ``%(now)s`` and ``%(since)s`` (three days back).
    """

    name: str
    sql: LiteralString


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "M1",
        """select 'ledger:' || e.transaction_id from ledger_entry e join ledger_transaction t on t.id = e.transaction_id
           where t.at >= %(since)s group by e.transaction_id having sum(e.amount) <> 0""",
    ),
    Invariant(
        "M2",
        """select t || ':' || p from unnest(array['ledger_transaction', 'ledger_entry', 'audit', 'audit_seal', 'event',
               'exchange', 'exchange_seal', 'exchange_day', 'exchange_body']) t,
           unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p where has_table_privilege('lienthong_app', t, p)""",
    ),
    Invariant(
        "M4",
        """select a.reference from refund r join payment_attempt a on a.id = r.attempt_id
           where r.state not in ('DECLINED', 'WITHDRAWN', 'RELEASED', 'REJECTED', 'RETURNED_BY_BANK', 'REQUESTED')
           group by a.id having sum(r.amount) > coalesce(a.paid_amount, 0)""",
    ),
    Invariant(
        "M7",
        """select reference from refund where state not in ('REQUESTED', 'DECLINED', 'WITHDRAWN')
             and (approved_by is null or approved_by = requested_by)""",
    ),
    Invariant(
        "M9",
        """select e.reference from ledger_entry e where e.account like 'suspense:%%' group by e.reference
           having sum(e.amount) <> 0
             and not exists (select from case_item c where c.key = e.reference and c.state = 'open')""",
    ),
    Invariant(
        "M10",
        """select 'settlement-line:' || m.settlement_line_id from match_record m
           where m.settlement_line_id is not null and m.undoes is null and m.made_at >= %(since)s
             and not exists (select from match_record u where u.undoes = m.id)
           group by m.settlement_line_id having count(*) > 1""",
    ),
    Invariant(
        "M12",
        """select reference from refund where state = 'UNKNOWN' and next_look_up_at is null
           union all select reference from payment_attempt where state = 'UNKNOWN' and next_look_up_at is null""",
    ),
    Invariant(
        "D3",
        """(select 'effect:' || id from effect where state in ('planned', 'unknown') and due_at is null limit 100)
           union all (select 'effect:' || id from effect where state = 'parked' and reason = '' limit 100)
           union all (select 'inbound:' || id from inbound_news n
                      where (state = 'waiting' and due_at < %(now)s - interval '2 hours')
                         or (state = 'parked' and due_at is null and not exists (
                             select from case_item c where c.key = n.case_key and c.state = 'open')) limit 100)
           union all (select 'inbox:' || id from inbox where processed_at is null
                      and received_at < %(now)s - interval '2 hours' limit 100)""",
    ),
    Invariant(
        "D7",
        """select 'effect:' || later.id from effect later
           where later.state = 'sending' and not later.released and exists (
               select from effect before where before.system = later.system and before.lane = later.lane
                 and before.id < later.id and before.state in ('planned', 'sending') and not before.released)""",
    ),
)


def check(store: PgStore) -> dict[str, int]:
    """Ask everything once and keep the answers; name → how many break it. One question that fails stops no other."""
    found = {each.name: _ask(store, each.name, _rows(each)) for each in INVARIANTS}
    found["S6"] = _ask(store, "S6", lambda _tx: _chain(store))
    return found


def _rows(invariant: Invariant) -> Callable[[PgTx], list[str]]:
    def ask(tx: PgTx) -> list[str]:
        tx.execute("set local statement_timeout to '20s'")
        rows = tx.execute(
            f"select * from ({invariant.sql}) broken limit {MOST}",
            {"now": tx.now, "since": tx.now - _LOOK_BACK},
        ).fetchall()
        return [str(next(iter(row.values()))) for row in rows]

    return ask


def _chain(store: PgStore) -> list[str]:
    """The whole audit, and the seals of the exchange log since the last hours: all of it is for ``evidence verify``."""
    wrong = chain.verify(store)
    found = [] if wrong is None else [f"seal:{wrong}"]
    recent = exchange_chain.verify(store, since=store.clock.now() - _SEALS_BACK)
    return found + [f"exchange-seal:{each.seal}:{each.kind}" for each in recent.wrong]


def _ask(store: PgStore, name: str, question: Callable[[PgTx], list[str]]) -> int:
    failure, names = "", list[str]()
    try:
        with store.transaction("invariant-ask") as tx:
            names = question(tx)
    except (psycopg.Error, StoreUnavailable) as exc:
        failure = type(exc).__name__
        log.warning("invariant.not_asked", invariant=name, cause=failure)
    if names:
        log.error("invariant.broken", invariant=name, count=len(names), sample=names[:_SAMPLE])
    with store.transaction("invariant-keep") as tx:
        tx.execute(
            """insert into invariant_check (name, checked_at, broken, broken_since, sample, failure)
               values (%(name)s, %(now)s, %(broken)s, case when %(broken)s > 0 then %(now)s::timestamptz end, %(sample)s, %(failure)s)
               on conflict (name) do update set checked_at = excluded.checked_at, failure = excluded.failure,
                   broken = case when excluded.failure = '' then excluded.broken else invariant_check.broken end,
                   sample = case when excluded.failure = '' then excluded.sample else invariant_check.sample end,
                   broken_since = case when excluded.failure <> '' then invariant_check.broken_since
                       when excluded.broken > 0 then coalesce(invariant_check.broken_since, excluded.broken_since) end""",
            {
                "name": name,
                "now": tx.now,
                "broken": len(names),
                "sample": names[:_SAMPLE],
                "failure": failure,
            },
        )
    return len(names)
