"""The hourly questions: silent on a sound database, loud on each planted break."""

from __future__ import annotations

import psycopg
import pytest

from jobs.access import audit, chain
from jobs.access.model import Actor, ActorKind
from jobs.indicators import invariants

ATTEMPT = """insert into payment_attempt (reference, key, channel, provider, terminal, amount, paid_amount, state, created_at, expires_at,
    request_time, paid_at) values ('AAAAAAAAAAAAAAA1', 'k', 'vnpay', 'vnpay', 'T', 100, 100, 'PAID', now(), now(), '', now())"""

BREAKS = {
    "M1": """with t as (insert into ledger_transaction (event, document, at, transaction_on, value_on, booked_on, actor)
        values ('paid', 'x', %(now)s, %(now)s, %(now)s, %(now)s, 'rule:x') returning id)
        insert into ledger_entry (transaction_id, account, amount) select id, 'bank:1', 5 from t""",
    "M2": "grant update on ledger_entry to lienthong_app",
    "M7": """insert into refund (reference, attempt_id, amount, cause, route, state, requested_by, requested_at, updated_at)
        select 'AAAAAAAAAAAAAAA1', id, 1, 'other', 'transfer', 'RESERVED', 'person:a', now(), now() from payment_attempt""",
    "M9": """with t as (insert into ledger_transaction (event, document, at, transaction_on, value_on, booked_on, actor)
        values ('unplaced', 'x', %(now)s, %(now)s, %(now)s, %(now)s, 'rule:x') returning id)
        insert into ledger_entry (transaction_id, account, amount, reference)
        select id, 'suspense:bank:1', -5, 'case' from t union all select id, 'bank:1', 5, 'case' from t""",
    "M12": """insert into refund (reference, attempt_id, amount, cause, route, state, requested_by, requested_at, updated_at)
        select 'AAAAAAAAAAAAAAA1', id, 1, 'other', 'transfer', 'UNKNOWN', 'person:a', now(), now() from payment_attempt""",
    "D3": """insert into inbox (source, key, received_at, headers, raw, verdict)
        values ('vnpay', 'k', %(now)s - interval '3 hours', '{}', '', 'verified')""",
    "S6": "update audit set reason = 'another'",
}


@pytest.fixture
def sealed(pg_store, clock):
    """A store with one sealed act."""
    with pg_store.transaction("act") as tx:
        audit.record(tx, Actor(ActorKind.RULE, "test"), "act", "thing")
    clock.advance(minutes=1)
    assert chain.seal(pg_store) == 1
    return pg_store


def test_a_sound_database_breaks_nothing(sealed):
    """An alarm that always rings is not heard."""
    found = invariants.check(sealed)

    assert set(found) == {each.name for each in invariants.INVARIANTS} | {"S6"}
    assert not any(found.values())


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_each_planted_break_is_found_and_kept_until_it_is_mended(sealed, empty_database, clock, name):
    """A question that cannot be answered with 'broken' proves nothing."""
    with psycopg.connect(empty_database, autocommit=True) as owner:
        owner.execute("set session_replication_role to replica")
        checks = owner.execute(
            "select conrelid::regclass, conname from pg_constraint where conrelid = 'refund'::regclass and contype = 'c'"
        ).fetchall()
        for table, constraint in checks:
            owner.execute(f"alter table {table} drop constraint {constraint}")
        owner.execute(ATTEMPT)
        owner.execute(BREAKS[name], {"now": clock.now()} if "%(now)s" in BREAKS[name] else None)
        try:
            found = invariants.check(sealed)
            row = owner.execute(
                "select broken, broken_since = %s from invariant_check where name = %s", (clock.now(), name)
            ).fetchone()
        finally:
            owner.execute("revoke update on ledger_entry from lienthong_app")

    assert found[name] == 1
    assert row == (1, True)
