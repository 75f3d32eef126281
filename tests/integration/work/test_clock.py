"""The installation's time is the database's, whatever the machines think."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from config.errors import SettingsRefused
from config.settings import load
from jobs import bootstrap
from jobs import clock as clocks
from jobs.clock import ClockRule, DatabaseClock, clear_rule, set_rule
from jobs.errors import StoreUnavailable

THEN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def monotonic(monkeypatch):
    """The process's own seconds, moved by hand."""
    seconds = [1000.0]
    monkeypatch.setattr(clocks, "monotonic_seconds", lambda: seconds[0])
    return seconds


def test_it_tells_the_databases_time_and_carries_it_on_by_itself(database, monotonic):
    """One question in half a minute is enough, and the machine's own date is never asked."""
    with psycopg.connect(database, autocommit=True) as connection:
        before = connection.execute("select clock_timestamp()").fetchone()[0]
        clock = DatabaseClock(database)
        first = clock.now()
        after = connection.execute("select clock_timestamp()").fetchone()[0]
    monotonic[0] += 7.0

    assert before <= first <= after
    assert clock.now() - first == timedelta(seconds=7)


def test_a_play_moves_and_scales_it(empty_database, monotonic):
    """A provincial day must fit into a minute."""
    set_rule(empty_database, THEN, 600.0)
    clock = DatabaseClock(empty_database)
    first = clock.now()
    monotonic[0] += 1.0

    assert THEN <= first < THEN + timedelta(hours=1)
    assert clock.now() - first == timedelta(minutes=10)
    clear_rule(empty_database)


def test_a_scaled_clock_refuses_to_start_beside_real_partners(empty_database):
    """At six hundred times the speed every deadline of a real gateway has passed."""
    set_rule(empty_database, THEN, 600.0)
    plain = load({"LIENTHONG_DATABASE_URL": empty_database})
    partner = load({"LIENTHONG_CONNECTORS__STATEMENTS__BASE_URL": "https://bank.example"}, sandbox=True)
    stand_in = load({"LIENTHONG_CONNECTORS__STATEMENTS__BASE_URL": "http://127.0.0.1:9"}, sandbox=True)
    try:
        with pytest.raises(SettingsRefused, match="--sandbox"):
            bootstrap.refuse_unreal_time(plain, DatabaseClock(empty_database))
        with pytest.raises(SettingsRefused, match="LIENTHONG_CONNECTORS__STATEMENTS__BASE_URL"):
            bootstrap.refuse_unreal_time(partner, DatabaseClock(empty_database))
        bootstrap.refuse_unreal_time(stand_in, DatabaseClock(empty_database))
    finally:
        clear_rule(empty_database)
    bootstrap.refuse_unreal_time(plain, DatabaseClock(empty_database))


def test_without_a_database_there_is_no_time(monotonic):
    """A guess by the machine would be compared with the database's times later."""
    with pytest.raises(StoreUnavailable):
        DatabaseClock("postgresql://nobody@127.0.0.1:1/none").now()


def test_a_database_that_went_away_does_not_stop_the_clock(database, monotonic):
    """Work that is under way still needs to know whether its lease has ended."""
    clock = DatabaseClock(database)
    first = clock.now()
    clock._dsn = "postgresql://nobody@127.0.0.1:1/none"
    monotonic[0] += 60.0

    assert clock.now() - first == timedelta(seconds=60)


def test_a_rule_that_stands_still_stands_still():
    """Tests of a day's end need the second before it for as long as they like."""
    rule = ClockRule(THEN, THEN + timedelta(days=3), 0.0)

    assert rule.shown(THEN + timedelta(hours=5)) == THEN + timedelta(days=3)


def test_a_kept_connection_hears_a_new_rule_and_is_made_anew_when_it_was_cut(empty_database, monotonic):
    """A play changes its speed several times a second's worth of reading; a database may restart in between."""
    clock = DatabaseClock(empty_database, refresh_seconds=0.25, keep=True)
    clock.now()
    set_rule(empty_database, THEN, 0.0)
    monotonic[0] += 0.3
    first = clock.now()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lienthong-clock'"
        )
    set_rule(empty_database, THEN + timedelta(hours=1), 0.0)
    monotonic[0] += 0.3
    clock.now()
    monotonic[0] += 0.3

    assert (first, clock.now()) == (THEN, THEN + timedelta(hours=1))
    clock.close()
    clear_rule(empty_database)
