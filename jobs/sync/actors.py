"""Thin: what the queue of synchronisation wakes, and what finds its work without a wake-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import LiteralString

import structlog

from connectors.errors import Unavailable
from jobs import queues
from jobs.sync.service import Sync

log = structlog.get_logger(__name__)

FINDERS: tuple[tuple[LiteralString, Mapping[str, object]], ...] = (
    ("select 'sync' as queue where exists (select from sync_wanted where due_at <= %(now)s)", {}),
)
"""For the one-second sweep."""


def drains(sync: Sync) -> dict[str, Callable[[], None]]:
    """Queue → what drains it. A case system that is away costs time: its dossiers are due again."""

    def drain() -> None:
        try:
            sync.run()
        except Unavailable as exc:
            log.warning("sync.unavailable", reason=str(exc))

    return {queues.SYNC: drain}
