"""What the rest of the house knows of an administrative unit. A code without its date identifies nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """Two levels since 1 July 2025; the district of older lists is kept beside the commune."""

    PROVINCE = "province"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class AdminUnit:
    """One unit as it stood on the day of its list.

    Attributes:
        code: 2 digits of a province, 5 of a commune; zeros in front belong to it.
        name: with its kind in front, as they write it, in NFC.
        kind: LoaiHinh as they write it; empty where they give none.
        province_code: of a commune; empty for a province.
        district_code, district_name: of lists before July 2025; otherwise empty.
    """

    level: Level
    code: str
    name: str
    kind: str = ""
    province_code: str = ""
    district_code: str = ""
    district_name: str = ""


@dataclass(frozen=True, slots=True)
class AdminUnitList:
    """All units of a level on one day. The day proves what the list said then, not since when it was law.

    Attributes:
        left_out: codes that stand for different units in their list; see ``Settings.conflicts``.
    """

    as_of: date
    units: tuple[AdminUnit, ...]
    left_out: tuple[str, ...] = ()
