"""The inbox in memory. Of a message that was worked on only the key is kept, so that a repeat is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.intake.model import Message
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


class MemoryInbox:
    """See :class:`jobs.intake.ports.InboxRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.keys: Table[tuple[str, str], str] = tx.store.table("inbox", lambda: Table("inbox"))
        self.waiting: Table[int, Message] = tx.store.table("inbox-open", lambda: Table("inbox-open"))

    def record(self, message: Message) -> bool:
        """See the port."""
        if not self.keys.insert((message.source, message.key), ""):
            return False
        number = self._tx.store.next_number("inbox")
        return self.waiting.insert(number, replace(message, id=number))

    def take(self, sources: Sequence[str], *, after: int, most: int) -> list[Message]:
        """See the port."""
        found = []
        for message in self.waiting:  # in order of arrival: numbers only grow
            if message.id > after and message.source in sources:
                found.append(message)
                if len(found) == most:
                    break
        return found

    def finish(self, results: Mapping[int, str]) -> None:
        """See the port."""
        for number, result in results.items():
            message = self.waiting.get(number)
            if message is not None:
                self.keys.update((message.source, message.key), result)
                self.waiting.delete(number)
