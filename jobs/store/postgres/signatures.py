"""Rows of signing sessions and of verdicts on signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from jobs.store.postgres.tx import PgTx

_OPEN = "state in ('asked', 'waiting')"


def new_session(tx: PgTx, row: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> bool:
    """Write a session with its files; ``False``: the request key is taken."""
    made = tx.fetch_one(
        """insert into signing_session (id, request_key, transaction, dossier_code, provider, credential, signer_digest,
               signer_masked, description, state, deadline, expires_at, reminder_at, requested_by, created_at)
           values (%(id)s, %(request_key)s, %(transaction)s, %(dossier_code)s, %(provider)s, %(credential)s, %(signer_digest)s,
               %(signer_masked)s, %(description)s, 'asked', %(deadline)s, %(deadline)s, %(reminder_at)s, %(requested_by)s, %(now)s)
           on conflict (request_key) do nothing returning id""",
        {**row, "now": tx.now},
    )
    if made is None:
        return False
    for number, file in enumerate(files, 1):
        tx.execute(
            """insert into signing_file (session_id, number, file_id, document, name, kind, sha256)
               values (%s, %s, %s, %s, %s, %s, %s)""",
            (row["id"], number, file["id"], file["document"], file["name"], file["kind"], file["sha256"]),
        )
    return True


def by_key(tx: PgTx, key: str) -> DictRow | None:
    """The session of a request key."""
    return tx.fetch_one("select * from signing_session where request_key = %s", (key,))


def by_id(tx: PgTx, session: str) -> DictRow | None:
    """One session."""
    return tx.fetch_one("select * from signing_session where id = %s", (session,))


def locked(tx: PgTx, session: str) -> DictRow | None:
    """One session that is still open, for a change; ``None``: it has ended or never was."""
    return tx.fetch_one(f"select * from signing_session where id = %s and {_OPEN} for update", (session,))


def files_of(tx: PgTx, session: str) -> list[DictRow]:
    """Its documents in order."""
    return tx.fetch("select * from signing_file where session_id = %s order by number", (session,))


def stored(tx: PgTx, ids: Sequence[int]) -> dict[int, DictRow]:
    """Facts of stored files by id, without their bytes."""
    rows = tx.fetch(
        "select id, dossier_code, name, media_type, size, sha256, origin from stored_file where id = any(%s)",
        (list(ids),),
    )
    return {row["id"]: row for row in rows}


def content(tx: PgTx, file: int) -> bytes | None:
    """Bytes of a stored file."""
    row = tx.fetch_one("select content from stored_file where id = %s", (file,))
    return None if row is None else bytes(row["content"])


def signer_of(tx: PgTx, session: str) -> str:
    """The signer's number out of the effect that asked for the certificates; empty when that is gone."""
    row = tx.fetch_one(
        "select payload->>'signer' as signer from effect where key = %s", (f"signing:{session}:certificates",)
    )
    return "" if row is None else str(row["signer"] or "")


def change(tx: PgTx, session: str, **columns: Any) -> None:
    """Set columns of an open session (names are ours, never from outside)."""
    sets = ", ".join(f"{name} = %({name})s" for name in columns)
    tx.execute(
        f"update signing_session set {sets} where id = %(the_id)s and {_OPEN}",
        {**{name: _value(value) for name, value in columns.items()}, "the_id": session},
    )


def end(tx: PgTx, session: str, state: str, code: str) -> DictRow | None:
    """End an open session; ``None``: it has ended already. Its prepared files go."""
    row = tx.fetch_one(
        f"""update signing_session set state = %s, code = %s, ended_at = %s, work_at = null, ask_at = null, reminder_at = null,
                answer = null where id = %s and {_OPEN} returning *""",
        (state, code[:100], tx.now, session),
    )
    if row is not None:
        tx.execute(
            """with gone as (update signing_file f set prepared_file = null from signing_file o
                   where f.session_id = %s and o.session_id = f.session_id and o.number = f.number
                   returning o.prepared_file as id)
               delete from stored_file where id in (select id from gone)""",
            (session,),
        )
    return row


def due(tx: PgTx, limit: int) -> list[DictRow]:
    """Sessions whose asking, reminder or end is due; locked."""
    return tx.fetch(
        f"""select * from signing_session where {_OPEN} and least(ask_at, reminder_at, expires_at) <= %(now)s
                and least(work_at, ask_at, reminder_at, expires_at) <= %(now)s
                and (answer is null or reminder_at <= %(now)s)
            order by least(work_at, ask_at, reminder_at, expires_at) limit %(limit)s for update skip locked""",
        {"now": tx.now, "limit": limit},
    )


def claim_work(tx: PgTx, lease: timedelta) -> DictRow | None:
    """The next session to prepare or to finish; nobody else gets it before the lease has ended."""
    return tx.fetch_one(
        f"""update signing_session set work_at = %(until)s, work_tries = work_tries + 1 where id = (
                select id from signing_session where {_OPEN} and work_at <= %(now)s
                    and least(work_at, ask_at, reminder_at, expires_at) <= %(now)s
                order by work_at limit 1 for update skip locked) returning *""",
        {"now": tx.now, "until": tx.now + lease},
    )


def keep_prepared(
    tx: PgTx, session: str, number: int, prepared: object, raw: bytes, facts: Mapping[str, Any]
) -> None:
    """Store a prepared file beside what was prepared."""
    file = keep_file(tx, f"signing-prepared:{session}:{number}", raw, facts)
    tx.execute(
        "update signing_file set prepared = %s, prepared_file = %s where session_id = %s and number = %s",
        (Jsonb(prepared), file, session, number),
    )


def keep_signed(
    tx: PgTx, session: str, number: int, signed: object, raw: bytes, facts: Mapping[str, Any]
) -> int:
    """Store a verified file."""
    file = keep_file(tx, f"signed:{session}:{number}", raw, facts)
    tx.execute(
        "update signing_file set signed = %s, signed_file = %s where session_id = %s and number = %s",
        (Jsonb(signed), file, session, number),
    )
    return file


def keep_file(tx: PgTx, origin: str, raw: bytes, facts: Mapping[str, Any]) -> int:
    """Store bytes under a name of our own; the id."""
    row = tx.fetch_one(
        """insert into stored_file (origin, dossier_code, name, media_type, size, sha256, content, at)
           values (%s, %s, %s, %s, %s, %s, %s, %s) returning id""",
        (
            origin,
            facts["dossier_code"],
            facts["name"],
            facts["media_type"],
            len(raw),
            facts["sha256"],
            raw,
            tx.now,
        ),
    )
    assert row is not None  # noqa: S101 - an insert that raises nothing has returned
    return int(row["id"])


def hinted(tx: PgTx, provider: str, transaction: str, theirs: str) -> DictRow | None:
    """The open session that a push names, locked: by our name where it tells one, else by theirs."""
    return tx.fetch_one(
        f"""select * from signing_session where provider = %(provider)s and {_OPEN}
                and case when %(ours)s <> '' then transaction = %(ours)s else %(theirs)s <> '' and reference = %(theirs)s end
            order by created_at limit 1 for update""",
        {"provider": provider, "ours": transaction, "theirs": theirs},
    )


def sessions(tx: PgTx, limit: int = 200) -> list[DictRow]:
    """The newest sessions, nothing personal."""
    return tx.fetch(
        """select s.id, s.dossier_code, s.provider, s.signer_masked as signer, s.state, s.code, s.asks, s.deadline, s.created_at,
               s.ended_at, (select count(*) from signing_file where session_id = s.id) as files
           from signing_session s order by s.created_at desc limit %s""",
        (limit,),
    )


def usage(tx: PgTx) -> list[DictRow]:
    """Per month, provider and agency, for the indicators."""
    return tx.fetch(
        """select to_char(day, 'YYYY-MM') as month, provider, agency, sum(sessions)::bigint as sessions, sum(signed)::bigint as signed,
               sum(refused)::bigint as refused, sum(expired)::bigint as expired, sum(failed)::bigint as failed,
               sum(open)::bigint as open, sum(files_signed)::bigint as files_signed
           from signature_usage group by 1, 2, 3 order by 1 desc, 2, 3"""
    )


# ---- verdicts -------------------------------------------------------------------------------------------------------------------


def to_check(tx: PgTx, trust: str, limit: int) -> list[DictRow]:
    """Papers that this list of roots has not judged, oldest first; then those whose verdict lacked something."""
    new = tx.fetch(
        """select id, dossier_code, name, 0 as tries from stored_file f
           where id > coalesce((select upto from signature_scan where trust = %(trust)s), 0)
               and (media_type in ('application/pdf', 'application/xml', 'text/xml') or lower(name) ~ '[.](pdf|xml)$')
               and origin not like 'signing-prepared:%%'
               and not exists (select from signature_verdict v where v.file_id = f.id and v.trust = %(trust)s)
           order by id limit %(limit)s""",
        {"trust": trust, "limit": limit},
    )
    again = tx.fetch(
        """select f.id, f.dossier_code, f.name, v.tries from signature_verdict v join stored_file f on f.id = v.file_id
           where v.trust = %s and v.again_at <= %s order by v.again_at limit %s""",
        (trust, tx.now, max(limit - len(new), 0)),
    )
    return [*new, *again]


def scanned(tx: PgTx, trust: str, last: int | None, settled: timedelta) -> None:
    """Everything up to file ``last`` (``None``: up to the end) was judged; younger rows than ``settled`` may still be written."""
    tx.execute(
        """insert into signature_scan (trust, upto)
           select %(trust)s, least(%(last)s::bigint, (select id from stored_file where at < %(before)s order by id desc limit 1))
           where exists (select from stored_file where at < %(before)s)
           on conflict (trust) do update set upto = greatest(signature_scan.upto, excluded.upto)""",
        {"trust": trust, "last": last, "before": tx.now - settled},
    )


def keep_verdict(tx: PgTx, row: Mapping[str, Any]) -> None:
    """What was found; a later look takes the place of an earlier one of the same list."""
    tx.execute(
        """insert into signature_verdict (file_id, trust, dossier_code, verdict, reasons, signers, signatures, report, at, again_at)
           values (%(file_id)s, %(trust)s, %(dossier_code)s, %(verdict)s, %(reasons)s, %(signers)s, %(signatures)s, %(report)s,
               %(now)s, %(again_at)s)
           on conflict (file_id, trust) do update set verdict = excluded.verdict, reasons = excluded.reasons,
               signers = excluded.signers, signatures = excluded.signatures, report = excluded.report, at = excluded.at,
               again_at = excluded.again_at, tries = signature_verdict.tries + 1""",
        {**row, "report": Jsonb(row["report"]), "now": tx.now},
    )


def verdicts_of(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """The newest verdict of each file of a dossier, for screens; unsigned files are left out."""
    return tx.fetch(
        """select distinct on (v.file_id) v.file_id, v.verdict, v.reasons, v.signers, v.at
           from signature_verdict v where v.dossier_code = %s and v.verdict <> 'UNSIGNED' order by v.file_id, v.at desc""",
        (dossier_code,),
    )


def _value(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict | list) else value


__all__ = [
    "by_id",
    "by_key",
    "change",
    "claim_work",
    "content",
    "due",
    "end",
    "files_of",
    "hinted",
    "keep_file",
    "keep_prepared",
    "keep_signed",
    "keep_verdict",
    "locked",
    "new_session",
    "scanned",
    "sessions",
    "signer_of",
    "stored",
    "to_check",
    "usage",
    "verdicts_of",
]
