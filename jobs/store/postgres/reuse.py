"""The ledger of purposes and what registers answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from jobs.store.postgres.tx import PgTx


def ask(tx: PgTx, dossier_code: str, system: str, operation: str, subject: str) -> bool:
    """Note a question; ``False``: this dossier asked it before."""
    row = tx.fetch_one(
        """insert into reuse_answer (dossier_code, system, operation, subject, state, asked_at)
           values (%s, %s, %s, %s, 'asked', %s) on conflict (dossier_code, system, operation) do nothing returning id""",
        (dossier_code, system, operation, subject, tx.now),
    )
    return row is not None


def younger(tx: PgTx, system: str, operation: str, subject: str, since: datetime) -> DictRow | None:
    """The newest answer to the same question that is not older."""
    return tx.fetch_one(
        """select verdict, answer, answered_at from reuse_answer where system = %s and operation = %s and subject = %s
               and state = 'answered' and answered_at >= %s and not from_cache order by answered_at desc limit 1""",
        (system, operation, subject, since),
    )


def answered(
    tx: PgTx,
    dossier_code: str,
    system: str,
    operation: str,
    *,
    verdict: str,
    answer: Any,
    at: datetime,
    cached: bool,
) -> None:
    """A register's answer; ``at`` is when it was given, which a cached one keeps."""
    tx.execute(
        """update reuse_answer set state = 'answered', verdict = %s, answer = %s, answered_at = %s, from_cache = %s
           where dossier_code = %s and system = %s and operation = %s""",
        (verdict, Jsonb(answer), at, cached, dossier_code, system, operation),
    )


def ended(tx: PgTx, dossier_code: str, system: str, operation: str, state: str) -> None:
    """It was refused, or a person decides."""
    tx.execute(
        "update reuse_answer set state = %s where dossier_code = %s and system = %s and operation = %s",
        (state, dossier_code, system, operation),
    )


def keep_purposes(tx: PgTx, purposes: Sequence[Mapping[str, Any]], source: str) -> None:
    """Add to the ledger of purposes; the same request id once."""
    for each in purposes:
        tx.execute(
            """insert into purpose (request_id, system, operation, procedure, unit, officer, dossier_code, subject_digest, at,
                   source) values (%(request_id)s, %(system)s, %(operation)s, %(procedure)s, %(unit)s, %(officer)s,
                   %(dossier_code)s, %(subject_digest)s, %(at)s, %(source)s) on conflict (request_id) do nothing""",
            {**each, "source": source},
        )


def used(tx: PgTx, dossier_codes: Sequence[str]) -> list[DictRow]:
    """Code, system and operation of the answers that dossiers use: those that confirmed or found something."""
    return tx.fetch(
        """select dossier_code, system, operation from reuse_answer where dossier_code = any(%s) and state = 'answered'
               and verdict in ('confirmed', 'found')""",
        (list(dossier_codes),),
    )


def looks(tx: PgTx, subject_digest: str) -> list[DictRow]:
    """Who looked at one person: for which dossier, procedure, unit and officer, and when."""
    return tx.fetch(
        """select request_id, system, operation, procedure, unit, officer, dossier_code, at, source from purpose
           where subject_digest = %s order by at""",
        (subject_digest,),
    )


def looks_of(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """Looks that were made for one dossier."""
    return tx.fetch(
        """select request_id, system, operation, procedure, unit, officer, subject_digest, at, source from purpose
           where dossier_code = %s order by at""",
        (dossier_code,),
    )


def figures(tx: PgTx) -> list[DictRow]:
    """Per register and question: asked, answered, of these from the cache, refused."""
    return tx.fetch(
        """select system, operation, count(*) as asked, count(*) filter (where state = 'answered') as answered,
               count(*) filter (where from_cache) as cached, count(*) filter (where verdict in ('confirmed', 'found')) as used,
               count(*) filter (where state in ('refused', 'with_person')) as refused
           from reuse_answer group by 1, 2 order by 1, 2"""
    )
