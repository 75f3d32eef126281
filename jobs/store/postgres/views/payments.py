"""One payment attempt as the API and the pages show it."""

from __future__ import annotations

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx


def by_reference(tx: PgTx, reference: str) -> DictRow | None:
    """An attempt with its dossier and what of it is refunded or held for refunds."""
    return tx.fetch_one(
        """select a.*, (select f.dossier_code from allocation l join fee_line x on x.id = l.fee_line_id
                        join fee f on f.id = x.fee_id where l.attempt_id = a.id order by x.id limit 1)
                       as dossier_code,
                  (select coalesce(sum(r.amount), 0)::bigint from refund r where r.attempt_id = a.id
                   and r.state not in ('DECLINED', 'WITHDRAWN', 'RELEASED', 'REJECTED', 'RETURNED_BY_BANK'))
                       as committed
           from payment_attempt a where a.reference = %s""",
        (reference,),
    )
