"""Fee demands, units and their accounts in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.errors import ProcessError
from jobs.fees.model import Fee, FeeLine, FeeState, Paid, Unit, UnitAccount
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx

MOST = 1_000_000_000_000
Applied = tuple[int, int]  # applied, taken back
Sums = Table[tuple[str, str], Applied]


def sums(tx: MemoryTx) -> Sums:
    """(dossier, line) → what was applied to it and taken back over all versions; kept by the payments."""
    return tx.store.table("fee_paid", lambda: Table("fee_paid"))


class MemoryFees:
    """See :class:`jobs.fees.ports.FeeRows`. A version holds its lines; they are found by number through their version."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.fees: Table[int, Fee] = tx.store.table("fee", lambda: Table("fee"))
        self.newest: Table[str, int] = tx.store.table("fee_newest", lambda: Table("fee_newest"))
        self.fee_of_line: Table[int, int] = tx.store.table("fee_line", lambda: Table("fee_line"))
        self._paid = sums(tx)
        self._units: Table[tuple[str, object], Unit] = tx.store.table(
            "unit", lambda: Table("unit", indexes={"code": lambda row: row.code})
        )
        self._accounts: Table[tuple[str, str, object], UnitAccount] = tx.store.table(
            "unit_account", lambda: Table("unit_account", indexes={"unit": lambda row: row.unit})
        )

    def current(self, dossier_codes: Iterable[str]) -> dict[str, Fee]:
        """See the port."""
        found = {}
        for code in dossier_codes:
            fee = self.fees.get(self.newest.get(code) or 0)
            if fee is not None:
                found[code] = fee
        return found

    def line(self, line_id: int) -> FeeLine | None:
        """See the port."""
        fee = self.fees.get(self.fee_of_line.get(line_id) or 0)
        return None if fee is None else next(line for line in fee.lines if line.id == line_id)

    def add_version(
        self, dossier_code: str, lines: Sequence[FeeLine], *, digest: str, state: FeeState
    ) -> Fee:
        """See the port."""
        if any(type(line.amount) is not int or not 1 <= line.amount <= MOST for line in lines):
            raise ProcessError(f"fee of {dossier_code}: an amount is not from 1 to {MOST}")
        before = self.fees.get(self.newest.get(dossier_code) or 0)
        number = self._tx.store.next_number("fee")
        stored = tuple(replace(line, id=self._tx.store.next_number("fee_line")) for line in lines)
        fee = Fee(number, dossier_code, before.version + 1 if before else 1, state, digest, stored)
        self.fees.insert(number, fee)
        for line in stored:
            self.fee_of_line.insert(line.id, number)
        if before is None:
            self.newest.insert(dossier_code, number)
        else:
            self.fees.update(before.id, replace(before, state=FeeState.REPLACED))
            self.newest.update(dossier_code, number)
        return fee

    def set_states(self, states: Mapping[int, FeeState]) -> None:
        """See the port."""
        for number, state in states.items():
            fee = self.fees.get(number)
            if fee is not None and fee.state is not state:
                self.fees.update(number, replace(fee, state=state))

    def set_paid_there(self, lines: Mapping[int, bool]) -> None:
        """See the port."""
        for line_id, paid in lines.items():
            fee = self.fees.get(self.fee_of_line.get(line_id) or 0)
            if fee is not None:
                changed = tuple(replace(x, paid_there=paid) if x.id == line_id else x for x in fee.lines)
                self.fees.update(fee.id, replace(fee, lines=changed))

    def paid(self, dossier_codes: Iterable[str]) -> dict[tuple[str, str], Paid]:
        """See the port."""
        found = {}
        for code in dossier_codes:
            # Lines of replaced versions are among these too: what was paid for them stays.
            for name in (
                self._tx.store.table("fee_paid_names", lambda: Table("fee_paid_names")).get(code) or ()
            ):
                applied, taken_back = self._paid.get((code, name)) or (0, 0)
                if applied:
                    found[code, name] = Paid(applied, taken_back)
        return found

    def units(self, code: str) -> list[Unit]:
        """See the port."""
        return sorted(self._units.by("code", code), key=lambda unit: unit.valid_from)

    def accounts(self, unit: str) -> list[UnitAccount]:
        """See the port."""
        return sorted(self._accounts.by("unit", unit), key=lambda row: (row.valid_from, row.account))

    def add_unit(self, unit: Unit) -> None:
        """See the port."""
        if not self._units.insert((unit.code, unit.valid_from), unit):
            self._units.update((unit.code, unit.valid_from), unit)

    def add_account(self, account: UnitAccount) -> None:
        """See the port."""
        key = (account.unit, account.account, account.valid_from)
        if not self._accounts.insert(key, account):
            self._accounts.update(key, account)
