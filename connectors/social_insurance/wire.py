"""The look-ups' messages as they stand: everything is a text there. Kinds of date 0 whole, 1 year, 2 month and year; sex 1, 2, 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.kit.reading import Unreadable, an_object, json_value
from mappings.canonical.party import Birth, BirthPrecision, Sex

PERSONAL = frozenset(
    {
        "maSoBhxh",
        "maSo",
        "hoTen",
        "soSoCu",
        "soSo",
        "maThe",
        "ngaySinh",
        "gioiTinh",
        "maTinhKs",
        "maHuyenKs",
        "maXaKs",
        "maHo",
        "diaChi",
    }
)
"""Fields of a person: never shown, never logged."""

KINDS = {BirthPrecision.DAY: "0", BirthPrecision.YEAR: "1", BirthPrecision.MONTH: "2"}
SEXES = {Sex.MALE: "1", Sex.FEMALE: "2", Sex.OTHER: "3"}
_PRECISIONS = {kind: precision for precision, kind in KINDS.items()}
_SEXES = {code: sex for sex, code in SEXES.items()}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FILL = {"padded": "01", "zeros": "00", "short": ""}


def rows(content: bytes, wrapper: str = "") -> list[dict[str, Any]]:
    """The objects of an answer; nothing, ``null``, ``{}`` and ``[]`` are nobody.

    Raises:
        Unreadable
    """
    value = json_value(content)
    if wrapper:
        outer = an_object(value)
        if wrapper not in outer:
            raise Unreadable(wrapper, "is missing")
        value = outer[wrapper]
    if value is None or value == {}:
        return []
    return [an_object(each, "row") for each in (value if isinstance(value, list) else [value])]


def text(values: Mapping[str, Any], name: str, *, needed: bool = False, most: int = 500) -> str:
    """A text; their values are texts, a whole number is taken as its digits.

    Raises:
        Unreadable: missing or empty where needed, another type, too long, or with characters that cannot be seen.
    """
    if name not in values and needed:
        raise Unreadable(name, "is missing")
    value = values.get(name)
    if value is None:
        value = ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(name, "a text is expected")
    found = str(value).strip()
    if needed and not found:
        raise Unreadable(name, "is empty")
    if len(found) > most or _CONTROL.search(found):
        raise Unreadable(name, "is too long or holds what cannot be seen")
    return found


def sex_of(values: Mapping[str, Any]) -> Sex:
    """gioiTinh; not told is unknown.

    Raises:
        Unreadable: none of 1, 2, 3.
    """
    code = text(values, "gioiTinh")
    if not code:
        return Sex.UNKNOWN
    if code not in _SEXES:
        raise Unreadable("gioiTinh", "is none of 1, 2, 3")
    return _SEXES[code]


def birth_of(values: Mapping[str, Any]) -> Birth | None:
    """NgaySinh as far as loaiNgaySinh says that it is known.

    Raises:
        Unreadable: no such day, or a form that the kind does not have.
    """
    day, kind = text(values, "ngaySinh"), text(values, "loaiNgaySinh")
    if not day:
        return None
    if kind not in _PRECISIONS:
        raise Unreadable("loaiNgaySinh", "is none of 0, 1, 2")
    if not (day.isascii() and day.isdigit()):
        raise Unreadable("ngaySinh", "digits are expected")
    precision = _PRECISIONS[kind]
    known = {BirthPrecision.DAY: 8, BirthPrecision.MONTH: 6, BirthPrecision.YEAR: 4}[precision]
    filled = (8 - known) // 2
    if day[known:] not in ("", "01" * filled, "00" * filled) or len(day) < known:
        # A day that is there although only the year is said to be known: one of the two is wrong.
        raise Unreadable("ngaySinh", "says more or less than loaiNgaySinh")
    whole = day[:known] + "0101"[known - 4 :]
    try:
        return Birth(date(int(whole[:4]), int(whole[4:6]), int(whole[6:])), precision)
    except ValueError:
        raise Unreadable("ngaySinh", "there is no such day") from None


def sent_birth(birth: Birth, form: str) -> dict[str, str]:
    """NgaySinh and loaiNgaySinh; ``form`` is the settings' ``partial_birth``."""
    fill = _FILL[form]
    day = {
        BirthPrecision.DAY: f"{birth.on:%Y%m%d}",
        BirthPrecision.MONTH: f"{birth.on:%Y%m}{fill}",
        BirthPrecision.YEAR: f"{birth.on:%Y}{fill}{fill}",
    }[birth.precision]
    return {"ngaySinh": day, "loaiNgaySinh": KINDS[birth.precision]}


def seen(value: str) -> bool:
    """Whether every character of ``value`` can be seen."""
    return not _CONTROL.search(value) and not any("\ud800" <= character <= "\udfff" for character in value)
