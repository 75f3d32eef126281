"""The time line on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from jobs.intake.model import NewEvent

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx


class PgEvents:
    """See :class:`jobs.intake.ports.EventRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def add(self, events: Sequence[NewEvent]) -> None:
        """See the port."""
        if not events:
            return
        self._tx.execute(
            """insert into event (at, dossier_code, subject, kind, actor, correlation_id, facts)
               select %s, dossier_code, subject, kind, actor, correlation_id, facts
               from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[]) with ordinality
                   as g(dossier_code, subject, kind, actor, correlation_id, facts, n) order by n""",
            (
                self._tx.now,
                [e.dossier_code or None for e in events],
                [e.subject for e in events],
                [e.kind for e in events],
                [e.actor for e in events],
                [e.correlation_id for e in events],
                [Jsonb(dict(e.facts)) for e in events],
            ),
        )
