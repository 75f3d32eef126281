"""The time line in memory: counted by kind, the newest ones kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.intake.model import NewEvent
from jobs.store.memory.log import Tail, part

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


class MemoryEvents:
    """See :class:`jobs.intake.ports.EventRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self.log = part(tx.store, "event", Tail)

    def add(self, events: Sequence[NewEvent]) -> None:
        """See the port."""
        for event in events:
            self.log.add(event.kind, event)
