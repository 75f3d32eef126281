"""Work that comes back by itself, and the sweep that finds it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from jobs import periodic
from jobs.broker.listener import CHANNEL
from jobs.periodic import Periodic, install, next_time, run_due
from jobs.scheduler import Scheduler
from tests.support.waiting import eventually


@pytest.fixture
def runs():
    return []


@pytest.fixture
def work(runs):
    return (Periodic("seal", "@every 60", lambda: runs.append("seal")),)


def test_a_schedule_is_read_in_local_time():
    """'At seven in the morning' means the counter's morning."""
    after = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    assert next_time("0 7 * * *", after) == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert next_time("@every 90", after) == after + timedelta(seconds=90)


def test_it_runs_when_it_is_due_and_is_due_again_later(pg_store, clock, work, runs):
    """Neither early nor twice."""
    install(pg_store, work)
    run_due(pg_store, work)
    assert runs == []
    clock.advance(61)
    run_due(pg_store, work)
    run_due(pg_store, work)
    assert runs == ["seal"]
    clock.advance(61)
    run_due(pg_store, work)
    assert runs == ["seal", "seal"]


def test_two_workers_run_it_once(pg_store, clock, runs):
    """Every worker is woken; one of them is enough."""
    inner = []

    def slow() -> None:
        run_due(pg_store, (Periodic("seal", "@every 60", lambda: inner.append(1)),))
        runs.append("seal")

    work = (Periodic("seal", "@every 60", slow),)
    install(pg_store, work)
    clock.advance(61)
    run_due(pg_store, work)

    assert (runs, inner) == (["seal"], [])


def test_a_worker_that_died_in_it_frees_it_after_its_lease(pg_store, clock, work, runs):
    """Nobody has to clear a lock by hand."""
    install(pg_store, work)
    clock.advance(61)
    with pg_store.transaction("claimed by the dead") as tx:
        assert periodic._claim(tx, ["seal"]) == "seal"
    run_due(pg_store, work)
    assert runs == []
    clock.advance(hours=1)
    run_due(pg_store, work)
    assert runs == ["seal"]


def test_a_failure_is_kept_and_does_not_stop_the_others(pg_store, clock, runs):
    """One broken piece of housekeeping must not hide behind the next one's success."""

    def breaks() -> None:
        raise RuntimeError("no")

    work = (Periodic("a", "@every 60", breaks), Periodic("b", "@every 60", lambda: runs.append("b")))
    install(pg_store, work)
    clock.advance(61)
    run_due(pg_store, work)

    assert runs == ["b"]
    with pg_store.transaction("look") as tx:
        assert tx.fetch_one("select failure from periodic where name = 'a'") == {"failure": "RuntimeError"}


def test_rows_follow_the_program(pg_store, clock, work):
    """Work that the new version does not know must not be due for ever."""
    install(pg_store, (*work, Periodic("old", "@every 5", lambda: None)))
    install(pg_store, work)
    with pg_store.transaction("look") as tx:
        assert [row["name"] for row in tx.fetch("select name from periodic")] == ["seal"]


@pytest.fixture
def make_scheduler(empty_database, clock):
    made = []

    def make(**options):
        made.append(Scheduler(empty_database, clock, **options))
        return made[-1]

    yield make
    for scheduler in made:
        scheduler.close()


def test_the_sweep_wakes_the_queue_of_what_is_due(make_scheduler, pg_store, clock, work, database):
    """A wake-up that was lost costs a second, not a person's call."""
    install(pg_store, work)
    scheduler = make_scheduler()
    assert scheduler.tick() == set()
    clock.advance(61)
    with psycopg.connect(database, autocommit=True) as listener:
        listener.execute(f"listen {CHANNEL}")
        assert scheduler.tick() == {"housekeeping"}
        assert [n.payload for n in listener.notifies(timeout=5, stop_after=1)] == ["housekeeping"]


def test_started_twice_only_one_sweeps_until_it_ends(make_scheduler, pg_store, clock, work):
    """Two machines may both believe that they are the one."""
    install(pg_store, work)
    clock.advance(61)
    first, second = make_scheduler(), make_scheduler()

    assert first.tick() == {"housekeeping"}
    assert second.tick() == set()
    first.close()
    eventually(lambda: second.tick() == {"housekeeping"})  # the server lets go when it has seen the end


def test_a_lost_connection_is_made_anew(make_scheduler, pg_store, clock, work, database):
    """The database may be restarted at any moment."""
    install(pg_store, work)
    clock.advance(61)
    scheduler = make_scheduler()
    scheduler.tick()
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where application_name = 'lienthong-scheduler' and datname = current_database()"""
        )

    assert scheduler.tick() == set()
    assert scheduler.tick() == {"housekeeping"}


def test_a_forked_child_leaves_the_parents_connection_alone(make_scheduler, pg_store, clock, work):
    """A child that says good-bye on the shared socket ends its parent's session."""
    install(pg_store, work)
    clock.advance(61)
    scheduler = make_scheduler()
    scheduler.tick()
    pid = os.fork()
    if pid == 0:
        scheduler.leave_to_parent()
        scheduler.close()
        os._exit(0)
    os.waitpid(pid, 0)

    assert scheduler.tick() == {"housekeeping"}


def test_in_a_play_nothing_comes_more_often_than_once_a_real_second():
    """At a thousand times the speed a piece of five seconds would never end."""
    after = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)

    assert periodic.next_time("@every 5", after) == after + timedelta(seconds=5)
    assert periodic.next_time("@every 5", after, scale=1_200.0) == after + timedelta(seconds=1_200)
    assert periodic.next_time("@every 5", after, scale=0.0) == after + timedelta(seconds=5)


def test_what_a_play_waits_for_may_come_more_often():
    """Citizens of a play stand at the counter until the feed has brought their dossier."""
    after = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)

    soon = periodic.next_time("@every 20", after, scale=1_200.0, least_seconds=0.25)
    assert soon == after + timedelta(minutes=5)
    assert periodic.next_time("@every 20", after, least_seconds=0.25) == after + timedelta(seconds=20)
