"""Days that differ from the plain week: holidays, days in lieu, swapped Saturdays, half days. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mappings.codes.holidays import vietnam


class DayKind(StrEnum):
    """How a day is worked."""

    WORKING = "working"
    HALF = "half"  # the morning only
    OFF = "off"


class DayStatus(StrEnum):
    """How sure a day is."""

    ANNOUNCED = "announced"  # đã công bố
    FORECAST = "forecast"  # dự kiến


WORDS: dict[str, tuple[str, str]] = {
    DayKind.WORKING: ("làm việc", "working"),
    DayKind.HALF: ("nửa ngày", "half day"),
    DayKind.OFF: ("nghỉ", "off"),
    DayStatus.ANNOUNCED: ("đã công bố", "announced"),
    DayStatus.FORECAST: ("dự kiến", "forecast"),
}
"""Code → Vietnamese, English."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One day that is not worked like every other day of its name.

    Attributes:
        source: the paper or list that says so.
    """

    day: date
    kind: DayKind
    name_vi: str
    name_en: str
    status: DayStatus
    source: str = ""


# Fixed by the calendar of the sun; the moon's days of a year that no list knows cannot be guessed.
_FIXED: tuple[tuple[int, int, int, str, str], ...] = (
    (1, 1, 0, "Tết Dương lịch", "New Year's Day"),
    (4, 30, 0, "Ngày Chiến thắng", "Liberation Day/Reunification Day"),
    (5, 1, 0, "Ngày Quốc tế Lao động", "International Labor Day"),
    (9, 2, 0, "Quốc khánh", "National Day"),
    (11, 24, 2026, "Ngày Văn hóa Việt Nam", "Vietnam Cultural Day"),
)


def published(year: int) -> tuple[SpecialDay, ...]:
    """The special days of ``year`` by the list that ships; of a year beyond it only those that have a fixed date.

    A year after the last announced one is a forecast throughout.
    """
    known = vietnam()
    status = DayStatus.ANNOUNCED if year <= known.announced_until else DayStatus.FORECAST
    if year not in known.years():
        return tuple(
            SpecialDay(date(year, month, day), DayKind.OFF, vi, en, DayStatus.FORECAST, "fixed date")
            for month, day, since, vi, en in _FIXED
            if year >= since
        )
    days = []
    for holiday in known.of(year):
        days.append(
            SpecialDay(holiday.day, DayKind.OFF, holiday.name_vi, holiday.name_en, status, known.source)
        )
        if holiday.works_instead is not None:
            days.append(
                SpecialDay(
                    holiday.works_instead,
                    DayKind.WORKING,
                    f"Làm bù cho ngày {holiday.day:%d/%m/%Y}",
                    f"Worked instead of {holiday.day:%d/%m/%Y}",
                    status,
                    known.source,
                )
            )
    return tuple(sorted(days, key=lambda special: special.day))
