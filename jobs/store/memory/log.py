"""Pieces of the store in memory that are no tables of rows but are kept and undone like them."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryStore

T = TypeVar("T")
MOST_KEPT = 10_000


def part(store: MemoryStore, name: str, make: Callable[[], T]) -> T:
    """A piece of the store that has ``commit`` and ``roll_back`` of its own."""
    return cast("T", store.table(name, cast("Any", make)))


class Tail:
    """Rows that only grow: counted by kind, the newest ones kept. A simulation of a million would drown in all of them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.newest: deque[Any] = deque(maxlen=MOST_KEPT)
        self._fresh: list[tuple[str, Any]] = []

    def add(self, kind: str, row: Any) -> None:
        """Keep a row if the transaction commits."""
        self._fresh.append((kind, row))

    def commit(self) -> None:
        """Keep what was added."""
        for kind, row in self._fresh:
            self.counts[kind] += 1
            self.newest.append(row)
        self._fresh.clear()

    def roll_back(self) -> None:
        """Forget what was added since the last commit."""
        self._fresh.clear()


class Agenda:
    """Moments at which rows are due. Entries are hints: who reads them looks at the row again."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int]] = []
        self._taken: list[tuple[datetime, int]] = []

    def add(self, at: datetime, row: int) -> None:
        """Row ``row`` may be due at ``at``; right whatever is rolled back."""
        heapq.heappush(self._heap, (at, row))

    def take(self, now: datetime, most: int, still: Callable[[datetime, int], bool]) -> list[int]:
        """At most ``most`` rows that are ``still`` due; they come again if the transaction rolls back."""
        found: dict[int, None] = {}
        while self._heap and self._heap[0][0] <= now and len(found) < most:
            at, row = heapq.heappop(self._heap)
            self._taken.append((at, row))
            if still(at, row):
                found[row] = None
        return list(found)

    @property
    def next_at(self) -> datetime | None:
        """The earliest hint, for a clock that jumps."""
        return self._heap[0][0] if self._heap else None

    def commit(self) -> None:
        """What was taken is dealt with."""
        self._taken.clear()

    def roll_back(self) -> None:
        """What was taken is due again."""
        for at, row in self._taken:
            heapq.heappush(self._heap, (at, row))
        self._taken.clear()
