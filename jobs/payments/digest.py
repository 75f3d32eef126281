"""Works through what the doors recorded: many messages, one transaction, set by set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from jobs.intake.model import Message, NewCase
from jobs.payments.gateways import notifying
from jobs.payments.service import Payments
from mappings.canonical.codec import from_json
from mappings.canonical.payment import PaymentNews

if TYPE_CHECKING:
    from jobs.store.ports import Store, Tx

log = structlog.get_logger(__name__)

SOURCES = notifying()
BATCH = 500
WAIT_FOR_ORDER = timedelta(seconds=60)
"""News of an attempt that we do not know may be ahead of our own order; so long it waits before it is a stranger's."""
SET_ASIDE = "message_set_aside"
"""Kind of the case of a message that cannot be worked on; the others go on."""


class Digest:
    """Turns messages of the inbox into news. May run in several processes at once: each takes other rows."""

    def __init__(self, store: Store, payments: Payments, *, batch: int = BATCH) -> None:
        self._store, self._payments, self._batch = store, payments, batch

    def run(self) -> int:
        """Work until nothing is left that can be worked on; how many messages."""
        worked, after = 0, 0
        while True:
            done, last = self._step(after)
            worked += done
            if last == after:
                return worked
            after = last

    def _step(self, after: int) -> tuple[int, int]:
        try:
            return self._store.run("digest", lambda tx: self._digest(tx, after, self._batch))
        except (StoreUnavailable, SerialConflict, CommitUnknown):
            raise
        except Exception:
            # A boundary: one message that breaks its batch must not stop the others. They are taken one by one.
            log.warning("digest.batch_broken", exc_info=True)
            return self._one(after)

    def _one(self, after: int) -> tuple[int, int]:
        try:
            return self._store.run("digest-one", lambda tx: self._digest(tx, after, 1))
        except (StoreUnavailable, SerialConflict, CommitUnknown):
            raise
        except Exception as exc:
            log.exception("digest.set_aside")
            why = type(exc).__name__
            return self._store.run("digest-set-aside", lambda tx: _set_aside(tx, after, why))

    def _digest(self, tx: Tx, after: int, most: int) -> tuple[int, int]:
        """(messages finished, id of the last one looked at)."""
        messages = tx.inbox.take(SOURCES, after=after, most=most)
        if not messages:
            return 0, after
        ready, news = self._ready(tx, messages)
        meanings = self._payments.apply_many(tx, news, [message.correlation_id for message in ready])
        tx.inbox.finish({message.id: meaning.value for message, meaning in zip(ready, meanings, strict=True)})
        return len(ready), messages[-1].id

    def _ready(self, tx: Tx, messages: Sequence[Message]) -> tuple[list[Message], list[PaymentNews]]:
        """Messages whose attempt is there, or that have waited long enough for it."""
        read = [(message, from_json(PaymentNews, message.news)) for message in messages]
        young = tx.now - WAIT_FOR_ORDER
        fresh = {news.reference for message, news in read if message.received_at > young}
        missing = fresh - tx.payments.known(fresh)
        kept = [(m, n) for m, n in read if not (m.received_at > young and n.reference in missing)]
        return [message for message, _ in kept], [news for _, news in kept]


def _set_aside(tx: Tx, after: int, why: str) -> tuple[int, int]:
    messages = tx.inbox.take(SOURCES, after=after, most=1)
    for message in messages:
        tx.inbox.finish({message.id: f"set aside: {why}"})
        tx.cases.open(
            [
                NewCase(
                    SET_ASIDE,
                    f"message:{message.source}:{message.id}",
                    None,
                    None,
                    None,
                    {"source": message.source, "message": message.id, "why": why},
                )
            ]
        )
    return len(messages), messages[-1].id if messages else after
