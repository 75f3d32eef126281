"""The overview: lights of the systems, work for people, money held, the last day by hour."""

from __future__ import annotations

from datetime import timedelta

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx
from jobs.store.postgres.views.effects import open_effects

CAP = 1_000
_UNCONFIRMED = open_effects("1 as one", "system = 'igate' and operation = 'confirm_fee'")


def waiting_for_people(tx: PgTx) -> DictRow:
    """Counts that stop at ``CAP`` (shown as 'from'), each with the oldest moment. All follow small indexes."""
    row = tx.fetch_one(
        f"""select
             (select count(*) from (select 1 from refund where state = 'REQUESTED' limit %(cap)s) x) as to_approve,
             (select min(requested_at) from refund where state = 'REQUESTED') as to_approve_since,
             (select count(*) from (select 1 from refund where state = 'UNKNOWN' limit %(cap)s) x) as unknown,
             (select coalesce(sum(amount), 0)::bigint from refund where state in
                 ('RESERVED', 'SENDING', 'ACCEPTED', 'SENT_TO_BANK', 'UNKNOWN', 'NOT_SENT')) as in_transit,
             (select count(*) from (select 1 from effect where state = 'parked' limit %(cap)s) x) as parked,
             (select min(created_at) from (select created_at from effect where state = 'parked' limit %(cap)s) x)
                 as parked_since,
             (select count(*) from (select 1 from case_item where state = 'open' limit %(cap)s) x) as breaks,
             (select min(opened_at) from case_item where state = 'open') as breaks_since,
             (select count(*) from (select 1 from case_item where state = 'open' and deadline < %(now)s
                                    limit %(cap)s) x) as overdue,
             (select count(*) from ({_UNCONFIRMED}) x) as unconfirmed
        """,
        {"cap": CAP, "most": CAP, "now": tx.now},
    )
    assert row is not None  # noqa: S101 - a select without from always has a row
    return row


def by_hour(tx: PgTx) -> list[DictRow]:
    """Calls out of the last 24 hours by local hour: good ones and the others, from the counters of the workers."""
    return tx.fetch(
        """select hour, sum(done)::bigint as done, sum(problem)::bigint as problem from effect_hour
           where hour > %s group by hour order by hour""",
        (tx.now - timedelta(hours=24),),
    )


def broken_invariants(tx: PgTx) -> list[DictRow]:
    """What must always be true and was not at the last look, with a few names of what breaks it."""
    return tx.fetch(
        "select name, broken, broken_since, checked_at, sample from invariant_check where broken > 0 order by name"
    )
