"""What the ledger holds: transactions of entries that add up to zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MOST = 1_000_000_000_000_000
"""Largest amount of one entry, đồng; beyond it somebody misread a file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: ``amount`` in whole đồng, debit positive, credit negative.

    Attributes:
        reference: what it belongs to (a payment, a refund); for suspense the key of its case.
    """

    account: str
    amount: int
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Dates:
    """The three dates of everything, local days.

    Attributes:
        transaction_on: when it happened (ngày giao dịch).
        value_on: when the money counts (ngày ghi có).
        booked_on: when it enters the books (ngày hạch toán), always in an open period.
    """

    transaction_on: date
    value_on: date
    booked_on: date


@dataclass(frozen=True, slots=True)
class Transaction:
    """A booked event. ``event`` and ``document`` together are there once."""

    event: str
    document: str
    dates: Dates
    entries: tuple[Entry, ...]
    actor: str
    correlation_id: str = ""
    corrects: int | None = None
    id: int = 0  # given by the store


@dataclass(frozen=True, slots=True)
class OpeningItem:
    """What was there before we began, with the paper that proves it.

    Attributes:
        kind: ``balance`` (``name`` is an account), ``payment`` or ``refund`` (``name`` is a reference).
    """

    kind: str
    name: str
    amount: int
    document: str


def local_day(moment: datetime) -> date:
    """The day of a moment in Việt Nam."""
    return moment.astimezone(LOCAL).date()


def same_content(one: Transaction, other: Transaction) -> bool:
    """Whether two transactions move the same amounts between the same accounts."""
    return sorted((e.account, e.amount) for e in one.entries) == sorted(
        (e.account, e.amount) for e in other.entries
    )
