"""What could not be verified: counted by the caller, and a bounded sample kept for a person."""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from connectors.kit.seams import monotonic_seconds
from jobs.errors import StoreUnavailable
from jobs.store.postgres import access as rows
from jobs.store.postgres.store import PgStore

log = structlog.get_logger(__name__)

KEPT_PER_SOURCE = 200
PER_SECOND = 5.0
MOST_BYTES = 4_096


class Samples:
    """A flood of forged messages costs counters, not commits: few samples a second are kept."""

    def __init__(self, store: PgStore, source: str) -> None:
        self._store, self._source, self._next = store, source, 0.0

    async def keep(self, request: Request, raw: bytes, why: str) -> None:
        """Keep the message if there is spare room this moment; losing one is harmless."""
        now = monotonic_seconds()
        if now < self._next:
            return
        self._next = now + 1 / PER_SECOND
        address = request.client.host if request.client else ""
        try:
            await run_in_threadpool(self._write, raw[:MOST_BYTES], why, address)
        except StoreUnavailable:
            log.warning("webhook.sample_lost", source=self._source)

    def _write(self, raw: bytes, why: str, address: str) -> None:
        with self._store.transaction("forged-notice") as tx:
            rows.keep_forged(tx, self._source, why, address, raw, sample=KEPT_PER_SOURCE)
