"""Refunds by queue and one by one."""

from __future__ import annotations

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

PAGE = 50

QUEUES: dict[str, tuple[str, ...]] = {
    "approve": ("REQUESTED",),
    "moving": ("APPROVED", "RESERVED", "SENDING", "ACCEPTED", "SENT_TO_BANK"),
    "unknown": ("UNKNOWN", "NOT_SENT", "RETURNED_BY_BANK"),
    "settled": ("SETTLED",),
    "ended": ("DECLINED", "WITHDRAWN", "RELEASED", "REJECTED"),
}
_DOSSIER = """(select f.dossier_code from allocation l join fee_line x on x.id = l.fee_line_id
              join fee f on f.id = x.fee_id where l.attempt_id = a.id order by x.id limit 1) as dossier_code"""


def queue(tx: PgTx, states: tuple[str, ...], before: int | None) -> list[DictRow]:
    """Refunds in these states, newest first, keyed by id; one more than a page."""
    return tx.fetch(
        f"""select r.*, a.reference as payment_reference, a.provider, {_DOSSIER}
            from refund r join payment_attempt a on a.id = r.attempt_id
            where r.state = any(%(states)s) and (%(before)s::bigint is null or r.id < %(before)s)
            order by r.id desc limit %(most)s""",
        {"states": list(states), "before": before, "most": PAGE + 1},
    )


def by_reference(tx: PgTx, reference: str) -> DictRow | None:
    """A refund with its payment."""
    return tx.fetch_one(
        f"""select r.*, a.reference as payment_reference, a.amount as payment_amount, a.provider, a.channel,
                   a.paid_at, a.provider_reference as payment_provider_reference,
                   (select coalesce(sum(o.amount), 0)::bigint from refund o where o.attempt_id = a.id and o.id <> r.id
                    and o.state not in ('DECLINED', 'WITHDRAWN', 'RELEASED', 'REJECTED', 'RETURNED_BY_BANK'))
                        as others, {_DOSSIER}
            from refund r join payment_attempt a on a.id = r.attempt_id where r.reference = %s""",
        (reference,),
    )


def history(tx: PgTx, reference: str) -> list[DictRow]:
    """What happened to a refund, oldest first."""
    return tx.fetch(
        "select id, at, kind, actor, facts from event where subject = %s order by id limit 100",
        (f"refund:{reference}",),
    )
