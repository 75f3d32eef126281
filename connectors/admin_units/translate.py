"""Rows ↔ units. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date

from connectors.admin_units.settings import Conflict
from connectors.admin_units.units import AdminUnit, AdminUnitList, Level
from connectors.admin_units.wire import CommuneRow, ProvinceRow
from connectors.kit.reading import Unreadable

_PROVINCE = re.compile(r"[0-9]{2}")
_DISTRICT = re.compile(r"[0-9]{3}")
_COMMUNE = re.compile(r"[0-9]{5}")
_LONGEST_NAME = 200


def day(as_of: date) -> str:
    """DenNgay: dd/MM/yyyy."""
    return f"{as_of.day:02d}/{as_of.month:02d}/{as_of.year:04d}"


def is_province_code(code: str) -> bool:
    """Two digits, nothing else."""
    return _PROVINCE.fullmatch(code) is not None


def provinces(rows: Iterable[ProvinceRow], as_of: date, conflicts: Conflict) -> AdminUnitList:
    """The list of provinces.

    Raises:
        Unreadable: a code or name that is none, or one code for two units.
    """
    units = [
        AdminUnit(
            Level.PROVINCE,
            _code(row.MaTinh, "MaTinh", _PROVINCE),
            _name(row.TenTinh, "TenTinh"),
            _words(row.LoaiHinh or "", "LoaiHinh"),
        )
        for row in rows
    ]
    return _listed(units, as_of, conflicts, "MaTinh")


def communes(
    rows: Iterable[CommuneRow], as_of: date, conflicts: Conflict, province_code: str
) -> AdminUnitList:
    """The list of communes, of ``province_code`` alone where that was asked.

    Raises:
        Unreadable: as :func:`provinces`; or a commune of a province that was not asked about.
    """
    units = []
    for row in rows:
        parent = _code(row.MaTinh, "MaTinh", _PROVINCE)
        if province_code and parent != province_code:
            raise Unreadable("MaTinh", "is another province than was asked about")
        district = (row.MaQuanHuyen or "").strip()
        units.append(
            AdminUnit(
                Level.COMMUNE,
                _code(row.MaPhuongXa, "MaPhuongXa", _COMMUNE),
                _name(row.TenPhuongXa, "TenPhuongXa"),
                _words(row.LoaiHinh or "", "LoaiHinh"),
                parent,
                _code(district, "MaQuanHuyen", _DISTRICT) if district else "",
                _words(row.TenQuanHuyen or "", "TenQuanHuyen"),
            )
        )
    return _listed(units, as_of, conflicts, "MaPhuongXa")


def _listed(units: Sequence[AdminUnit], as_of: date, conflicts: Conflict, field: str) -> AdminUnitList:
    """Equal rows are one; different rows of one code are nobody's choice."""
    by_code: dict[str, AdminUnit] = {}
    doubtful: set[str] = set()
    for unit in units:
        if by_code.setdefault(unit.code, unit) != unit:
            doubtful.add(unit.code)
    if doubtful and conflicts is Conflict.REFUSE:
        raise Unreadable(field, f"{min(doubtful)} stands for different units")
    kept = tuple(unit for code, unit in sorted(by_code.items()) if code not in doubtful)
    return AdminUnitList(as_of, kept, tuple(sorted(doubtful)))


def _code(text: str, field: str, form: re.Pattern[str]) -> str:
    code = text.strip()
    if form.fullmatch(code) is None:
        raise Unreadable(field, "is no code of this level")
    return code


def _name(text: str, field: str) -> str:
    found = _words(text, field)
    if not found:
        raise Unreadable(field, "is empty")
    return found


def _words(text: str, field: str) -> str:
    found = " ".join(unicodedata.normalize("NFC", text).split())
    if len(found) > _LONGEST_NAME:
        raise Unreadable(field, "is too long")
    if any(unicodedata.category(character)[0] == "C" for character in found):
        raise Unreadable(field, "holds invisible or reversing characters")
    return found
