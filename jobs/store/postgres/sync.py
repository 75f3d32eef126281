"""Synchronisation: what waits to be read, the newest version of each dossier, and what every system has of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

_LEASE = timedelta(minutes=2)


def want(tx: PgTx, dossiers: Sequence[tuple[str, str]]) -> None:
    """Code and source id of dossiers that changed. One that waits already is only marked as changed again."""
    tx.execute(
        """insert into sync_wanted (dossier_code, source_id, since, due_at)
           select code, source, %(now)s, %(now)s from unnest(%(codes)s::text[], %(sources)s::text[]) as g(code, source)
           on conflict (dossier_code) do update set source_id = excluded.source_id, since = excluded.since,
               due_at = least(sync_wanted.due_at, excluded.due_at), tries = 0""",
        {
            "now": tx.now,
            "codes": [code for code, _ in dossiers],
            "sources": [source for _, source in dossiers],
        },
    )


def take_wanted(tx: PgTx, limit: int) -> list[DictRow]:
    """Due dossiers, put out of the others' reach for two minutes."""
    return tx.fetch(
        """update sync_wanted w set due_at = %(until)s, tries = w.tries + 1
           from (select dossier_code from sync_wanted where due_at <= %(now)s order by due_at
                 limit %(limit)s for update skip locked) t
           where w.dossier_code = t.dossier_code returning w.dossier_code, w.source_id, w.since, w.tries""",
        {"now": tx.now, "until": tx.now + _LEASE, "limit": limit},
    )


def read_now(tx: PgTx, read: Sequence[tuple[str, datetime]]) -> None:
    """These were read (code, and the change that was); a change that came meanwhile keeps its row."""
    given = {"codes": [code for code, _ in read], "since": [since for _, since in read], "now": tx.now}
    tx.execute(
        """with read as (select * from unnest(%(codes)s::text[], %(since)s::timestamptz[]) as r(code, since)),
           gone as (delete from sync_wanted w using read r where w.dossier_code = r.code and w.since = r.since)
           update sync_wanted w set due_at = %(now)s from read r where w.dossier_code = r.code and w.since <> r.since""",
        given,
    )


def forget_wanted(tx: PgTx, code: str) -> None:
    """It is not there to be read; a person has it as a case."""
    tx.execute("delete from sync_wanted where dossier_code = %s", (code,))


def lock(tx: PgTx, codes: Sequence[str]) -> None:
    """Nobody else makes versions of these dossiers until the commit."""
    tx.execute(
        """select pg_advisory_xact_lock(hashtextextended(code, 70))
           from (select code from unnest(%s::text[]) as g(code) order by code) g""",
        (sorted(set(codes)),),
    )


def files_of(tx: PgTx, codes: Sequence[str]) -> dict[str, DictRow]:
    """The newest versions of several dossiers."""
    rows = tx.fetch(
        "select dossier_code, version, digest, content from dossier_file where dossier_code = any(%s)",
        (sorted(set(codes)),),
    )
    return {row["dossier_code"]: row for row in rows}


def keep_files(tx: PgTx, files: Sequence[tuple[str, int, str, Mapping[str, object]]]) -> None:
    """Newer versions (code, version, digest, content) take the place of older ones."""
    tx.execute(
        """insert into dossier_file (dossier_code, version, digest, content, at)
           select code, version, digest, content::jsonb, %(now)s
           from unnest(%(codes)s::text[], %(versions)s::int[], %(digests)s::text[], %(contents)s::text[])
               as g(code, version, digest, content)
           on conflict (dossier_code) do update set version = excluded.version, digest = excluded.digest,
               content = excluded.content, at = excluded.at where dossier_file.version < excluded.version""",
        {
            "codes": [code for code, *_ in files],
            "versions": [version for _, version, *_ in files],
            "digests": [digest for _, _, digest, _ in files],
            "contents": [json.dumps(content, ensure_ascii=False) for *_, content in files],
            "now": tx.now,
        },
    )


def states(tx: PgTx, codes: Sequence[str], *, system: str = "") -> dict[tuple[str, str], DictRow]:
    """(system, code) → what the system has; locked."""
    rows = tx.fetch(
        """select * from sync_state where dossier_code = any(%(codes)s) and (%(system)s = '' or system = %(system)s)
           order by system, dossier_code for update""",
        {"codes": sorted(set(codes)), "system": system},
    )
    return {(row["system"], row["dossier_code"]): row for row in rows}


Amount = tuple[str, str, int, int]
"""System, dossier code, version and steps."""


def _columns(amounts: Sequence[Amount], now: datetime) -> dict[str, object]:
    most: dict[tuple[str, str], tuple[int, int]] = {}
    for system, code, version, steps in amounts:
        before = most.get((system, code), (0, 0))
        most[system, code] = max(before[0], version), max(before[1], steps)
    keys = sorted(most)
    return {
        "systems": [system for system, _ in keys],
        "codes": [code for _, code in keys],
        "versions": [most[key][0] for key in keys],
        "steps": [most[key][1] for key in keys],
        "now": now,
    }


def planned(tx: PgTx, amounts: Sequence[Amount]) -> None:
    """So much is on its way to these systems."""
    tx.execute(
        """insert into sync_state (system, dossier_code, planned_version, planned_steps, state, at)
           select system, code, version, steps, 'waiting', %(now)s
           from unnest(%(systems)s::text[], %(codes)s::text[], %(versions)s::int[], %(steps)s::int[])
               as g(system, code, version, steps)
           on conflict (system, dossier_code) do update set
               planned_version = greatest(sync_state.planned_version, excluded.planned_version),
               planned_steps = greatest(sync_state.planned_steps, excluded.planned_steps), state = 'waiting', at = excluded.at""",
        _columns(amounts, tx.now),
    )


def arrived(
    tx: PgTx, amounts: Sequence[Amount], references: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], DictRow]:
    """These systems have confirmed so much, and what they have now; an older confirmation changes nothing.

    Args:
        references: (system, code) → the dossier's name there, where it was told.
    """
    columns = _columns(amounts, tx.now)
    keys = zip(columns["systems"], columns["codes"], strict=True)  # type: ignore[call-overload]
    columns["references"] = [references.get(key, "") for key in keys]
    rows = tx.fetch(
        """with g as (
               select * from unnest(%(systems)s::text[], %(codes)s::text[], %(versions)s::int[], %(steps)s::int[],
                   %(references)s::text[]) as g(system, code, version, steps, reference)
           ), held as materialized ( -- locked in the order in which everybody locks
               select s.system, s.dossier_code from sync_state s join g on s.system = g.system and s.dossier_code = g.code
               order by s.system, s.dossier_code for update of s
           )
           update sync_state s set there_version = greatest(s.there_version, g.version),
               there_steps = greatest(s.there_steps, g.steps),
               planned_version = greatest(s.planned_version, g.version), planned_steps = greatest(s.planned_steps, g.steps),
               reference = case when g.reference = '' then s.reference else g.reference end,
               state = case when s.planned_version <= greatest(s.there_version, g.version)
                             and s.planned_steps <= greatest(s.there_steps, g.steps) then 'there' else 'waiting' end,
               at = %(now)s
           from held join g on held.system = g.system and held.dossier_code = g.code
           where s.system = held.system and s.dossier_code = held.dossier_code returning s.*""",
        columns,
    )
    return {(row["system"], row["dossier_code"]): row for row in rows}


def refused(tx: PgTx, system: str, code: str) -> None:
    """The system did not take it."""
    tx.execute(
        "update sync_state set state = 'refused', at = %s where system = %s and dossier_code = %s",
        (tx.now, system, code),
    )


def to_compare(tx: PgTx, system: str, before: datetime, since: datetime, limit: int) -> list[DictRow]:
    """Dossiers that a system has confirmed and that were not compared since ``before``; changed after ``since``."""
    return tx.fetch(
        """update sync_state s set compared_at = %(now)s from (
               select system, dossier_code from sync_state
               where system = %(system)s and state = 'there' and at >= %(since)s
                   and coalesce(compared_at < %(before)s, true)
               order by compared_at nulls first limit %(limit)s for update skip locked) t
           where s.system = t.system and s.dossier_code = t.dossier_code
           returning s.dossier_code, s.there_version, s.there_steps, s.reference, s.repairs""",
        {"system": system, "now": tx.now, "before": before, "since": since, "limit": limit},
    )


def lost(tx: PgTx, system: str, code: str) -> int:
    """The system does not have what it had confirmed; how often it was told anew, this time included."""
    row = tx.fetch_one(
        """update sync_state set state = 'lost', there_version = 0, there_steps = 0, repairs = repairs + 1, at = %s
           where system = %s and dossier_code = %s returning repairs""",
        (tx.now, system, code),
    )
    return int(row["repairs"]) if row else 0


def changed_between(tx: PgTx, since: datetime, until: datetime) -> list[str]:
    """Codes of dossiers whose newest version was made in a span of time, oldest first."""
    rows = tx.fetch(
        "select dossier_code from dossier_file where at >= %s and at < %s order by at, dossier_code",
        (since, until),
    )
    return [str(row["dossier_code"]) for row in rows]


def figures(tx: PgTx) -> list[DictRow]:
    """Per system: dossiers that are there, on their way, refused, and told anew after they were lost."""
    return tx.fetch(
        """select system, count(*) filter (where state = 'there') as there, count(*) filter (where state = 'waiting') as waiting,
               count(*) filter (where state = 'refused') as refused, count(*) filter (where state = 'lost') as lost,
               coalesce(sum(repairs), 0)::bigint as repaired from sync_state group by system order by system"""
    )
