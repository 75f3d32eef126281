"""What fees ask of their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from jobs.fees.model import Fee, FeeLine, FeeState, Paid, Unit, UnitAccount


class FeeRows(Protocol):
    """Demands, lines, units and their accounts, inside one transaction."""

    def current(self, dossier_codes: Iterable[str]) -> dict[str, Fee]:
        """The newest version of each dossier's demand."""
        ...

    def line(self, line_id: int) -> FeeLine | None:
        """One line of any version."""
        ...

    def add_version(
        self, dossier_code: str, lines: Sequence[FeeLine], *, digest: str, state: FeeState
    ) -> Fee:
        """Store a new version (line ids are given by the store); the version before becomes ``replaced``."""
        ...

    def set_states(self, states: Mapping[int, FeeState]) -> None:
        """Fee id → state."""
        ...

    def set_paid_there(self, lines: Mapping[int, bool]) -> None:
        """Line id → what the case system believes."""
        ...

    def paid(self, dossier_codes: Iterable[str]) -> dict[tuple[str, str], Paid]:
        """(dossier, line) → what was paid for it over all versions."""
        ...

    def units(self, code: str) -> list[Unit]:
        """All periods of a unit, oldest first."""
        ...

    def accounts(self, unit: str) -> list[UnitAccount]:
        """All accounts of a unit, oldest first."""
        ...

    def add_unit(self, unit: Unit) -> None: ...
    def add_account(self, account: UnitAccount) -> None: ...
