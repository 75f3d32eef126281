"""One value from ours to theirs and back, by a field of the profile. Pure; what cannot be written or read is an error."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.handover.profile import MapField, Table, strptime_form
from connectors.kit.reading import VIETNAM, Unreadable, a_whole
from mappings.errors import MappingError

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,20}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Untranslatable(ValueError):
    """A fact of ours that they cannot take. Names both fields, never the value."""

    def __init__(self, field: MapField, vi: str, en: str) -> None:
        self.field = field
        super().__init__(f"{field.ours or '-'} → {field.theirs}: {vi} · {en}")


def written(field: MapField, value: Any, tables: Mapping[str, Table]) -> Any:
    """``value`` (a JSON value of ours, not ``None``) as theirs.

    Raises:
        Untranslatable
    """
    match field.as_:
        case "text":
            return _text_out(field, value)
        case "whole":
            return _whole_out(field, value)
        case "digits":
            return str(_whole_out(field, value))
        case "flag":
            if not isinstance(value, bool):
                raise Untranslatable(field, "phải là có hoặc không", "yes or no is expected")
            return field.yes if value else field.no
        case "date":
            return _day_out(field, value)
        case "time":
            return _moment_out(field, value)
        case "birth":
            return _birth_out(field, value)
        case "table":
            return _code_out(field, value, tables[field.table])
        case "base64":
            return base64.b64encode(_bytes(value, field)).decode()
        case _:
            raise AssertionError(field.as_)


def read(field: MapField, value: Any, tables: Mapping[str, Table]) -> Any:
    """``value`` of theirs (not ``None``) as a JSON value of ours.

    Raises:
        Unreadable, MappingError
    """
    match field.as_:
        case "text":
            return _text_in(field, value)
        case "whole" | "digits":
            return a_whole(value, field.theirs, least=-(10**12), most=10**15)
        case "flag":
            return _flag_in(field, value)
        case "date":
            return _day_in(field, _text_in(field, value))
        case "time":
            return _moment_in(field, value)
        case "birth":
            return _birth_in(field, _text_in(field, value))
        case "table":
            return _code_in(field, value, tables[field.table])
        case "base64":
            try:
                return base64.b64encode(_bytes(value, field)).decode()
            except Untranslatable:
                raise Unreadable(field.theirs, "base64 is expected") from None
        case _:
            raise AssertionError(field.as_)


def split_name(name: Mapping[str, Any]) -> tuple[str, str, str]:
    """Family, middle and given name: as they are known where they make up the full name, else by its words.

    Vietnamese order: the first word is the family's, the last one is given. One word alone is given.
    """
    known = tuple(_nfc(str(name.get(part) or "")) for part in ("family", "middle", "given"))
    full = " ".join(_nfc(str(name.get("full") or "")).split())
    if known[0] and known[2] and " ".join(part for part in known if part) == full:
        return known[0], known[1], known[2]
    words = full.split()
    if len(words) < 2:
        return "", "", full
    return words[0], " ".join(words[1:-1]), words[-1]


def joined_name(parts: tuple[str, str, str]) -> dict[str, str]:
    """A name of three parts as ours."""
    family, middle, given = (" ".join(_nfc(part).split()) for part in parts)
    full = " ".join(part for part in (family, middle, given) if part)
    return {"full": full, "family": family, "middle": middle, "given": given}


def _text_out(field: MapField, value: Any) -> str:
    if not isinstance(value, str):
        raise Untranslatable(field, "phải là chữ", "a text is expected")
    text = _nfc(value)
    if field.most and len(text) > field.most:
        raise Untranslatable(field, f"dài quá {field.most} ký tự", f"longer than {field.most} characters")
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Untranslatable(field, "có ký tự không gửi được", "holds a sign that cannot be sent")
    return text


def _text_in(field: MapField, value: Any) -> str:
    if type(value) is int:
        return str(value)  # codes that some programs write as numbers
    if not isinstance(value, str):
        raise Unreadable(field.theirs, "a text is expected")
    return _nfc(value)


def _whole_out(field: MapField, value: Any) -> int:
    if type(value) is not int:
        raise Untranslatable(field, "phải là số nguyên", "a whole number is expected")
    return value


def _flag_in(field: MapField, value: Any) -> bool:
    for meaning, theirs in ((True, field.yes), (False, field.no)):
        is_same = type(value) is type(theirs) and value == theirs
        as_text = isinstance(theirs, bool) and isinstance(value, str) and value == str(theirs).lower()
        if is_same or as_text or (type(theirs) is int and isinstance(value, str) and value == str(theirs)):
            return meaning
    raise Unreadable(field.theirs, "is neither their yes nor their no")


def _day_out(field: MapField, value: Any) -> str:
    try:
        day = _zoned(value).astimezone(VIETNAM).date() if "T" in str(value) else date.fromisoformat(value)
    except (TypeError, ValueError, OverflowError):
        raise Untranslatable(field, "phải là ngày", "a day is expected") from None
    return _formed(day, field.format)


def _formed(day: date, form: str) -> str:
    if form == "iso":
        return day.isoformat()
    return day.strftime(strptime_form(form).replace("%Y", f"{day.year:04d}"))


def _day_in(field: MapField, text: str) -> str:
    try:
        form = "%Y-%m-%d" if field.format == "iso" else strptime_form(field.format)
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise Unreadable(field.theirs, f"a day as {field.format} is expected") from None
    if _formed(day, field.format) != text:
        raise Unreadable(field.theirs, f"a day as {field.format} is expected")
    return day.isoformat()


def _moment_out(field: MapField, value: Any) -> Any:
    try:
        moment = _zoned(value).astimezone(UTC if field.zone == "utc" else VIETNAM)
    except (TypeError, ValueError, OverflowError):
        raise Untranslatable(
            field, "phải là thời điểm có múi giờ", "a moment with zone is expected"
        ) from None
    if field.format == "epoch_ms":
        return (moment - _EPOCH) // timedelta(milliseconds=1)
    if field.format == "iso":
        return moment.isoformat(timespec="seconds")
    return moment.strftime(strptime_form(field.format).replace("%Y", f"{moment.year:04d}"))


def _moment_in(field: MapField, value: Any) -> str:
    zone = UTC if field.zone == "utc" else VIETNAM
    try:
        if field.format == "epoch_ms":
            ms = a_whole(value, field.theirs, most=253_402_300_799_000)
            return (_EPOCH + timedelta(milliseconds=ms)).isoformat()
        text = _text_in(field, value)
        if field.format == "iso":
            found = datetime.fromisoformat(text)
        else:
            form = strptime_form(field.format)
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the profile's
            _exactly(found.strftime(form.replace("%Y", f"{found.year:04d}")), text)
        zoned = found if found.tzinfo is not None else found.replace(tzinfo=zone)
        return zoned.astimezone(UTC).isoformat()
    except Unreadable:
        raise
    except (ValueError, OverflowError):
        raise Unreadable(field.theirs, f"a time as {field.format} is expected") from None


def _zoned(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found


def _exactly(made: str, text: str) -> None:
    """Python's reader takes one digit where two are agreed."""
    if made != text:
        raise ValueError("not written so")


def _birth_out(field: MapField, value: Any) -> str:
    precision = value.get("precision") if isinstance(value, Mapping) else None
    if precision == "day":
        return _day_out(field, value.get("on"))
    if precision == "year":
        return str(value.get("on"))[:4]
    raise Untranslatable(field, "chỉ biết tháng sinh", "only the month of birth is known")


def _birth_in(field: MapField, text: str) -> dict[str, str]:
    if len(text) == 4 and text.isascii() and text.isdigit() and text != "0000":
        return {"on": f"{text}-01-01", "precision": "year"}
    return {"on": _day_in(field, text), "precision": "day"}


def _code_out(field: MapField, value: Any, table: Table) -> Any:
    for row in table.rows:
        if row.way != "in" and row.ours == value:
            return int(row.theirs) if table.number else row.theirs
    raise MappingError(field.table, _code_like(value), f"{field.ours} → {field.theirs}")


def _code_in(field: MapField, value: Any, table: Table) -> str:
    text = _text_in(field, value)
    for row in table.rows:
        if row.way != "out" and row.theirs == text:
            return row.ours
    if table.unknown:
        return table.unknown
    raise MappingError(field.table, _code_like(text), f"{field.theirs} → {field.ours}")


def _code_like(value: Any) -> str:
    """``value`` where it looks like a code; a name that stands in the wrong field is not repeated in an error."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else "?"


def _bytes(value: Any, field: MapField) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error) as exc:
        raise Untranslatable(
            field, "nội dung tệp không phải base64", "the file's content is not base64"
        ) from exc


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
