"""Why data was refused, field by field: their one long error text taken apart, and the same questions asked before sending."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.civil_status.tables import FieldRule, field_rule

_PREFIXES = "nks|nkt|nyc|cbs|cha|me|ndk"
_OURS = rf"(?:{_PREFIXES})[A-Z][A-Za-z0-9]*"
_BEGIN = re.compile(rf"(?:^|[.;\n])\s*(?:({_OURS})|n({_OURS})|([a-z]+(?:[A-Z][a-z0-9]*)+))")
_MOST_CAUSES = 50


class Why(StrEnum):
    """Reason class; stable words for screens and reports."""

    TOO_LONG = "too_long"
    NOT_IN_CATALOGUE = "not_in_catalogue"
    WRONG_FORMAT = "wrong_format"
    MISSING = "missing"
    OTHER = "other"


_WORDS = (
    ("độ dài", Why.TOO_LONG),
    ("vượt quá", Why.TOO_LONG),
    ("quá dài", Why.TOO_LONG),
    ("danh mục", Why.NOT_IN_CATALOGUE),
    ("không tồn tại", Why.NOT_IN_CATALOGUE),
    ("định dạng", Why.WRONG_FORMAT),
    ("bắt buộc", Why.MISSING),
    ("không được để trống", Why.MISSING),
    ("không hợp lệ", Why.WRONG_FORMAT),
    ("không đúng", Why.WRONG_FORMAT),
)


@dataclass(frozen=True, slots=True)
class Cause:
    """One field and why. No value and no sentence of theirs: those may hold a person."""

    field: str
    why: Why

    def __str__(self) -> str:
        return f"{self.field}:{self.why}"


def split(errors: str) -> tuple[Cause, ...]:
    """The causes in their concatenated text, in order, each once.

    Their line breaks often arrive as a bare ``n`` glued to the next field (``….ncbsSoDDCN có …``); a sentence that
    begins with no field belongs to the field before it.
    """
    text = unicodedata.normalize("NFC", errors)
    marks = list(_BEGIN.finditer(text))
    causes: dict[Cause, None] = {}
    for number, found in enumerate(marks):
        until = marks[number + 1].start() if number + 1 < len(marks) else len(text)
        field = found[1] or found[2] or _unglued(found[3])
        causes[Cause(field[:60], _why(text[found.end() : until]))] = None
        if len(causes) == _MOST_CAUSES:
            break
    return tuple(causes)


def by_field(errors: Mapping[str, Any]) -> tuple[Cause, ...]:
    """The causes of an answer that has its errors by field already: {field: [texts]}."""
    found = (
        Cause(name[:60], _why(text))
        for name, texts in errors.items()
        for text in (texts if isinstance(texts, list) else [texts])
        if isinstance(text, str)
    )
    return tuple(dict.fromkeys(found))[:_MOST_CAUSES]


def as_code(causes: Iterable[Cause]) -> str:
    """One text for ``Rejected.code``: ``cbsSoDDCN:too_long,nycEmail:wrong_format``."""
    return ",".join(str(cause) for cause in causes)[:400]


def from_code(code: str) -> tuple[Cause, ...]:
    """The causes in a code that :func:`as_code` made; empty for any other code."""
    found = []
    for part in code.split(","):
        field, _, why = part.partition(":")
        if not field or why not in set(Why):
            return ()
        found.append(Cause(field, Why(why)))
    return tuple(found)


def checked(
    form: Mapping[str, Any], catalogues: Mapping[int, Collection[str]] | None = None
) -> tuple[Cause, ...]:
    """What they would refuse in ``form``, by ``fields.csv``: found before anything leaves. Empty: nothing known is wrong.

    Args:
        catalogues: number of a catalogue → its codes; a catalogue that is not there is not asked.
    """
    found: dict[Cause, None] = {}
    for name, value in form.items():
        rule = field_rule(name)
        if value in (None, "", {}):
            continue
        for why in _against(rule, value, catalogues or {}) if rule is not None else _shape(value):
            found[Cause(name, why)] = None
    return tuple(found)


def _shape(value: Any) -> list[Why]:
    return [] if _simple(value) or isinstance(value, dict | list) else [Why.WRONG_FORMAT]


def _simple(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def _against(rule: FieldRule, value: Any, catalogues: Mapping[int, Collection[str]]) -> list[Why]:
    kinds = {"name": _name, "date": _date, "address": _address}
    text = kinds[rule.kind](value) if rule.kind in kinds else (str(value) if _simple(value) else None)
    if text is None:
        return [Why.WRONG_FORMAT]
    found: list[Why] = []
    if rule.kind == "date":
        return found
    longest = rule.exactly or rule.most
    if longest and len(text) > longest:
        found.append(Why.TOO_LONG)
    digits = text.isascii() and text.isdigit()
    if (rule.kind in ("digits", "whole") and not digits) or (rule.exactly and len(text) < rule.exactly):
        found.append(Why.WRONG_FORMAT)
    known = catalogues.get(rule.catalogue)
    if known is not None and text not in known:
        found.append(Why.NOT_IN_CATALOGUE)
    if rule.kind == "address" and isinstance(value, dict) and 4 in catalogues:
        place = str(value.get("maXa") or value.get("maTinh") or "")
        if place and place not in catalogues[4]:
            found.append(Why.NOT_IN_CATALOGUE)
    return found


def _name(value: Any) -> str | None:
    if isinstance(value, str):
        return value if value.strip() and not any(each.isdigit() for each in value) else None
    parts = _parts(value, ("Ho", "ChuDem", "Ten"))
    if parts is None or not parts[2].strip() or any(each.isdigit() for part in parts for each in part):
        return None
    return " ".join(part for part in parts if part)


def _address(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    parts = _parts(value, ("dcChiTiet", "quocGia", "maTinh", "maXa"))
    if parts is None:
        return None
    for code, length in ((parts[2], 2), (parts[3], 5)):
        if code and not (len(code) == length and code.isascii() and code.isdigit()):
            return None
    return parts[0]


def _date(value: Any) -> str | None:
    if isinstance(value, str):
        return value if _day(value.strip()) else None
    parts = _parts(value, ("namSinh", "thangSinh", "ngaySinh"))
    if parts is None or not parts[0]:
        return None
    year, month, day = parts
    if day and not month:
        return None
    return year if _day(f"{day or '01'}/{month or '01'}/{year}") else None


def _day(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", text):
        return False
    try:
        datetime.strptime(text, "%d/%m/%Y")  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False
    return True


def _parts(value: Any, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The texts of an object that holds nothing but ``names``."""
    if not isinstance(value, dict) or not value.keys() <= set(names):
        return None
    found = tuple(value.get(name) for name in names)
    if not all(item is None or _simple(item) for item in found):
        return None
    return tuple("" if item is None else str(item) for item in found)


def _unglued(name: str) -> str:
    """A field without one of the known beginnings, freed of the ``n`` that was a line break."""
    glued = name.startswith("n") and field_rule(name) is None and field_rule(name[1:]) is not None
    return name[1:] if glued else name


def _why(text: str) -> Why:
    plain = unicodedata.normalize("NFC", text).casefold()
    return next((why for words, why in _WORDS if words in plain), Why.OTHER)


__all__ = ["Cause", "Why", "as_code", "by_field", "checked", "from_code", "split"]
