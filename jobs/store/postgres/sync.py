"""Synchronisation: what waits to be read, the newest version of each dossier, and what every system has of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

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


def read_now(tx: PgTx, code: str, since: datetime) -> None:
    """It was read; a change that came meanwhile keeps its row."""
    tx.execute("delete from sync_wanted where dossier_code = %s and since = %s", (code, since))
    tx.execute("update sync_wanted set due_at = %s where dossier_code = %s", (tx.now, code))


def forget_wanted(tx: PgTx, code: str) -> None:
    """It is not there to be read; a person has it as a case."""
    tx.execute("delete from sync_wanted where dossier_code = %s", (code,))


def file_of(tx: PgTx, code: str, *, lock: bool = False) -> DictRow | None:
    """The newest version of a dossier: ``version``, ``digest``, ``content``."""
    if lock:
        tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 70))", (code,))
    return tx.fetch_one("select version, digest, content from dossier_file where dossier_code = %s", (code,))


def files_of(tx: PgTx, codes: Sequence[str]) -> dict[str, DictRow]:
    """The newest versions of several dossiers."""
    rows = tx.fetch(
        "select dossier_code, version, digest, content from dossier_file where dossier_code = any(%s)",
        (sorted(set(codes)),),
    )
    return {row["dossier_code"]: row for row in rows}


def keep_file(tx: PgTx, code: str, version: int, digest: str, content: Mapping[str, object]) -> None:
    """A newer version takes the place of the older one."""
    tx.execute(
        """insert into dossier_file (dossier_code, version, digest, content, at) values (%s, %s, %s, %s, %s)
           on conflict (dossier_code) do update set version = excluded.version, digest = excluded.digest,
               content = excluded.content, at = excluded.at where dossier_file.version < excluded.version""",
        (code, version, digest, Jsonb(content), tx.now),
    )


def states(tx: PgTx, codes: Sequence[str], *, system: str = "") -> dict[tuple[str, str], DictRow]:
    """(system, code) → what the system has; locked."""
    rows = tx.fetch(
        """select * from sync_state where dossier_code = any(%(codes)s) and (%(system)s = '' or system = %(system)s)
           order by system, dossier_code for update""",
        {"codes": sorted(set(codes)), "system": system},
    )
    return {(row["system"], row["dossier_code"]): row for row in rows}


def planned(tx: PgTx, system: str, code: str, version: int, steps: int) -> None:
    """So much is on its way to the system."""
    tx.execute(
        """insert into sync_state (system, dossier_code, planned_version, planned_steps, state, at)
           values (%(system)s, %(code)s, %(version)s, %(steps)s, 'waiting', %(now)s)
           on conflict (system, dossier_code) do update set
               planned_version = greatest(sync_state.planned_version, excluded.planned_version),
               planned_steps = greatest(sync_state.planned_steps, excluded.planned_steps), state = 'waiting', at = excluded.at""",
        {"system": system, "code": code, "version": version, "steps": steps, "now": tx.now},
    )


def arrived(tx: PgTx, system: str, code: str, version: int, steps: int, reference: str) -> None:
    """The system has confirmed so much; an older confirmation changes nothing."""
    tx.execute(
        """update sync_state set there_version = greatest(there_version, %(version)s),
               there_steps = greatest(there_steps, %(steps)s),
               planned_version = greatest(planned_version, %(version)s), planned_steps = greatest(planned_steps, %(steps)s),
               reference = case when %(reference)s = '' then reference else %(reference)s end,
               state = case when planned_version <= greatest(there_version, %(version)s)
                             and planned_steps <= greatest(there_steps, %(steps)s) then 'there' else 'waiting' end,
               at = %(now)s
           where system = %(system)s and dossier_code = %(code)s""",
        {
            "system": system,
            "code": code,
            "version": version,
            "steps": steps,
            "reference": reference,
            "now": tx.now,
        },
    )


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
