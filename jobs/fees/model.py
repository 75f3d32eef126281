"""Fee demands with their lines, and the units that collect. Amounts are whole đồng."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class FeeState(StrEnum):
    """Where a version of a demand stands; only the newest one is not ``replaced``."""

    OPEN = "open"
    PARTLY = "partly"
    PAID = "paid"
    OVERPAID = "overpaid"
    EXEMPT = "exempt"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One line.

    Attributes:
        code: the case system's; empty where it gives none.
        kind: phí, lệ phí, thuế, phạt, khác.
        unit, account: who collects and whose account benefits.
        chapter, item: chương and NDKT.
        share_kept_percent: what the unit keeps; the rest goes to the budget.
        paid_there: the case system believes it is paid, whoever took the money.
    """

    id: int
    code: str
    kind: str
    name: str
    amount: int
    required: bool = True
    unit: str = ""
    account: str = ""
    chapter: str = ""
    item: str = ""
    share_kept_percent: int = 0
    paid_there: bool = False

    @property
    def line(self) -> str:
        """The line's name across versions of the demand."""
        return self.code or f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Fee:
    """One version of a dossier's demand; ``digest`` names its content."""

    id: int
    dossier_code: str
    version: int
    state: FeeState
    digest: str
    lines: tuple[FeeLine, ...]

    @property
    def amount(self) -> int:
        """What is asked in all."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Paid:
    """What came in for one line over all versions, and what of it went back or is held for that."""

    applied: int = 0
    taken_back: int = 0

    @property
    def kept(self) -> int:
        """What is still there."""
        return self.applied - self.taken_back


@dataclass(frozen=True, slots=True)
class Unit:
    """Who collects, for a time. Units end; the successor stands in a decision."""

    code: str
    name: str
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None
    document: str = ""


@dataclass(frozen=True, slots=True)
class UnitAccount:
    """An account of a unit, for a time; ``purpose`` is ``collect``, ``refund`` or ``both``."""

    unit: str
    account: str
    bank: str
    name: str
    purpose: str
    valid_from: date
    valid_to: date | None = None
    document: str = ""
