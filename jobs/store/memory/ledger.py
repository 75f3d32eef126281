"""The ledger in memory. Kept lean: a simulation books millions of entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from jobs.errors import Duplicate, LedgerImbalance
from jobs.ledger.model import Entry, OpeningItem, Transaction, same_content
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx

Key = tuple[str, str]


class Book:
    """Transactions by event and document, and what stands on each account. Undone like a table until the commit."""

    def __init__(self) -> None:
        self.transactions: dict[Key, Transaction] = {}
        self.balances: dict[str, int] = {}
        self.corrected: set[int] = set()
        self.by_reference: dict[str, list[Key]] = {}
        self._fresh: list[Key] = []

    def put(self, transaction: Transaction) -> None:
        """Book one transaction that is not there yet."""
        key = (transaction.event, transaction.document)
        self.transactions[key] = transaction
        self._fresh.append(key)
        if transaction.corrects is not None:
            self.corrected.add(transaction.corrects)
        for entry in transaction.entries:
            self.balances[entry.account] = self.balances.get(entry.account, 0) + entry.amount
        for reference in {entry.reference for entry in transaction.entries} - {""}:
            self.by_reference.setdefault(reference, []).append(key)

    def refuse_imbalance(self) -> None:
        """The deferred constraint: what this transaction booked adds up to zero."""
        for key in self._fresh:
            if sum(entry.amount for entry in self.transactions[key].entries) != 0:
                raise LedgerImbalance(f"{key}: debits and credits differ")

    def commit(self) -> None:
        """Keep what was booked."""
        self._fresh.clear()

    def roll_back(self) -> None:
        """Take back what was booked since the last commit."""
        while self._fresh:
            key = self._fresh.pop()
            transaction = self.transactions.pop(key)
            if transaction.corrects is not None:
                self.corrected.discard(transaction.corrects)
            for entry in transaction.entries:
                self.balances[entry.account] -= entry.amount
            for reference in {entry.reference for entry in transaction.entries} - {""}:
                self.by_reference[reference].pop()


class MemoryLedger:
    """See :class:`jobs.ledger.ports.LedgerRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        # A book is a table to the store: it asks it to commit and to roll back, nothing else.
        self._book = cast("Book", tx.store.table("ledger", cast("Any", Book)))
        if _balanced not in tx.store.checks:
            tx.store.checks.append(_balanced)

    def add(self, transactions: Sequence[Transaction]) -> list[bool]:
        """See the port."""
        return [self._add(transaction) for transaction in transactions]

    def _add(self, transaction: Transaction) -> bool:
        there = self._book.transactions.get((transaction.event, transaction.document))
        if there is not None:
            if not same_content(there, transaction):
                raise Duplicate(f"{transaction.event} {transaction.document} is booked with other entries")
            return False
        if transaction.corrects is not None and transaction.corrects in self._book.corrected:
            raise Duplicate(f"transaction {transaction.corrects} is corrected already")
        t = transaction
        number = self._tx.store.next_number("ledger_transaction")
        self._book.put(
            Transaction(
                t.event, t.document, t.dates, t.entries, t.actor, t.correlation_id, t.corrects, number
            )
        )
        return True

    def find(self, event: str, document: str) -> Transaction | None:
        """See the port."""
        return self._book.transactions.get((event, document))

    def balance(self, account: str) -> int:
        """See the port."""
        return self._book.balances.get(account, 0)

    def balances(self, kind: str) -> dict[str, int]:
        """See the port."""
        start = kind + ":"
        return {
            name: amount
            for name, amount in sorted(self._book.balances.items())
            if amount and name.startswith(start)
        }

    def of_reference(self, reference: str) -> list[Entry]:
        """See the port."""
        keys = self._book.by_reference.get(reference, ())
        return [e for key in keys for e in self._book.transactions[key].entries if e.reference == reference]

    def remember(self, items: Sequence[OpeningItem], as_of: date, by: str) -> list[bool]:  # noqa: ARG002 - shape of the port
        """See the port."""
        kept: Table[tuple[date, str, str], OpeningItem] = self._tx.store.table(
            "opening_item", lambda: Table("opening_item")
        )
        return [kept.insert((as_of, item.kind, item.name), item) for item in items]


def _balanced(tx: MemoryTx) -> None:
    cast("Book", tx.store.table("ledger", cast("Any", Book))).refuse_imbalance()
