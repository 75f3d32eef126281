"""Transactions keep all or nothing, in both stores."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from jobs.store.memory.store import MemoryStore
from jobs.store.memory.table import Table
from jobs.store.postgres.store import PgStore
from tests.support.clock import VirtualClock


def _subjects(store: PgStore) -> list[str]:
    with store.transaction("read") as tx:
        return [row["subject"] for row in tx.fetch("select subject from event order by id")]


def _note(tx, subject: str) -> None:
    tx.execute(
        "insert into event (at, subject, kind, actor, facts) values (%s, %s, 'k', 'test', '{}')",
        (tx.now, subject),
    )


def test_what_a_block_wrote_is_there_after_it(pg_store):
    """The commit is the end of the block."""
    with pg_store.transaction("write") as tx:
        _note(tx, "one")

    assert _subjects(pg_store) == ["one"]


def test_a_block_that_raises_leaves_nothing(pg_store):
    """Half a fact is worse than none."""
    with pytest.raises(ValueError, match="stop"), pg_store.transaction("write") as tx:
        _note(tx, "half")
        raise ValueError("stop")

    assert _subjects(pg_store) == []


def test_tables_are_empty_again_in_the_next_test(pg_store):
    """Tests of one module share a database and nothing else."""
    assert _subjects(pg_store) == []


def test_time_in_a_transaction_is_the_clocks(store, clock: VirtualClock):
    """Everything written in one transaction happened at one moment, by one clock."""
    with store.transaction("look") as tx:
        assert tx.now == clock.now()


def test_wake_ups_leave_after_the_commit_and_once_per_queue(database, clock):
    """A worker that wakes before the commit finds nothing and sleeps again."""
    for make in (lambda **kw: MemoryStore(clock, **kw), lambda **kw: PgStore(database, clock, **kw)):
        woken: list[set[str]] = []
        store = make(wake=lambda queues: woken.append(set(queues)))
        with store.transaction("write") as tx:
            tx.wake("intake")
            tx.wake("intake")
            assert woken == []
        assert woken == [{"intake"}]
        with pytest.raises(ValueError, match="no"), store.transaction("write") as tx:
            tx.wake("intake")
            raise ValueError("no")
        assert woken == [{"intake"}]
        if isinstance(store, PgStore):
            store.close()


def test_a_serial_conflict_runs_the_work_again(store):
    """Two presses of one button must not become an error page."""
    tries = []

    def work(tx):
        tries.append(tx.now)
        if len(tries) < 3:
            raise SerialConflict("again")
        return "done"

    assert store.run("press", work) == "done"
    assert len(tries) == 3


def test_a_lost_answer_to_commit_is_unknown_and_not_a_failure(pg_store):
    """The row may be there: whoever treats this as a failure writes it twice."""

    def cut(name: str) -> None:
        if name.startswith("before-commit"):
            tx.connection.pgconn.finish()

    pg_store._boundary = cut
    with pytest.raises(CommitUnknown), pg_store.transaction("write") as tx:
        _note(tx, "perhaps")
    pg_store._boundary = lambda _name: None
    assert _subjects(pg_store) == []  # the pool gave a new connection


def test_the_application_cannot_change_its_time_line(pg_store):
    """Append-only is a right the role does not have, not a habit."""
    with pg_store.transaction("write") as tx:
        _note(tx, "fact")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), pg_store.transaction("forge") as tx:
        tx.execute("update event set subject = 'other'")


def test_after_a_restart_of_the_server_at_most_one_transaction_fails(pg_store, database):
    """Every idle connection is dead then; each must not cost somebody's request."""
    with contextlib.ExitStack() as several:
        for n in range(4):
            several.enter_context(pg_store.transaction(f"open {n}"))
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and pid <> pg_backend_pid()"""
        )

    with pytest.raises(StoreUnavailable), pg_store.transaction("first") as tx:
        tx.execute("select 1")
    for _ in range(6):
        with pg_store.transaction("next") as tx:
            tx.execute("select 1")


def test_an_error_of_the_work_is_raised_as_it_is(store):
    """Who asks why must find the cause, not the cause of itself."""
    with pytest.raises(KeyError) as raised, store.transaction("work") as tx:
        assert tx.now
        raise KeyError("k")

    assert raised.value.__cause__ is None


def test_a_memory_transaction_that_raises_undoes_every_table(memory_store):
    """The memory store must be as strict as PostgreSQL, or its simulations prove nothing."""
    rows = memory_store.table("t", lambda: Table("t"))
    with memory_store.transaction("write"):
        rows.insert(1, "kept")
    with pytest.raises(ValueError, match="crash"), memory_store.transaction("write"):
        rows.insert(2, "lost")
        rows.update(1, "changed")
        raise ValueError("crash")

    assert rows.get(1) == "kept"
    assert rows.get(2) is None
