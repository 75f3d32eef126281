"""Thin: what the queue of inbound news wakes, and what finds its work without a wake-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import LiteralString

from jobs import queues
from jobs.inbound.pulling import Pulls
from jobs.inbound.service import Inbound

FINDERS: tuple[tuple[LiteralString, Mapping[str, object]], ...] = (
    ("select 'inbound' as queue where exists (select from inbound_news where due_at <= %(now)s)", {}),
)
"""For the one-second sweep."""


def drains(inbound: Inbound, pulls: Pulls) -> dict[str, Callable[[], None]]:
    """Queue → what drains it."""

    def apply() -> None:
        inbound.run()

    def pull() -> None:
        pulls.run()

    return {queues.INBOUND: apply, queues.PULL: pull}
