"""Opening + booked = closing: the one check that decides what a statement may be believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mappings.canonical.statement import StatementEntry


@dataclass(slots=True)
class Sums:
    """Signed sums of what is booked, reversals apart; ``readable`` is off once an amount is not known."""

    entries: int = 0
    plain: int = 0
    reversals: int = 0
    readable: bool = True

    def add(self, entry: StatementEntry, currency: str) -> None:
        """Count ``entry`` into a statement in ``currency``."""
        self.entries += 1
        if not entry.booked:
            return
        minor, credit = entry.minor, entry.credit
        if minor is None or credit is None or (currency and entry.currency != currency):
            self.readable = False
        elif entry.reversal:
            self.reversals += minor if credit else -minor
        else:
            self.plain += minor if credit else -minor


def sums(entries: Iterable[StatementEntry], currency: str) -> Sums:
    """The sums over all ``entries``."""
    total = Sums()
    for entry in entries:
        total.add(entry, currency)
    return total


def verdict(opening: int | None, closing: int | None, total: Sums) -> tuple[bool | None, int | None, bool]:
    """``(adds_up, difference, turn_reversals)``.

    Banks differ in the sign they give to a reversal. It is read as the standard says; where that does not
    add up and the other sign of all of them does, to the last unit, the other sign is the bank's meaning.
    """
    if opening is None or closing is None or not total.readable:
        return None, None, False
    difference = closing - opening - total.plain - total.reversals
    if difference and difference == -2 * total.reversals:
        return True, 0, True
    return difference == 0, difference, False


def turned(entry: StatementEntry) -> StatementEntry:
    """The same entry with the other sign, its transactions too."""
    other = None if entry.credit is None else not entry.credit
    return replace(entry, credit=other, details=tuple(turned(detail) for detail in entry.details))
