"""Which budget year bears a repayment by the treasury: dated data with its legal basis, to be confirmed by the province."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Until when a year's revenue may still be reduced.

    Attributes:
        valid_from: first year of collection that the row is for.
        month, day: last day of the following year on which the treasury still reduces the year's revenue.
        basis: căn cứ pháp lý.
    """

    valid_from: int
    month: int
    day: int
    basis: str


ADJUSTMENTS: tuple[Adjustment, ...] = (
    Adjustment(
        2017, 1, 31, "Luật NSNN 83/2015/QH13, Điều 64 (thời gian chỉnh lý quyết toán); địa phương xác nhận"
    ),
)


@dataclass(frozen=True, slots=True)
class Borne:
    """The year that bears a repayment; ``reduces``: it lowers that year's revenue, else it is an expense of it."""

    year: int
    reduces: bool
    basis: str


def borne_by(collected_on: date, processed_on: date) -> Borne:
    """Collected 12/2026: processed by 31/01/2027 lowers the revenue of 2026, later it is a repayment of the year it is processed in."""
    row = max((a for a in ADJUSTMENTS if a.valid_from <= collected_on.year), key=lambda a: a.valid_from)
    last = date(collected_on.year + 1, row.month, row.day)
    if processed_on <= last:
        return Borne(collected_on.year, True, row.basis)
    return Borne(processed_on.year, False, row.basis)
