"""Payment attempts, allocations and terminals in memory; as strict as the database's constraints and triggers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from jobs.errors import IllegalTransition, ProcessError
from jobs.payments.edges import EDGES
from jobs.payments.model import Allocated, Attempt, Terminal
from jobs.store.memory.fees import MOST, MemoryFees, sums
from jobs.store.memory.log import Agenda, part
from jobs.store.memory.table import Table
from mappings.canonical.payment import AttemptState

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx

_ENDING = (AttemptState.CREATED, AttemptState.SENT)


@dataclass(frozen=True, slots=True)
class Part:
    """One allocation: what of an attempt pays which line."""

    fee_line_id: int
    amount: int
    applied: int = 0
    taken_back: int = 0


def _make() -> Table[int, Attempt]:
    return Table(
        "payment_attempt", unique={"reference": lambda row: row.reference, "key": lambda row: row.key}
    )


class MemoryPayments:
    """See :class:`jobs.payments.ports.PaymentRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.table: Table[int, Attempt] = tx.store.table("payment_attempt", _make)
        self.parts: Table[int, tuple[Part, ...]] = tx.store.table("allocation", lambda: Table("allocation"))
        self._of_dossier: Table[str, tuple[int, ...]] = tx.store.table(
            "payments_of_dossier", lambda: Table("payments_of_dossier")
        )
        self._terminals: Table[tuple[str, str, date], Terminal] = tx.store.table(
            "terminal", lambda: Table("terminal", indexes={"code": lambda row: (row.provider, row.code)})
        )
        self.asking = part(tx.store, "payment-asking", Agenda)
        self.ending = part(tx.store, "payment-ending", Agenda)

    def create(self, attempt: Attempt, lines: Sequence[tuple[int, int]]) -> Attempt | None:
        """See the port."""
        _refuse_strange(attempt)
        number = self._tx.store.next_number("payment_attempt")
        stored = replace(attempt, id=number)
        if not self.table.insert(number, stored):
            return None
        fees = self._tx.fees
        if any(amount < 1 or fees.fee_of_line.get(line) is None for line, amount in lines):
            raise ProcessError(f"payment {attempt.reference}: a line is none")
        self.parts.insert(number, tuple(Part(line, amount) for line, amount in lines))
        for code in {_fee_code(fees, line) for line, _ in lines}:
            before = self._of_dossier.get(code)
            if before is None:
                self._of_dossier.insert(code, (number,))
            else:
                self._of_dossier.update(code, (*before, number))
        self._note(stored)
        return stored

    def by_reference(self, reference: str) -> Attempt | None:
        """See the port."""
        return next(iter(self.table.by("reference", reference)), None)

    def by_key(self, key: str) -> Attempt | None:
        """See the port."""
        return next(iter(self.table.by("key", key)), None)

    def known(self, references: Iterable[str]) -> set[str]:
        """See the port."""
        return {reference for reference in references if self.by_reference(reference) is not None}

    def lock(self, references: Iterable[str]) -> dict[str, Attempt]:
        """See the port; there is one transaction at a time."""
        return {r: found for r in references if (found := self.by_reference(r)) is not None}

    def save(self, attempts: Sequence[Attempt]) -> None:
        """See the port."""
        for attempt in attempts:
            before = self.table.get(attempt.id)
            if before is None:
                continue
            if attempt.state is not before.state and attempt.state not in EDGES[before.state]:
                raise IllegalTransition("payment", attempt.reference, before.state, attempt.state)
            _refuse_strange(attempt)
            # What was agreed with the payer stays as it was created, whatever is handed in.
            kept = attempt if _same_terms(attempt, before) else replace(
                attempt, reference=before.reference, key=before.key, channel=before.channel, provider=before.provider,
                terminal=before.terminal, amount=before.amount, request_time=before.request_time,
            )  # fmt: skip
            self.table.update(attempt.id, kept)
            self._note(kept)

    def allocated(self, references: Iterable[str]) -> dict[str, list[Allocated]]:
        """See the port."""
        found: dict[str, list[Allocated]] = {}
        for reference in references:
            attempt = self.by_reference(reference)
            lines = self._allocated(attempt.id) if attempt else []
            if lines:
                found[reference] = lines
        return found

    def apply(self, applied: Sequence[tuple[int, int, int]]) -> None:
        """See the port."""
        for attempt, line, amount in applied:
            self._change(attempt, line, partial(_with_applied, amount))

    def take_back(self, changes: Sequence[tuple[int, int, int]]) -> None:
        """See the port."""
        for attempt, line, amount in changes:
            self._change(attempt, line, partial(_with_taken_back, amount))

    def of_dossier(self, dossier_code: str) -> list[Attempt]:
        """See the port."""
        return [
            row for n in self._of_dossier.get(dossier_code) or () if (row := self.table.get(n)) is not None
        ]

    def due_look_ups(self, now: datetime, most: int) -> list[Attempt]:
        """See the port."""
        numbers = self.asking.take(now, most, self._is_asked)
        return [self._row(number) for number in numbers]

    def expiring(self, now: datetime, most: int) -> list[Attempt]:
        """See the port."""
        numbers = self.ending.take(now, most, self._is_ending)
        return [self._row(number) for number in numbers]

    def terminals(self, provider: str, code: str) -> list[Terminal]:
        """See the port."""
        return sorted(self._terminals.by("code", (provider, code)), key=lambda row: row.valid_from)

    def add_terminal(self, terminal: Terminal) -> None:
        """See the port."""
        self._terminals.insert((terminal.provider, terminal.code, terminal.valid_from), terminal)

    def close_terminal(self, provider: str, code: str, last_day: date) -> None:
        """See the port."""
        for row in self.terminals(provider, code):
            if row.valid_to is None:
                self._terminals.update((provider, code, row.valid_from), replace(row, valid_to=last_day))

    def _is_asked(self, at: datetime, number: int) -> bool:
        row = self.table.get(number)  # none: its creation was rolled back, the hint stayed
        return row is not None and row.next_look_up_at == at

    def _is_ending(self, at: datetime, number: int) -> bool:
        row = self.table.get(number)
        return row is not None and row.expires_at == at and _ends(row)

    def _row(self, number: int) -> Attempt:
        row = self.table.get(number)
        assert row is not None  # noqa: S101 - attempts are never deleted
        return row

    def _note(self, attempt: Attempt) -> None:
        if attempt.next_look_up_at is not None:
            self.asking.add(attempt.next_look_up_at, attempt.id)
        if attempt.expires_at is not None and _ends(attempt):
            self.ending.add(attempt.expires_at, attempt.id)

    def _allocated(self, number: int) -> list[Allocated]:
        fees = self._tx.fees
        made = []
        for each in sorted(self.parts.get(number) or (), key=lambda part: part.fee_line_id):
            x = fees.line(each.fee_line_id)
            assert x is not None  # noqa: S101 - lines are never deleted
            made.append(
                Allocated(
                    number, x.id, _fee_code(fees, x.id), x.line, x.kind, x.unit, x.account, x.chapter, x.item,
                    x.share_kept_percent, each.amount, each.applied, each.taken_back,
                )
            )  # fmt: skip
        return made

    def _change(self, number: int, line: int, change: Callable[[Part], Part]) -> None:
        parts = self.parts.get(number) or ()
        before = next((each for each in parts if each.fee_line_id == line), None)
        if before is None:
            return
        after = change(before)
        if not 0 <= after.taken_back <= after.applied <= after.amount:
            raise ProcessError(f"allocation of line {line}: {after}")
        self.parts.update(number, tuple(after if each is before else each for each in parts))
        fees = self._tx.fees
        found = fees.line(line)
        assert found is not None  # noqa: S101 - lines are never deleted
        self._sum(
            _fee_code(fees, line),
            found.line,
            after.applied - before.applied,
            after.taken_back - before.taken_back,
        )

    def _sum(self, code: str, name: str, applied: int, taken_back: int) -> None:
        table = sums(self._tx)
        before = table.get((code, name))
        if before is not None:
            table.update((code, name), (before[0] + applied, before[1] + taken_back))
            return
        table.insert((code, name), (applied, taken_back))
        names: Table[str, tuple[str, ...]] = self._tx.store.table(
            "fee_paid_names", lambda: Table("fee_paid_names")
        )
        known = names.get(code)
        if known is None:
            names.insert(code, (name,))
        else:
            names.update(code, (*known, name))


def _with_applied(amount: int, before: Part) -> Part:
    return replace(before, applied=amount)


def _with_taken_back(amount: int, before: Part) -> Part:
    return replace(before, taken_back=before.taken_back + amount)


def _fee_code(fees: MemoryFees, line: int) -> str:
    fee = fees.fees.get(fees.fee_of_line.get(line) or 0)
    assert fee is not None  # noqa: S101 - fees are never deleted
    return fee.dossier_code


def _ends(attempt: Attempt) -> bool:
    return attempt.state in _ENDING or (attempt.state is AttemptState.UNKNOWN and attempt.payment_url is None)


def _same_terms(one: Attempt, other: Attempt) -> bool:
    return (one.reference, one.key, one.channel, one.provider, one.terminal, one.amount, one.request_time) == (
        other.reference, other.key, other.channel, other.provider, other.terminal, other.amount, other.request_time
    )  # fmt: skip


def _refuse_strange(attempt: Attempt) -> None:
    """The check constraints of table ``payment_attempt``."""
    if type(attempt.amount) is not int or not 1 <= attempt.amount <= MOST:
        raise ProcessError(f"payment {attempt.reference}: {attempt.amount!r} is no amount")
    if attempt.state is AttemptState.UNKNOWN and attempt.next_look_up_at is None:
        raise ProcessError(f"payment {attempt.reference}: unknown without a next look-up")
    if attempt.state in (AttemptState.PAID, AttemptState.REVERSED) and not (
        attempt.paid_amount is not None and 1 <= attempt.paid_amount <= MOST
    ):
        raise ProcessError(f"payment {attempt.reference}: {attempt.state} without its amount")
