"""Whatever is done to the exchange log after it was sealed shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jobs.evidence import chain
from jobs.evidence.chain import verify
from jobs.indicators import invariants
from tests.integration.evidence.conftest import exchange, note
from tests.support.waiting import eventually


def seal_all(store) -> int:
    """As the periodic work does, until everything is settled: other databases of the server may be busy."""
    taken = 0

    def done() -> bool:
        nonlocal taken
        taken += chain.seal(store)
        with store.transaction("look") as tx:
            row = tx.fetch_one(
                """select coalesce(max(id), 0) = coalesce((select max(until_id) from exchange_seal), 0) as done from exchange"""
            )
        return bool(row and row["done"])

    eventually(done, within=30)
    return taken


@pytest.fixture
def sealed(pg_store, clock):
    """Three days with nine rows in several seals; the last day is still open."""
    number = 0
    for _ in range(3):
        for _ in range(3):
            note(pg_store, *(exchange(number := number + 1) for _ in range(3)))
            seal_all(pg_store)
        clock.advance(days=1)
    clock.advance(days=-1)
    assert verify(pg_store).wrong == []
    return pg_store


def test_every_row_is_sealed_once_and_days_are_closed(sealed, owner):
    """A row that no seal holds could be changed by anybody."""
    found = verify(sealed)

    assert (found.seals, found.rows) == (9, 27)
    days = owner.execute("select day, seals, rows from exchange_day order by day").fetchall()
    assert [(seals, rows) for _, seals, rows in days] == [(3, 9), (6, 9)]
    assert owner.execute("select count(*) from audit where action = 'seal-exchanges'").fetchone() == (2,)
    assert seal_all(sealed) == 0


TAMPERING = {
    "a changed field": "update exchange set outcome = 'Rejected' where id = (select min(id) + 4 from exchange)",
    "a changed summary": """update exchange set response_summary = '{"code":"99"}' where id = (select min(id) + 8 from exchange)""",
    "a changed time": "update exchange set at = at + interval '1 microsecond' where id = (select min(id) from exchange)",
    "a changed effect": "update exchange set effect_id = 7 where id = (select max(id) from exchange)",
    "a removed row": "delete from exchange where id = (select min(id) + 10 from exchange)",
    "the first row removed": "delete from exchange where id = (select min(id) from exchange)",
    "two rows swapped": """update exchange e set reference = o.reference from exchange o, (select min(id) as id from exchange) m
        where (e.id = m.id and o.id = m.id + 1) or (e.id = m.id + 1 and o.id = m.id)""",
    "a removed seal": "delete from exchange_seal where number = 4",
    "a seal that says less": "update exchange_seal set rows = rows - 1 where number = 5",
    "a cut tail of rows": "delete from exchange where id > (select max(id) - 3 from exchange)",
    "a cut tail of rows and seals": """with gone as (delete from exchange_seal where number > 8 returning after_id)
        delete from exchange where id > (select min(after_id) from gone)""",
    "the newest day gone with its mark": """with gone as (delete from exchange_seal where day = (select max(day) from exchange_seal)
        returning after_id), low as (select min(after_id) as id from gone), day as (delete from exchange_day
        where day = (select max(day) from exchange_day)),
        mark as (update roll_up_mark set last_id = (select id from low) where name = 'exchange-seal')
        delete from exchange where id > (select id from low)""",
    "the days gone": "delete from exchange_day",
    "a day that ended otherwise": "update exchange_day set rows = rows - 1",
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(TAMPERING))
def test_what_was_done_to_it_is_found(sealed, owner, what):
    """Removing, adding, changing, reordering, cutting the tail."""
    owner.execute(TAMPERING[what])

    assert verify(sealed).wrong, what


def test_a_row_put_between_is_found(pg_store, owner):
    """Into a number that a rolled-back transaction left free."""
    note(pg_store, exchange(1), exchange(2))
    free = owner.execute("select nextval('exchange_id_seq')").fetchone()
    note(pg_store, exchange(3), exchange(4))
    seal_all(pg_store)
    assert verify(pg_store).wrong == []
    owner.execute(
        """insert into exchange overriding system value select (jsonb_populate_record(e, jsonb_build_object('id', %s::bigint))).*
           from exchange e order by e.id limit 1""",
        free,
    )

    assert {each.kind for each in verify(pg_store).wrong} == {"removed-or-added"}


def test_one_day_can_be_looked_at_alone(sealed, owner, clock):
    """The years need not be read to answer for yesterday."""
    today = clock.now().date()
    owner.execute("update exchange set outcome = 'x' where id = (select min(id) from exchange)")

    assert [each.kind for each in verify(sealed, day=today - timedelta(days=2)).wrong] == ["changed"]
    assert verify(sealed, day=today - timedelta(days=1)).wrong == []
    assert verify(sealed, day=today).seals == 3
    assert verify(sealed, day=date(2020, 1, 1)).seals == 0
    assert verify(sealed, since=clock.now() - timedelta(hours=1)).wrong == []


def test_two_sequencers_seal_once(pg_store, empty_database, clock):
    """Housekeeping may run twice at once."""
    note(pg_store, exchange())
    with pg_store.transaction("hold") as tx:
        assert tx.fetch_one("select pg_try_advisory_xact_lock(4017003) as got") == {"got": True}
        assert [chain.seal(pg_store) for _ in range(4)] == [0] * 4
    assert seal_all(pg_store) == 1


def test_an_older_transaction_that_commits_late_is_sealed_too(pg_store, clock):
    """Its number is smaller than that of a row that was there before it."""
    with pg_store.transaction("slow") as slow:
        slow.effects.note([(None, None, exchange(1))])
        note(pg_store, exchange(2))
        assert [chain.seal(pg_store) for _ in range(8)] == [0] * 8
    assert seal_all(pg_store) == 2
    assert verify(pg_store).wrong == []


def test_the_hourly_question_sees_it_and_what_is_sound_is_silent(sealed, owner):
    """S6: an alarm, not a command that somebody would have to think of."""
    assert invariants.check(sealed)["S6"] == 0
    owner.execute("update exchange set outcome = 'x' where id = (select max(id) from exchange)")
    assert invariants.check(sealed)["S6"] == 1


def test_a_day_in_the_audit_that_says_otherwise_is_found(sealed, owner):
    """Both copies of a day's end must be rewritten, and the audit has a chain of its own."""
    owner.execute("update audit set facts = facts || '{\"rows\": 8}' where action = 'seal-exchanges'")

    assert {each.kind for each in verify(sealed).wrong} == {"day"}
