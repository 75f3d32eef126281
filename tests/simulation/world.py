"""The outside: a gateway, a payment platform, a bank and a case system, each with its own books.

Written from the published facts; knows nothing of the product. Amounts are whole đồng, times are the play's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

WORKING = timedelta(hours=2)  # the gateway's time from 'accepted' to 'sent to the bank'
REFUSED_LATER = 0.03  # of accepted gateway refunds
COMES_BACK = 0.05  # of bank transfers


@dataclass(slots=True)
class Money:
    """What a provider took from a citizen for one reference.

    Attributes:
        state: ``paid``, ``failed``, ``reversed`` (the bank took it, the provider did not), ``suspect``.
    """

    reference: str
    terminal: str
    amount: int
    state: str
    number: str
    at: datetime
    filed: bool = False


@dataclass(slots=True)
class GivenBack:
    """One refund that a provider carries out. ``state``: 05, 06, 00 or 09, as the gateway writes it."""

    request: str
    reference: str
    amount: int
    number: str
    at: datetime
    will_be_refused: bool
    state: str = "05"
    filed: bool = False


@dataclass(slots=True)
class Row:
    """One line of a settlement file."""

    kind: str  # payment, refund
    reference: str
    number: str
    amount: int
    terminal: str
    at: datetime


class Provider:
    """Takes money and, the gateway, gives it back. Not idempotent: two calls are two refunds."""

    def __init__(self, name: str, terminal: str, chance: Random) -> None:
        self.name, self.terminal = name, terminal
        self.money: dict[str, Money] = {}
        self.refunds: dict[str, list[GivenBack]] = {}  # by the payment's reference
        self.orders: dict[str, datetime] = {}  # INIT was done, and when
        self.calls: list[tuple[str, str, int]] = []  # (request, reference, amount) of every refund call taken
        self._open_refunds: list[GivenBack] = []
        self._to_file: list[Money] = []
        self._chance, self._number = chance, 14_000_000

    def number(self) -> str:
        self._number += 1
        return str(self._number)

    def open_order(self, reference: str, now: datetime) -> None:
        """INIT: the order stands there, its page can be reached."""
        self.orders.setdefault(reference, now)

    def take(self, reference: str, amount: int, state: str, now: datetime) -> Money:
        """The citizen pays (or fails to) at the provider's page; once per reference."""
        before = self.money.get(reference)
        if before is not None and before.state != "failed":
            return before
        money = Money(reference, self.terminal, amount, state, self.number(), now)
        self.money[reference] = money
        if state in ("paid", "suspect"):
            self._to_file.append(money)
        return money

    def refund(
        self, request: str, reference: str, amount: int, now: datetime
    ) -> tuple[str, GivenBack | None]:
        """(response code, refund). 94 while one is open; the guard is theirs and may fail to see a quick repeat."""
        money = self.money.get(reference)
        if money is None or money.state == "failed":
            return "91", None
        mine = self.refunds.setdefault(reference, [])
        self.calls.append((request, reference, amount))
        if sum(r.amount for r in mine if r.state != "09") + amount > money.amount:
            return "93", None
        if any(r.state in ("05", "06") for r in mine) and self._chance.random() < 0.5:
            return "94", None
        made = GivenBack(
            request, reference, amount, self.number(), now, self._chance.random() < REFUSED_LATER
        )
        mine.append(made)
        self._open_refunds.append(made)
        return "00", made

    def last_refund(self, reference: str) -> GivenBack | None:
        mine = self.refunds.get(reference)
        return mine[-1] if mine else None

    def accept(self, money: Money) -> None:
        """A suspected payment is let through in the merchant's portal."""
        if money.state == "suspect":
            money.state = "paid"

    def go_on(self, now: datetime) -> None:
        """Accepted refunds go to the bank, or are refused after all."""
        for refund in self._open_refunds:
            if refund.state == "05" and now - refund.at >= WORKING:
                refund.state = "09" if refund.will_be_refused else "06"

    def close_session(self, now: datetime) -> list[Row]:
        """The session's file: what was paid, and refunds that reached the citizen."""
        rows = []
        waiting = []
        for money in self._to_file:
            if money.state == "paid":
                money.filed = True
                rows.append(
                    Row("payment", money.reference, money.number, money.amount, self.terminal, money.at)
                )
            elif money.state == "suspect":
                waiting.append(money)
        self._to_file = waiting
        still = []
        for refund in self._open_refunds:
            if refund.state == "06":
                refund.state, refund.filed = "00", True
                rows.append(Row("refund", refund.request, refund.number, refund.amount, self.terminal, now))
            elif refund.state == "05":
                still.append(refund)
        self._open_refunds = still
        return rows

    def taken(self) -> int:
        """Money of citizens that this provider has or had."""
        return sum(m.amount for m in self.money.values() if m.state in ("paid", "suspect"))

    def given_back(self) -> int:
        """Money that reached citizens again."""
        return sum(r.amount for rs in self.refunds.values() for r in rs if r.state == "00")


@dataclass(slots=True)
class Transfer:
    """One order to the bank. ``state``: taken, booked, returned."""

    reference: str
    amount: int
    account: str
    at: datetime
    comes_back: bool
    state: str = "taken"


class Bank:
    """Takes order files; the same file twice is refused as a repeat, the same order in another file is paid again."""

    def __init__(self, chance: Random) -> None:
        self.files: set[str] = set()
        self.transfers: list[Transfer] = []
        self.credited = 0
        self._chance, self._next = chance, 0

    def submit(self, file: str, orders: list[tuple[str, int, str]], now: datetime) -> bool:
        """``False`` for a file that is there already."""
        if file in self.files:
            return False
        self.files.add(file)
        for reference, amount, account in orders:
            back = self._chance.random() < COMES_BACK
            self.transfers.append(Transfer(reference, amount, account, now, back))
        return True

    def day(self) -> Iterator[Transfer]:
        """Lines of the next statement: what is booked today, and what came back from before."""
        for transfer in self.transfers[self._next :]:
            if transfer.state == "taken":
                transfer.state = "booked"
                yield transfer
            elif transfer.comes_back:
                transfer.state = "returned"
                yield transfer
        while self._next < len(self.transfers) and self._over(self.transfers[self._next]):
            self._next += 1

    def waiting(self) -> bool:
        """Whether a later statement has something to tell."""
        return any(not self._over(transfer) for transfer in self.transfers[self._next :])

    @staticmethod
    def _over(transfer: Transfer) -> bool:
        return transfer.state == "returned" or (transfer.state == "booked" and not transfer.comes_back)


@dataclass(slots=True)
class Line:
    """One line of a fee demand."""

    code: str
    name: str
    kind: str
    amount: int


@dataclass(slots=True)
class Dossier:
    """A dossier at the case system. ``status`` is its own number."""

    code: str
    source_id: str
    status: int
    updated_at: datetime
    lines: list[Line] = field(default_factory=list)
    confirmed: dict[str, int] = field(default_factory=dict)  # payment reference → how often we were told
    statuses: list[int] = field(default_factory=list)  # as the notes reached it


class CaseSystem:
    """Dossiers by code and a feed of what changed, oldest first."""

    def __init__(self) -> None:
        self.dossiers: dict[str, Dossier] = {}
        self._times: list[datetime] = []
        self._changes: list[str] = []

    def file(self, code: str, lines: list[Line], now: datetime) -> Dossier:
        dossier = Dossier(code, f"id-{code}", 1, now, lines)
        self.dossiers[code] = dossier
        self._changed(dossier, now)
        return dossier

    def set_status(self, code: str, status: int, now: datetime) -> None:
        self.dossiers[code].status = status
        self._changed(self.dossiers[code], now)

    def set_lines(self, code: str, lines: list[Line], now: datetime) -> None:
        self.dossiers[code].lines = lines
        self._changed(self.dossiers[code], now)

    def confirm(self, code: str, payment: str) -> None:
        """The fee is paid, they are told. Again changes nothing, but is counted."""
        told = self.dossiers[code].confirmed
        told[payment] = told.get(payment, 0) + 1

    def changed_since(self, since: datetime, page: int, size: int) -> tuple[list[Dossier], bool]:
        """One page of what changed, by time, each dossier as it stands now; and whether there is more."""
        start = bisect_left(self._times, since)
        codes = list(dict.fromkeys(self._changes[start:]))
        part = codes[page * size : (page + 1) * size]
        return [self.dossiers[code] for code in part], len(codes) > (page + 1) * size

    def _changed(self, dossier: Dossier, now: datetime) -> None:
        dossier.updated_at = now
        self._times.append(now)
        self._changes.append(dossier.code)


class World:
    """All of it."""

    def __init__(self, chance: Random) -> None:
        self.gateway = Provider("vnpay", "LIENTH01", chance)
        self.platform = Provider("payment_platform", "PARTNER1", chance)
        self.bank = Bank(chance)
        self.cases = CaseSystem()
        self.session: date | None = None

    def provider(self, name: str) -> Provider:
        return self.gateway if name == "vnpay" else self.platform
