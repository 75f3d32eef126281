"""Migrations are numbered, ordered, and grant no more than the application may do."""

from __future__ import annotations

import re

import psycopg
import pytest

from jobs.store import migrate
from tests.architecture.sources import ROOT

APPEND_ONLY = (
    "event", "exchange", "exchange_body", "exchange_seal", "exchange_day", "audit", "audit_seal", "ledger_transaction", "ledger_entry",
)  # fmt: skip


def test_every_file_is_a_migration_with_a_number_of_its_own():
    """A file that the runner does not see is a table that is missing on one machine only."""
    files = sorted(path.name for path in (ROOT / "jobs/store/migrations").iterdir() if path.suffix == ".sql")
    numbers = [each.number for each in migrate.migrations()]

    assert [f"{each.name}.sql" for each in migrate.migrations()] == files
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("migration", migrate.migrations(), ids=lambda each: each.name)
def test_a_migration_leaves_its_transaction_to_the_runner(migration):
    """A COMMIT inside would keep half a migration."""
    code = re.sub(r"--[^\n]*|\$\$.*?\$\$|\$body\$.*?\$body\$", "", migration.sql, flags=re.DOTALL).lower()

    assert not re.search(r"^\s*(begin|commit|rollback)\s*;", code, flags=re.MULTILINE)
    assert "concurrently" not in code


@pytest.fixture(scope="module")
def rights(database):
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            """select c.relname, p.privilege from pg_class c
               cross join (values ('UPDATE'), ('DELETE'), ('TRUNCATE')) p(privilege)
               where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
                 and has_table_privilege('lienthong_app', c.oid, p.privilege)"""
        ).fetchall()
        tables = {
            row[0] for row in connection.execute("select relname from pg_class where relkind in ('r', 'p')")
        }
    return {(str(table), str(right)) for table, right in rows}, tables


def test_the_application_cannot_rewrite_what_only_grows(rights):
    """Append-only is a right that is missing, not a habit."""
    held, tables = rights

    assert [(table, right) for table, right in sorted(held) if table in APPEND_ONLY] == []
    assert {"event", "exchange", "audit"} <= tables


def test_the_application_can_empty_no_table_and_is_no_owner(rights):
    """TRUNCATE asks no trigger; an owner asks nobody."""
    held, _ = rights

    assert [entry for entry in held if entry[1] == "TRUNCATE"] == []
