"""Values as they stand in the messages of all three generations: partial dates, texts, codes, files inside JSON."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from connectors.kit.reading import Unreadable, a_day, a_list, an_object
from mappings.canonical.party import Birth, BirthPrecision

DAY = "%d/%m/%Y"
PERSONAL = frozenset(
    {
        *(
            "fullName",
            "otherName",
            "birthDateStr",
            "birthPlace",
            "residence",
            "residenceTemporary",
            "identifyNo",
        ),
        *(
            "idIssueDate",
            "idIssuePlace",
            "dadName",
            "dadDob",
            "momName",
            "momDob",
            "partnerName",
            "partnerDob",
        ),
        *(
            "phone",
            "email",
            "deliveryAddress",
            "residencePlace",
            "workPlace",
            "jobName",
            "mandatorRelation",
            "note",
        ),
        *("toKhai", "ketQuaXuLy", "thongTinBienLai", "noiDungFile", "phieuLLTP", "duLieu", "DESCRIPTION"),
    }
)
"""Fields that hold a person or may name one; of the VNeID forms the whole blocks."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_CODE = re.compile(r"[A-Za-z0-9._/-]{1,60}")


def plain(value: Any, field: str, *, most: int = 2_000) -> str:
    """A text or whole number as text on one line in NFC; ``null`` is empty.

    Raises:
        Unreadable: of another type, too long, or with invisible or reversing characters.
    """
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise Unreadable(field, "a text is expected")
    found = " ".join(unicodedata.normalize("NFC", value).split())
    if len(found) > most:
        raise Unreadable(field, "is too long")
    if not found.isprintable() and any(unicodedata.category(c) in _HIDDEN for c in found):
        raise Unreadable(field, "holds an invisible or reversing character")
    return found


def text(message: Mapping[str, Any], field: str, *, most: int = 2_000) -> str:
    """:func:`plain` of ``message[field]``; empty when it is not there."""
    return plain(message.get(field), field, most=most)


def needed(message: Mapping[str, Any], field: str, *, most: int = 2_000) -> str:
    """:func:`text`, which must be there.

    Raises:
        Unreadable
    """
    if field not in message:
        raise Unreadable(field, "is missing")
    found = text(message, field, most=most)
    if not found:
        raise Unreadable(field, "is empty")
    return found


def code(message: Mapping[str, Any], field: str) -> str:
    """A code or number of a dossier that must be there.

    Raises:
        Unreadable
    """
    found = needed(message, field, most=60)
    if not _CODE.fullmatch(found):
        raise Unreadable(field, "is no code")
    return found


def inner(message: Mapping[str, Any], field: str) -> dict[str, Any]:
    """An object inside ``message``; empty when it is not there or ``null``."""
    value = message.get(field)
    return {} if value is None else an_object(value, field)


def rows(message: Mapping[str, Any], field: str) -> list[Any]:
    """A list inside ``message``; empty when it is not there or ``null``."""
    value = message.get(field)
    return [] if value is None else a_list(value, field)


def sent_partial(birth: Birth) -> str:
    """``dd/MM/yyyy``, ``MM/yyyy`` or ``yyyy``, as much as is known and no more."""
    forms = {BirthPrecision.DAY: DAY, BirthPrecision.MONTH: "%m/%Y", BirthPrecision.YEAR: "%Y"}
    return birth.on.strftime(forms[birth.precision])


def sent_day(day: date) -> str:
    """``dd/MM/yyyy``."""
    return day.strftime(DAY)


def partial(value: str, field: str) -> Birth:
    """A day, a month or a year; never rounded to what was not said.

    Raises:
        Unreadable
    """
    forms = {
        10: (DAY, BirthPrecision.DAY),
        7: ("%m/%Y", BirthPrecision.MONTH),
        4: ("%Y", BirthPrecision.YEAR),
    }
    if len(value) not in forms or not value.isascii():
        raise Unreadable(field, "dd/MM/yyyy, MM/yyyy or yyyy is expected")
    form, precision = forms[len(value)]
    return Birth(_day(value, field, form), precision)


def partial_or_none(message: Mapping[str, Any], field: str) -> Birth | None:
    """:func:`partial`, or ``None`` where nothing is said."""
    found = text(message, field, most=40)
    return partial(found, field) if found else None


def day_or_none(message: Mapping[str, Any], field: str) -> date | None:
    """``dd/MM/yyyy``, or ``None`` where nothing is said.

    Raises:
        Unreadable
    """
    found = text(message, field, most=40)
    return _day(found, field, DAY) if found else None


def content_of(value: str, field: str, *, most: int) -> bytes:
    """The bytes of a file inside a message.

    Raises:
        Unreadable: not base64, empty, or too large.
    """
    if len(value) > most * 4 // 3 + 4:
        raise Unreadable(field, "is too large")
    try:
        found = base64.b64decode(
            value.partition(",")[2] if value.startswith("data:") else value, validate=True
        )
    except (binascii.Error, ValueError):
        raise Unreadable(field, "is no base64") from None
    if not found or len(found) > most:
        raise Unreadable(field, "is empty or too large")
    return found


def is_link(value: str) -> bool:
    """Whether ``value`` is an https address rather than a file's content."""
    return urlsplit(value).scheme == "https" if len(value) < 2_000 and ":" in value else False


def _day(text: str, field: str, form: str) -> date:
    """The library's own words quote the value, and a birthday is a person's: they go no further than here."""
    try:
        return a_day(text, field, form)
    except Unreadable as exc:
        words = str(exc)
    raise Unreadable(field, words.partition(": ")[2])
