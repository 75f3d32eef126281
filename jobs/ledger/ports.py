"""What the posting function asks of the ledger's rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from jobs.ledger.model import Entry, OpeningItem, Transaction


class LedgerRows(Protocol):
    """The ledger inside one transaction. It only grows."""

    def add(self, transactions: Sequence[Transaction]) -> list[bool]:
        """Book transactions; ``False`` where event and document are there already with the same entries.

        The store refuses at the commit what does not add up to zero.

        Raises:
            Duplicate: event and document are there with other entries.
        """
        ...

    def find(self, event: str, document: str) -> Transaction | None:
        """A booked transaction with its entries."""
        ...

    def balance(self, account: str) -> int:
        """What stands on one account: debit positive."""
        ...

    def balances(self, kind: str) -> dict[str, int]:
        """Accounts of one kind that do not stand at zero."""
        ...

    def of_reference(self, reference: str) -> list[Entry]:
        """Entries that belong to one payment, refund or case, in order of booking."""
        ...

    def remember(self, items: Sequence[OpeningItem], as_of: date, by: str) -> list[bool]:
        """Keep what was there before we began; ``False`` for what is kept already."""
        ...
