"""Moves a database forward: the numbered ``.sql`` files of ``migrations/`` in order, each in one transaction.

Forward only. A file that was applied may not change any more: its digest is kept and compared. Nothing here is
imported by the work itself; readiness asks :func:`pending`, the ``db`` commands and ``run all`` call :func:`migrate`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import psycopg

LOCK_TIMEOUT = "5s"
"""A migration that cannot get its table lock gives up: waiting would stop every reader behind it."""
STATEMENT_TIMEOUT = "10min"
_ADVISORY_KEY = 0x4C54_4D49  # 'LTMI': one migration run per database at a time
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_TABLE = """
create table if not exists schema_migration (
    number integer primary key,
    name text not null unique,
    digest text not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""


class MigrationRefused(RuntimeError):
    """The database and the program do not belong together, or a migration failed; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file.

    Attributes:
        digest: SHA-256 of the text, hexadecimal.
    """

    number: int
    name: str
    sql: str
    digest: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this version, by number."""
    found = []
    for entry in files("jobs.store").joinpath("migrations").iterdir():
        if match := _NAME.match(entry.name):
            sql = entry.read_text(encoding="utf-8")
            digest = hashlib.sha256(sql.encode()).hexdigest()
            found.append(Migration(int(match[1]), entry.name.removesuffix(".sql"), sql, digest))
    return tuple(sorted(found, key=lambda migration: migration.number))


def pending(connection: psycopg.Connection[tuple[object, ...]]) -> list[Migration]:
    """Migrations that this version has and the database lacks; reads only.

    Raises:
        MigrationRefused: an applied file was changed afterwards.
    """
    if not _scalar(connection, "select to_regclass('public.schema_migration') is not null"):
        return list(migrations())
    rows = connection.execute("select number, name, digest from schema_migration").fetchall()
    applied = {int(str(number)): (str(name), str(digest)) for number, name, digest in rows}
    return list(_missing(applied, migrations()))


def migrate(dsn: str, *, tell: Callable[[str], None] = lambda _name: None) -> list[str]:
    """Apply what is missing; names of what was applied. Safe to repeat and to start twice at once.

    Args:
        dsn: connects as the owner of the schema (not as the application's role).
        tell: called with the name of each migration before it runs.

    Raises:
        MigrationRefused: a migration failed; those before it stay applied.
    """
    done = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_ADVISORY_KEY,))
        connection.execute("set client_min_messages to 'warning'")
        connection.execute(_TABLE)
        for migration in pending(connection):
            tell(migration.name)
            _apply(connection, migration)
            done.append(migration.name)
    return done


def _apply(connection: psycopg.Connection[tuple[object, ...]], migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout to '{LOCK_TIMEOUT}'")
            connection.execute(f"set local statement_timeout to '{STATEMENT_TIMEOUT}'")
            connection.execute(migration.sql.encode())
            connection.execute(
                "insert into schema_migration (number, name, digest) values (%s, %s, %s)",
                (migration.number, migration.name, migration.digest),
            )
    except psycopg.Error as exc:
        raise MigrationRefused(f"{migration.name}: {exc}") from exc


def _missing(applied: dict[int, tuple[str, str]], known: Iterable[Migration]) -> Iterable[Migration]:
    for migration in known:
        there = applied.get(migration.number)
        if there is None:
            yield migration
        elif there != (migration.name, migration.digest):
            raise MigrationRefused(f"{migration.name} was changed after it was applied as {there[0]}")


def _scalar(connection: psycopg.Connection[tuple[object, ...]], sql: str) -> object:
    row = connection.execute(sql.encode()).fetchone()
    return None if row is None else row[0]
