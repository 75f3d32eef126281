"""The audit of persons and keys. The row commits with the act, or neither is there (S7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg.types.json import Jsonb

from jobs.access.model import Actor
from jobs.store.postgres.tx import PgTx


def record(
    tx: PgTx,
    actor: Actor,
    action: str,
    subject: str,
    *,
    dossier_code: str | None = None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row into the transaction of the act. ``facts`` holds no personal data (S5)."""
    tx.execute(
        """insert into audit (at, actor, action, subject, dossier_code, reason, address, correlation_id, facts)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            tx.now,
            str(actor),
            action,
            subject,
            dossier_code,
            reason,
            actor.address,
            actor.correlation_id,
            Jsonb(dict(facts or {})),
        ),
    )


@contextmanager
def acting(store: Any, name: str, actor: Actor, action: str, subject: str, **more: Any) -> Iterator[PgTx]:
    """A transaction that ends with its audit row; an act that raises leaves neither."""
    with store.transaction(name) as tx:
        yield tx
        record(tx, actor, action, subject, **more)
