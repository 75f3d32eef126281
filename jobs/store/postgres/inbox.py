"""The inbox on PostgreSQL, from the side of the work. The doors write it with statements of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from jobs.intake.model import Message

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx


class PgInbox:
    """See :class:`jobs.intake.ports.InboxRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def record(self, message: Message) -> bool:
        """See the port."""
        done = self._tx.execute(
            """insert into inbox (source, key, received_at, headers, raw, verdict, news, correlation_id)
               values (%s, %s, %s, '{}', '', 'verified', %s, %s) on conflict (source, key) do nothing""",
            (message.source, message.key, message.received_at, Jsonb(message.news), message.correlation_id),
        )
        return done.rowcount == 1

    def take(self, sources: Sequence[str], *, after: int, most: int) -> list[Message]:
        """See the port."""
        rows = self._tx.fetch(
            """select id, source, key, received_at, news, correlation_id from inbox
               where processed_at is null and source = any(%s) and id > %s
               order by id limit %s for no key update skip locked""",
            (list(sources), after, most),
        )
        return [Message(**row) for row in rows]

    def finish(self, results: Mapping[int, str]) -> None:
        """See the port."""
        if results:
            self._tx.execute(
                """update inbox set processed_at = %s, result = g.result
                   from unnest(%s::bigint[], %s::text[]) as g(id, result) where inbox.id = g.id""",
                (self._tx.now, list(results), list(results.values())),
            )
