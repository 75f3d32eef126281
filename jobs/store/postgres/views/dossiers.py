"""Dossiers: search, head, fees, payments, refunds, time line."""

from __future__ import annotations

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

PAGE = 50
TIMELINE = 200
_HEAD = "code, state, agency, procedure, applicant_name, updated_at"


def recent(tx: PgTx, before: str | None) -> list[DictRow]:
    """Newest changes first, keyed by ``updated_at`` and code; one more than a page."""
    at, code = before.split("~", 1) if before and "~" in before else (None, None)
    return tx.fetch(
        f"""select {_HEAD} from dossier
            where %(at)s::timestamptz is null or (updated_at, code) < (%(at)s::timestamptz, %(code)s)
            order by updated_at desc, code desc limit %(most)s""",
        {"at": at, "code": code, "most": PAGE + 1},
    )


def by_code(tx: PgTx, code: str) -> DictRow | None:
    """A dossier by its code or a former one."""
    found = tx.fetch_one("select * from dossier where code = %s", (code,))
    if found is not None:
        return found
    return tx.fetch_one(
        "select d.* from dossier_alias a join dossier d on d.code = a.code where a.alias = %s", (code,)
    )


def code_of_reference(tx: PgTx, reference: str) -> str | None:
    """The dossier behind one of our references, of a payment or a refund."""
    row = tx.fetch_one(
        """select f.dossier_code from payment_attempt a join allocation l on l.attempt_id = a.id
           join fee_line x on x.id = l.fee_line_id join fee f on f.id = x.fee_id
           where a.reference = %s
              or a.id = (select attempt_id from refund where reference = %s) limit 1""",
        (reference, reference),
    )
    return row["dossier_code"] if row else None


def search(tx: PgTx, folded: str) -> list[DictRow]:
    """Dossiers whose code begins with, or whose folded text contains, the text; at most one page."""
    pattern = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return tx.fetch(
        f"""(select {_HEAD} from dossier where code >= %(code)s and code < %(code)s || 'ￜ' order by code limit %(most)s)
            union
            (select {_HEAD} from dossier where folded like %(pattern)s limit %(most)s)
            order by updated_at desc limit %(most)s""",
        {"code": folded.upper(), "pattern": f"%{pattern}%", "most": PAGE},
    )


def fees(tx: PgTx, code: str) -> list[DictRow]:
    """Fee demands with their lines summed up, newest version first."""
    return tx.fetch(
        """select f.id, f.version, f.state, coalesce(sum(l.amount), 0)::bigint as amount,
                  coalesce(string_agg(l.name, '; ' order by l.id), '') as names
           from fee f left join fee_line l on l.fee_id = f.id
           where f.dossier_code = %s group by f.id order by f.id desc limit 50""",
        (code,),
    )


def payments(tx: PgTx, code: str) -> list[DictRow]:
    """Attempts of the dossier, newest first, with what of each is allocated to this dossier."""
    return tx.fetch(
        """select a.reference, a.channel, a.provider, a.state, a.amount, a.created_at, a.expires_at, a.paid_at,
                  a.provider_reference, sum(l.amount)::bigint as allocated
           from fee f join fee_line x on x.fee_id = f.id join allocation l on l.fee_line_id = x.id
           join payment_attempt a on a.id = l.attempt_id
           where f.dossier_code = %s group by a.id order by a.id desc limit 50""",
        (code,),
    )


def refunds(tx: PgTx, code: str) -> list[DictRow]:
    """Refunds of the dossier's payments, newest first."""
    return tx.fetch(
        """select distinct r.*, a.reference as payment_reference from fee f join fee_line x on x.fee_id = f.id
           join allocation l on l.fee_line_id = x.id join payment_attempt a on a.id = l.attempt_id
           join refund r on r.attempt_id = a.id
           where f.dossier_code = %s order by r.id desc limit 50""",
        (code,),
    )


def timeline(tx: PgTx, code: str, before: int | None) -> list[DictRow]:
    """Events, newest first, keyed by id; one more than shown."""
    return tx.fetch(
        """select id, at, subject, kind, actor, facts from event
           where dossier_code = %(code)s and (%(before)s::bigint is null or id < %(before)s)
           order by id desc limit %(most)s""",
        {"code": code, "before": before, "most": TIMELINE + 1},
    )


def newest_event(tx: PgTx) -> int:
    """The id of the newest event; pages tell it to the live stream."""
    row = tx.fetch_one("select max(id) as newest from event")
    return int(row["newest"] or 0) if row else 0


def tasks(tx: PgTx, code: str) -> list[DictRow]:
    """Effects of the dossier, newest first."""
    return tx.fetch(
        """select id, system, operation, state, attempt, due_at, created_at from effect
           where dossier_code = %s order by id desc limit 50""",
        (code,),
    )
