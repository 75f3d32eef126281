"""Thin: what the queue of intake wakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import structlog

from connectors.errors import Unavailable
from connectors.kit.exchanges import collecting
from jobs import queues
from jobs.intake.feed import Feed

if TYPE_CHECKING:
    from jobs.effects.ports import EngineRows
    from jobs.store.ports import Store

log = structlog.get_logger(__name__)


def drains(feed: Feed, store: Store) -> dict[str, Callable[[], None]]:
    """Queue → what drains it. A case system that is away costs time: the next wake-up reads on."""

    def drain() -> None:
        with collecting() as exchanges:
            try:
                feed.run()
            except Unavailable as exc:
                log.warning("feed.unavailable", reason=str(exc))
            finally:
                if exchanges:
                    with store.transaction("feed-exchanges") as tx:
                        cast("EngineRows", tx.effects).note([(None, None, each) for each in exchanges])

    return {queues.INTAKE: drain}
