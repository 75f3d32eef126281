"""Dates and times in the forms of each interface. The table is ``date_formats.csv`` beside this file; reading is strict, both ways.

Patterns: yyyy MM dd HH mm ss SSS, Z for an offset (+0700 or Z), every other character stands for itself; ``epoch_ms`` is whole
milliseconds since 1970. A local time without an offset that occurred twice (last in 1955) is taken as the first one. A text that fits no form of its interface is an error that does not repeat the text: it may be a birth date.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from mappings.canonical.party import Birth, BirthPrecision
from mappings.errors import MappingError

TABLE = "date_formats"
EPOCH_MS = "epoch_ms"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = {
    "yyyy": r"(?P<year>[0-9]{4})",
    "SSS": r"(?P<milli>[0-9]{3})",
    "MM": r"(?P<month>[0-9]{2})",
    "dd": r"(?P<day>[0-9]{2})",
    "HH": r"(?P<hour>[0-9]{2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
    "Z": r"(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})",
}
_TOKEN = re.compile("|".join(_PARTS))


class Precision(StrEnum):
    """What a text of this form tells."""

    MOMENT = "moment"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Form:
    """One form of one interface.

    Attributes:
        zone: of times that carry no offset.
        sent: what we write; of several forms with one precision only one is.
    """

    interface: str
    pattern: str
    precision: Precision
    zone: str
    sent: bool
    confidence: str

    @property
    def zone_info(self) -> tzinfo:
        return UTC if self.zone == "UTC" else ZoneInfo(self.zone)


@cache
def forms() -> Mapping[str, tuple[Form, ...]]:
    """Interface → its forms, in the order of the table."""
    text = resources.files("mappings.tables").joinpath("date_formats.csv").read_text("utf-8")
    found: dict[str, tuple[Form, ...]] = {}
    for row in csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#")):
        form = Form(
            row["interface"],
            row["pattern"],
            Precision(row["precision"]),
            row["zone"],
            row["sent"] == "1",
            row["confidence"],
        )
        found[form.interface] = (*found.get(form.interface, ()), form)
    return found


def _of(interface: str) -> tuple[Form, ...]:
    try:
        return forms()[interface]
    except KeyError:
        raise MappingError(TABLE, interface) from None


def read_moment(interface: str, text: str) -> datetime:
    """The moment that ``text`` tells, with its zone.

    Raises:
        MappingError: no form of the interface fits, or there is no such time.
    """
    for form in _of(interface):
        if form.precision is Precision.MOMENT:
            found = _read(form, text)
            if isinstance(found, datetime):
                return found
    raise MappingError(TABLE, interface, "the text is no moment in a form of this interface")


def read_day(interface: str, text: str) -> date:
    """The day that ``text`` tells.

    Raises:
        MappingError: as :func:`read_moment`.
    """
    birth = read_birth(interface, text)
    if birth.precision is not BirthPrecision.DAY:
        raise MappingError(TABLE, interface, "a whole date is wanted")
    return birth.on


def read_birth(interface: str, text: str) -> Birth:
    """The date that ``text`` tells, as far as it is known: day, month or year.

    Raises:
        MappingError: as :func:`read_moment`.
    """
    for form in _of(interface):
        if form.precision is not Precision.MOMENT:
            found = _read(form, text)
            if found is not None:
                return Birth(found, BirthPrecision(form.precision.value))
    raise MappingError(TABLE, interface, "the text is no date in a form of this interface")


def write_moment(interface: str, moment: datetime) -> str:
    """``moment`` in the form that the interface is sent; parts that the form does not hold are cut off, not rounded.

    Raises:
        MappingError: the interface takes no moments.
        ValueError: a moment without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    form = _sent(interface, Precision.MOMENT)
    if form.pattern == EPOCH_MS:
        return str((moment - _EPOCH) // timedelta(milliseconds=1))
    local = moment.astimezone(form.zone_info)
    offset = local.utcoffset() or timedelta()
    if offset.seconds % 60:  # local time of before 1911: no form has seconds in its offset
        local = local.astimezone(timezone(offset - timedelta(seconds=offset.seconds % 60)))
    return _write(form.pattern, local)


def write_birth(interface: str, birth: Birth) -> str:
    """A date in the form for as much of it as is known.

    Raises:
        MappingError: the interface takes no date of this precision; nothing is made up to fill it.
    """
    form = _sent(interface, Precision(birth.precision.value))
    return _write(form.pattern, datetime(birth.on.year, birth.on.month, birth.on.day, tzinfo=UTC))


def _sent(interface: str, precision: Precision) -> Form:
    for form in _of(interface):
        if form.precision is precision and form.sent:
            return form
    raise MappingError(TABLE, interface, f"it takes no {precision.value}")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    made, end = "", 0
    for token in _TOKEN.finditer(pattern):
        made += re.escape(pattern[end : token.start()]) + _PARTS[token[0]]
        end = token.end()
    return re.compile(made + re.escape(pattern[end:]), re.ASCII)


def _read(form: Form, text: str) -> date | None:
    """The date or moment, or ``None`` where the form does not fit or there is no such day."""
    if form.pattern == EPOCH_MS:
        if not re.fullmatch(r"-?[0-9]{1,14}", text, re.ASCII):
            return None
        return (_EPOCH + timedelta(milliseconds=int(text))).astimezone(form.zone_info)
    found = _compiled(form.pattern).fullmatch(text)
    if found is None:
        return None
    part = {name: value for name, value in found.groupdict().items() if value is not None}
    try:
        if form.precision is not Precision.MOMENT:
            return date(int(part["year"]), int(part.get("month", "1")), int(part.get("day", "1")))
        zone = _offset(part["offset"]) if "offset" in part else form.zone_info
        clock = f"{part['hour']}:{part['minute']}:{part.get('second', '00')}.{part.get('milli', '000')}"
        day = f"{part['year']}-{part['month']}-{part['day']}"
        return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
    except ValueError:
        return None


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if int(text[-2:]) > 59:
        raise ValueError("no such offset")
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _write(pattern: str, at: datetime) -> str:
    values = {
        "yyyy": f"{at.year:04d}",
        "SSS": f"{at.microsecond // 1000:03d}",
        "MM": f"{at.month:02d}",
        "dd": f"{at.day:02d}",
        "HH": f"{at.hour:02d}",
        "mm": f"{at.minute:02d}",
        "ss": f"{at.second:02d}",
        "Z": at.strftime("%z"),
    }
    return _TOKEN.sub(lambda token: values[token[0]], pattern)


__all__ = [
    "EPOCH_MS",
    "TABLE",
    "Form",
    "Precision",
    "forms",
    "read_birth",
    "read_day",
    "read_moment",
    "write_birth",
    "write_moment",
]
