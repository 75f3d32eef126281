"""Moving a database forward: once, in order, and never half."""

from __future__ import annotations

import threading

import psycopg
import pytest

from jobs.store import migrate
from jobs.store.migrate import Migration, MigrationRefused
from tests.support.database import named


@pytest.fixture
def bare(databases):
    """An empty database and a way to say which migrations this version has."""
    name = f"lt_test_{databases.token}_migrate"
    databases.admin.execute(f"create database {name} template template0")
    url = named(databases.dsn, name)
    yield url
    databases.drop(url)


@pytest.fixture
def version(monkeypatch):
    def has(*sql: str) -> None:
        known = tuple(Migration(n, f"{n:04}_m", text, str(hash(text))) for n, text in enumerate(sql, 1))
        monkeypatch.setattr(migrate, "migrations", lambda: known)

    return has


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select relname from pg_class where relname like 't_'").fetchall()
    return {str(name) for (name,) in rows}


def test_what_is_missing_is_applied_once_and_in_order(bare, version):
    """A second start must change nothing."""
    version("create table t1 (n int)", "alter table t1 rename to t2")

    assert migrate.migrate(bare) == ["0001_m", "0002_m"]
    assert migrate.migrate(bare) == []
    assert _tables(bare) == {"t2"}


def test_a_migration_that_fails_leaves_nothing_of_itself(bare, version):
    """Half a table is worse than the old version."""
    version("create table t1 (n int)", "create table t2 (n int); select 1/0")

    with pytest.raises(MigrationRefused, match="0002_m"):
        migrate.migrate(bare)
    assert _tables(bare) == {"t1"}


def test_a_changed_migration_is_refused(bare, version):
    """Nobody could say any more what the database holds."""
    version("create table t1 (n int)")
    migrate.migrate(bare)
    version("create table t1 (n bigint)")

    with pytest.raises(MigrationRefused, match="changed after"):
        migrate.migrate(bare)


def test_a_locked_table_makes_it_give_up_instead_of_stopping_every_reader(bare, version, monkeypatch):
    """A waiting ALTER TABLE stands before all who come after it."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    version("create table t1 (n int)")
    migrate.migrate(bare)
    version("create table t1 (n int)", "alter table t1 add m int")
    with psycopg.connect(bare) as reader:
        reader.execute("select from t1")
        with pytest.raises(MigrationRefused, match="lock timeout"):
            migrate.migrate(bare)


def test_two_at_once_apply_each_once(bare, version):
    """Two machines may be started together."""
    version(*(f"create table t{n} (n int)" for n in range(1, 6)))
    done: list[str] = []
    threads = [threading.Thread(target=lambda: done.extend(migrate.migrate(bare))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == [f"{n:04}_m" for n in range(1, 6)]
