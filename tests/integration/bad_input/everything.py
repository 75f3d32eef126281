"""A picture of the whole database, so that 'changes nothing else' can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

# What every call may write: who called, what was seen, and numbers of tries.
ALWAYS = frozenset(
    {"audit", "audit_seal", "idempotency", "forged", "sign_in_try", "person_session", "periodic"}
)


def picture(sql: psycopg.Connection) -> dict[str, str]:
    """Table → digest of all its rows."""
    names = [
        row[0]
        for row in sql.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1"
        ).fetchall()
    ]
    found = {}
    for name in names:
        row = sql.execute(
            f"select count(*) || ':' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from \"{name}\" t"
        ).fetchone()
        found[name] = str(row[0])
    return found


@contextmanager
def unchanged(sql: psycopg.Connection, *but: str) -> Iterator[None]:
    """Fails when the block changed a table that is not named."""
    before = picture(sql)
    yield
    after = picture(sql)
    changed = {name for name in after if after[name] != before.get(name)} - ALWAYS - set(but)
    assert changed == set(), f"changed as well: {sorted(changed)}"
