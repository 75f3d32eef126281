"""Rows of systems in two versions: what people said, which version took which write, what differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

MOST = 1_000


def said(tx: PgTx, system: str) -> list[DictRow]:
    """Everything that was said about a system, in the order in which it was said."""
    return tx.fetch(
        """select id, system, operation, agency, says, since, reason, said_by, said_at
           from connector_switch where system = %s order by id""",
        (system,),
    )


def say(
    tx: PgTx, system: str, operation: str, agency: str, says: str, since: datetime, *, reason: str, by: str
) -> int:
    """Add a sentence; its number."""
    made = tx.fetch_one(
        """insert into connector_switch (system, operation, agency, says, since, reason, said_by, said_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s) returning id""",
        (system, operation, agency, says, since, reason, by, tx.now),
    )
    assert made is not None  # noqa: S101 - an insert that returns
    return int(made["id"])


def taken(tx: PgTx, system: str, keys: Collection[str]) -> dict[str, str]:
    """Key → the version that took it; keys that nobody took are left out."""
    rows = tx.fetch(
        "select key, version from connector_sent where system = %s and key = any(%s)", (system, list(keys))
    )
    return {row["key"]: row["version"] for row in rows}


def keep_first(tx: PgTx, system: str, key: str, version: str) -> str:
    """The version that has ``key``; ``version`` from now on where none has."""
    tx.execute(
        "insert into connector_sent (system, key, version, at) values (%s, %s, %s, %s) on conflict do nothing",
        (system, key, version, tx.now),
    )
    return taken(tx, system, [key])[key]


def keep(tx: PgTx, system: str, versions: Mapping[str, str]) -> None:
    """Keep which version takes each key from now on."""
    keys = sorted(versions)
    tx.execute(
        """insert into connector_sent (system, key, version, at)
           select %s, k, v, %s from unnest(%s::text[], %s::text[]) as t(k, v)
           on conflict (system, key) do update set version = excluded.version, at = excluded.at
           where connector_sent.version <> excluded.version""",
        (system, tx.now, keys, [versions[key] for key in keys]),
    )


def in_doubt(tx: PgTx, effects: Sequence[int]) -> set[int]:
    """Those of which something may have been done already."""
    rows = tx.fetch(
        "select id from effect where id = any(%s) and unknown_since is not null", (list(effects),)
    )
    return {row["id"] for row in rows}


def doubtful(tx: PgTx, system: str) -> dict[str, int]:
    """Version → effects whose outcome there is not known; counted up to ``MOST``. They stay there whatever is switched."""
    rows = tx.fetch(
        f"""select coalesce(s.version, 'old') as version, count(*) as count
            from (select system, key from effect
                  where system = %(system)s and state in ('unknown', 'parked') and unknown_since is not null
                  limit {MOST}) e
            left join connector_sent s on s.system = e.system and s.key = e.key
            group by 1""",
        {"system": system},
    )
    return {row["version"]: row["count"] for row in rows}


def count_differences(
    tx: PgTx, system: str, operation: str, found: Collection[tuple[str, str]], dossier_code: str
) -> None:
    """Count fields that differed in one comparison."""
    pairs = sorted(set(found))  # always locked in one order
    tx.execute(
        """insert into shadow_difference (system, operation, field, kind, count, first_at, last_at, dossier_code)
           select %(system)s, %(operation)s, f, k, 1, %(now)s, %(now)s, %(code)s
           from unnest(%(fields)s::text[], %(kinds)s::text[]) as t(f, k)
           on conflict (system, operation, field, kind) do update set count = shadow_difference.count + 1,
               last_at = excluded.last_at,
               dossier_code = coalesce(nullif(excluded.dossier_code, ''), shadow_difference.dossier_code)""",
        {
            "system": system, "operation": operation, "now": tx.now, "code": dossier_code,
            "fields": [field[:200] for field, _ in pairs], "kinds": [kind for _, kind in pairs],
        },
    )  # fmt: skip


def count_results(tx: PgTx, system: str, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to the totals: (operation, result) → how many."""
    pairs = sorted(counts)
    tx.execute(
        """insert into shadow_total (system, operation, result, count, first_at, last_at)
           select %(system)s, o, r, c, %(now)s, %(now)s
           from unnest(%(operations)s::text[], %(results)s::text[], %(counts)s::bigint[]) as t(o, r, c)
           on conflict (system, operation, result) do update set count = shadow_total.count + excluded.count,
               last_at = excluded.last_at""",
        {
            "system": system, "now": tx.now, "operations": [operation for operation, _ in pairs],
            "results": [result for _, result in pairs], "counts": [counts[pair] for pair in pairs],
        },
    )  # fmt: skip


def differences(tx: PgTx, system: str, *, operation: str = "") -> list[DictRow]:
    """Fields that differed, the most frequent first."""
    return tx.fetch(
        f"""select operation, field, kind, count, first_at, last_at, dossier_code from shadow_difference
            where system = %(system)s and (%(operation)s = '' or operation = %(operation)s)
            order by count desc, operation, field, kind limit {MOST}""",
        {"system": system, "operation": operation},
    )


def totals(tx: PgTx, system: str) -> list[DictRow]:
    """How often was compared, by operation and result."""
    return tx.fetch(
        """select operation, result, count, first_at, last_at from shadow_total where system = %s
           order by operation, result""",
        (system,),
    )
