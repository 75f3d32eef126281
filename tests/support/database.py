"""Databases for tests: a migrated template per state of the migration files, a copy of it per test module.

The server is ``LIENTHONG_TEST_DATABASE_URL`` (``embedded``: one of our own), or PostgreSQL on loopback port 5432 that lets ``postgres`` in, or an
embedded one of our own. Several test runs may share a server: every run holds an advisory lock named after its
token, and whatever belongs to a token that nobody holds is dropped by the next run.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from jobs.store import migrate

_LOOPBACK = "postgresql://postgres@127.0.0.1:5432/postgres?connect_timeout=5"
_RUNS = 0x4C54_5255  # class of the advisory locks that say 'this run lives'
_TEMPLATES = 0x4C54_5450  # class of the advisory locks that say 'this template is in use'
_BUILD = (0x4C54_4255, 0)  # one template is built at a time: roles belong to the whole server

Connection = psycopg.Connection[tuple[object, ...]]


def named(url: str, database: str) -> str:
    """The same server and user, another database; stays an URL because asyncpg reads nothing else."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def _find_server() -> str | None:
    url = os.environ.get("LIENTHONG_TEST_DATABASE_URL")
    if url:
        return None if url == "embedded" else url
    try:
        with psycopg.connect(_LOOPBACK):
            return _LOOPBACK
    except psycopg.OperationalError:
        return None


@contextmanager
def server() -> Iterator[str]:
    """A maintenance DSN of a server where databases may be made."""
    found = _find_server()
    if found is not None:
        yield found
        return
    from tests.support.embedded import running_server

    with running_server() as dsn:
        yield dsn


@dataclass
class Databases:
    """Makes and drops the databases of one test run (one process of it)."""

    admin: Connection
    dsn: str
    token: str
    template: str
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def create(self) -> str:
        """DSN of a fresh, migrated database."""
        name = f"lt_test_{self.token}_{next(self._number)}"
        self.admin.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(self.template)
            )
        )
        return named(self.dsn, name)

    def drop(self, dsn: str) -> None:
        """Drop a database of this run, closing whatever is still connected."""
        _drop(self.admin, urlsplit(dsn).path.removeprefix("/"))


@contextmanager
def databases() -> Iterator[Databases]:
    """The databases of one test process, gone at the end."""
    with server() as dsn, psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("set client_min_messages to 'warning'")
        token = secrets.token_hex(4)
        _try_lock(admin, _RUNS, int(token, 16))
        _sweep(admin)
        with _template(admin, dsn) as template:
            made = Databases(admin, dsn, token, template)
            try:
                yield made
            finally:
                _drop_like(admin, f"lt_test_{token}_")


@contextmanager
def _template(admin: Connection, dsn: str) -> Iterator[str]:
    digest = migrations_digest()
    name, key = f"lt_template_{digest}", int(digest[:8], 16)
    admin.execute("select pg_advisory_lock_shared(%s, %s)", (_TEMPLATES, _signed(key)))
    admin.execute("select pg_advisory_lock(%s, %s)", _BUILD)
    try:
        if not _ready(admin, name):
            _build(admin, dsn, name)
    finally:
        admin.execute("select pg_advisory_unlock(%s, %s)", _BUILD)
    try:
        yield name
    finally:
        admin.execute("select pg_advisory_unlock_shared(%s, %s)", (_TEMPLATES, _signed(key)))
        _drop_template(admin, name, key)


def migrations_digest() -> str:
    """Names the state of all migration files and of the way a template is made from them."""
    import hashlib

    migrate.migrations.cache_clear()
    text = "".join(f"{m.name}:{m.digest}\n" for m in migrate.migrations())
    return hashlib.sha256((text + _KEEP_SEED + _RESET).encode()).hexdigest()[:12]


def _ready(admin: Connection, name: str) -> bool:
    row = admin.execute("select datistemplate from pg_database where datname = %s", (name,)).fetchone()
    return row is not None and bool(row[0])


def _build(admin: Connection, dsn: str, name: str) -> None:
    _drop(admin, name)
    admin.execute(
        sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(name))
    )
    own = named(dsn, name)
    migrate.migrate(own)
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("create schema seed")
        connection.execute(_KEEP_SEED.encode())
        connection.execute(_RESET.encode())
    admin.execute(sql.SQL("alter database {} with is_template true").format(sql.Identifier(name)))


def _drop_template(admin: Connection, name: str, key: int) -> None:
    """Drop the template when this was its last user."""
    if _try_lock(admin, _TEMPLATES, key):
        if _ready(admin, name):
            admin.execute(sql.SQL("alter database {} with is_template false").format(sql.Identifier(name)))
            _drop(admin, name)
        admin.execute("select pg_advisory_unlock(%s, %s)", (_TEMPLATES, _signed(key)))


def _sweep(admin: Connection) -> None:
    """Drop what runs that were killed left behind."""
    rows = admin.execute(r"select datname from pg_database where datname like 'lt\_test\_%'").fetchall()
    for token in {str(name).split("_")[2] for (name,) in rows}:
        key = int(token, 16)
        if _try_lock(admin, _RUNS, key):
            _drop_like(admin, f"lt_test_{token}_")
            admin.execute("select pg_advisory_unlock(%s, %s)", (_RUNS, _signed(key)))


def _drop_like(admin: Connection, prefix: str) -> None:
    rows = admin.execute(
        "select datname from pg_database where starts_with(datname::text, %s)", (prefix,)
    ).fetchall()
    for (name,) in rows:
        _drop(admin, str(name))


def _drop(admin: Connection, name: str) -> None:
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _try_lock(admin: Connection, group: int, key: int) -> bool:
    """An advisory lock of this session; ``False`` when another session (or our own run) holds it."""
    held = admin.execute(
        """select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()
           and classid = %s and objid = %s and objsubid = 2""",
        (group, key),
    ).fetchone()
    if held is not None and held[0]:
        return False
    row = admin.execute("select pg_try_advisory_lock(%s, %s)", (group, _signed(key))).fetchone()
    return row is not None and bool(row[0])


def _signed(key: int) -> int:
    return key - (1 << 32) if key >= 1 << 31 else key


# Rows that migrations themselves bring are kept apart, so that a reset can give them back.
_KEEP_SEED = """
do $$
declare t regclass; full_table boolean;
begin
    for t in select c.oid::regclass from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
               and c.relname <> 'schema_migration' loop
        execute format('select exists (select from %s)', t) into full_table;
        if full_table then
            execute format('create table seed.%I as table %s', (select relname from pg_class where oid = t), t);
        end if;
    end loop;
end
$$
"""

# Deleting from the few tables that have rows is many times faster than TRUNCATE of all of them.
_RESET = """
create procedure seed.reset() language plpgsql set session_replication_role = replica as $body$
declare t record; dirty boolean; columns text;
begin
    for t in select c.oid, c.oid::regclass as name, c.relname,
                    to_regclass(format('seed.%I', c.relname)) as seed
             from pg_class c
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
               and c.relname <> 'schema_migration' loop
        execute format('select exists (select from %s)', t.name) into dirty;
        continue when not dirty and t.seed is null;
        execute format('delete from %s', t.name);
        perform setval(s.oid::regclass, 1, false)
        from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
        where d.refobjid = t.oid and d.classid = 'pg_class'::regclass and t.seed is null;
        if t.seed is not null then
            select string_agg(quote_ident(attname), ', ' order by attnum) into columns
            from pg_attribute where attrelid = t.oid and attnum > 0 and not attisdropped and attgenerated = '';
            execute format('insert into %s (%s) overriding system value select %s from %s',
                           t.name, columns, columns, t.seed);
        end if;
    end loop;
end
$body$
"""


def reset(dsn: str) -> None:
    """Empty every table as the owner and give back what the migrations brought."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("call seed.reset()")
