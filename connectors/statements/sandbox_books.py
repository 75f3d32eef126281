"""The sandbox bank's own books. Shares nothing with the readers: two equal mistakes must not cancel out."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass, field
from datetime import date

RETURN_REASONS = ("AC01", "AC04", "AC06")


class Refusal(Exception):
    """The bank refuses; ``status`` is the HTTP status that goes with it."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


@dataclass(slots=True)
class BookLine:
    """One line in the bank's books. ``amount`` is signed from the account holder's side, whole đồng."""

    number: int
    booked_on: date
    value_on: date
    amount: int
    text: str
    reference: str
    end_to_end: str = ""
    other_name: str = ""
    other_account: str = ""
    return_reason: str = ""


@dataclass(slots=True)
class Account:
    """One account of ours at this bank."""

    number: str
    opening: int
    kind: str = "bank"  # or treasury
    lines: list[BookLine] = field(default_factory=list)

    def balance(self, before: date) -> int:
        """The balance at the beginning of ``before``."""
        return self.opening + sum(line.amount for line in self.lines if line.booked_on < before)

    def on(self, day: date) -> list[BookLine]:
        """The lines of one day, in order."""
        return [line for line in self.lines if line.booked_on == day]


@dataclass(slots=True)
class Order:
    """A transfer order that the bank took: waits, is paid at the next step, may come back at a later one."""

    reference: str
    payer: str
    payee_account: str
    payee_name: str
    amount: int
    text: str
    file: str
    state: str = "waiting"
    return_reason: str = ""
    taken_at: str = ""


class Books:
    """Accounts, orders and the rules of a plain honest bank."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, Order] = {}
        self.files: dict[str, str] = {}  # digest → file reference
        self.planned_returns: dict[str, str] = {}
        self.next_returns: list[str] = []
        self._count = 0

    def open(self, number: str, opening: int = 0, kind: str = "bank") -> Account:
        """The account ``number``, opened when it is not there."""
        return self.accounts.setdefault(number, Account(number, opening, kind))

    def book(self, account: str, amount: int, text: str, day: date, **facts: str | date) -> BookLine:
        """Book ``amount`` (signed) on ``account``."""
        if account not in self.accounts:
            raise Refusal(404, "no such account")
        if amount == 0:
            raise Refusal(422, "nothing to book")
        self._count += 1
        value_on = facts.get("value_on")
        line = BookLine(
            number=self._count,
            booked_on=day,
            value_on=value_on if isinstance(value_on, date) else day,
            amount=amount,
            text=text,
            reference=str(facts.get("reference") or f"FT{self._count:012d}"),
            end_to_end=str(facts.get("end_to_end") or ""),
            other_name=str(facts.get("other_name") or ""),
            other_account=str(facts.get("other_account") or ""),
            return_reason=str(facts.get("return_reason") or ""),
        )
        self.accounts[account].lines.append(line)
        return line

    def take_orders(self, raw: bytes) -> list[Order]:
        """Take an order file whole, or refuse it whole; the same bytes or file reference twice is a repeat."""
        digest = hashlib.sha256(raw).hexdigest()
        try:
            rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
        except UnicodeDecodeError as exc:
            raise Refusal(422, "not UTF-8") from exc
        if len(rows) < 4 or rows[0][:1] != ["LENHCHI"] or len(rows[0]) != 3:
            raise Refusal(422, "not an order file")
        name = rows[0][1]
        if digest in self.files or name in self.files.values():
            raise Refusal(409, f"order file {name} was taken before")
        orders = [self._order(row, name) for row in rows[2:-1]]
        label, stated = rows[-1][0], rows[-1][6] if len(rows[-1]) > 6 else ""
        if not label.endswith(f": {len(orders)}") or stated != str(sum(order.amount for order in orders)):
            raise Refusal(422, "the total row is wrong")
        self.files[digest] = name
        for order in orders:
            self.orders[order.reference] = order
        return orders

    def _order(self, row: list[str], name: str) -> Order:
        if len(row) != 8 or not row[6].isdigit() or int(row[6]) < 1:
            raise Refusal(422, f"row {row[0] if row else '?'} is malformed")
        _, reference, payer, _, payee_account, payee_name, amount, text = row
        if reference in self.orders:
            raise Refusal(409, f"order {reference} was taken before")
        if payer not in self.accounts:
            raise Refusal(422, f"{payer} is not an account of yours")
        return Order(reference, payer, payee_account, payee_name, int(amount), text, name)

    def step(self, day: date) -> dict[str, int]:
        """One business step: what waited is paid; what was paid to a dead account comes back."""
        counts = {"paid": 0, "returned": 0}
        for order in self.orders.values():
            if order.state == "paid" and order.return_reason:
                self._send_back(order, day)
                counts["returned"] += 1
            elif order.state == "waiting":
                self._pay(order, day)
                counts["paid"] += 1
        return counts

    def _pay(self, order: Order, day: date) -> None:
        self.book(
            order.payer,
            -order.amount,
            order.text,
            day,
            end_to_end=order.reference,
            other_name=order.payee_name,
            other_account=order.payee_account,
        )
        if order.payee_account in self.accounts:
            self.book(order.payee_account, order.amount, order.text, day, end_to_end=order.reference)
        order.state = "paid"
        planned = self.planned_returns.pop(order.reference, "")
        order.return_reason = planned or (self.next_returns.pop(0) if self.next_returns else "")

    def _send_back(self, order: Order, day: date) -> None:
        self.book(
            order.payer,
            order.amount,
            f"HOAN TRA {order.return_reason} {order.text}",
            day,
            end_to_end=order.reference,
            other_name=order.payee_name,
            other_account=order.payee_account,
            return_reason=order.return_reason,
        )
        order.state = "returned"
