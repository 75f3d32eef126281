"""The store in memory: for simulations and for unit tests of use cases. One thread, one open transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.kit.seams import Clock
from jobs.errors import SerialConflict
from jobs.store.memory.table import Table
from jobs.store.ports import Boundary

if TYPE_CHECKING:
    from jobs.store.memory.cases import MemoryCases
    from jobs.store.memory.dossiers import MemoryDossiers
    from jobs.store.memory.effects import MemoryEffects
    from jobs.store.memory.events import MemoryEvents
    from jobs.store.memory.fees import MemoryFees
    from jobs.store.memory.inbox import MemoryInbox
    from jobs.store.memory.ledger import MemoryLedger
    from jobs.store.memory.payments import MemoryPayments
    from jobs.store.memory.refunds import MemoryRefunds

R = TypeVar("R")
_ATTEMPTS = 5


class MemoryTx:
    """An open transaction; repositories work on the store's tables and are undone on roll-back."""

    def __init__(self, store: MemoryStore, name: str, now: datetime) -> None:
        self.store = store
        self.name = name
        self.now = now
        self.wakes: set[str] = set()

    def wake(self, queue: str) -> None:
        """Wake the workers of ``queue`` after the commit."""
        self.wakes.add(queue)

    @cached_property
    def effects(self) -> MemoryEffects:
        from jobs.store.memory.effects import MemoryEffects

        return MemoryEffects(self)

    @cached_property
    def inbox(self) -> MemoryInbox:
        from jobs.store.memory.inbox import MemoryInbox

        return MemoryInbox(self)

    @cached_property
    def dossiers(self) -> MemoryDossiers:
        from jobs.store.memory.dossiers import MemoryDossiers

        return MemoryDossiers(self)

    @cached_property
    def events(self) -> MemoryEvents:
        from jobs.store.memory.events import MemoryEvents

        return MemoryEvents(self)

    @cached_property
    def cases(self) -> MemoryCases:
        from jobs.store.memory.cases import MemoryCases

        return MemoryCases(self)

    @cached_property
    def ledger(self) -> MemoryLedger:
        from jobs.store.memory.ledger import MemoryLedger

        return MemoryLedger(self)

    @cached_property
    def fees(self) -> MemoryFees:
        from jobs.store.memory.fees import MemoryFees

        return MemoryFees(self)

    @cached_property
    def payments(self) -> MemoryPayments:
        from jobs.store.memory.payments import MemoryPayments

        return MemoryPayments(self)

    @cached_property
    def refunds(self) -> MemoryRefunds:
        from jobs.store.memory.refunds import MemoryRefunds

        return MemoryRefunds(self)


class MemoryStore:
    """Holds tables by name. A repository asks for its table with :meth:`table` and its definition."""

    def __init__(
        self,
        clock: Clock,
        *,
        wake: Callable[[set[str]], None] | None = None,
        boundary: Boundary | None = None,
    ) -> None:
        self.clock = clock
        self.checks: list[Callable[[MemoryTx], None]] = []  # deferred constraints, run before each commit
        self._tables: dict[str, Table[Any, Any]] = {}
        self._numbers: dict[str, int] = {}
        self._wake = wake
        self._boundary = boundary
        self._open = False

    def table(self, name: str, make: Callable[[], Table[Any, Any]]) -> Table[Any, Any]:
        """The table ``name``, made on first use."""
        if name not in self._tables:
            self._tables[name] = make()
        return self._tables[name]

    def next_number(self, sequence: str) -> int:
        """The next number of a sequence; like a database sequence it does not roll back."""
        self._numbers[sequence] = self._numbers.get(sequence, 0) + 1
        return self._numbers[sequence]

    @contextmanager
    def transaction(self, name: str) -> Iterator[MemoryTx]:
        """See :meth:`jobs.store.ports.Store.transaction`."""
        assert not self._open, "one open transaction at a time"  # noqa: S101 - a broken test, not an input
        self._open = True
        tx = MemoryTx(self, name, self.clock.now())
        try:
            yield tx
            for check in self.checks:
                check(tx)
            if self._boundary is not None:
                self._boundary(f"before-commit:{name}")
        except BaseException:
            for table in self._tables.values():
                table.roll_back()
            raise
        finally:
            self._open = False
        for table in self._tables.values():
            table.commit()
        if self._boundary is not None:
            self._boundary(f"after-commit:{name}")
        if tx.wakes and self._wake is not None:
            self._wake(tx.wakes)

    def run(self, name: str, work: Callable[[MemoryTx], R]) -> R:
        """See :meth:`jobs.store.ports.Store.run`."""
        for _ in range(_ATTEMPTS - 1):
            try:
                with self.transaction(name) as tx:
                    return work(tx)
            except SerialConflict:
                continue
        with self.transaction(name) as tx:
            return work(tx)
