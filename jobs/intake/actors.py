"""Thin: what the queue of intake wakes."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from connectors.errors import Unavailable
from jobs import queues
from jobs.intake.feed import Feed

log = structlog.get_logger(__name__)


def drains(feed: Feed) -> dict[str, Callable[[], None]]:
    """Queue → what drains it. A case system that is away costs time: the next wake-up reads on."""

    def drain() -> None:
        try:
            feed.run()
        except Unavailable as exc:
            log.warning("feed.unavailable", reason=str(exc))

    return {queues.INTAKE: drain}
