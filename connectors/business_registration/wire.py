"""The register's answers as they stand: envelopes, names of fields, dates and amounts in all forms that were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.kit.reading import Unreadable, a_list, a_whole, an_object, json_value

MOST_CAPITAL = 10**18 - 1
PERSONAL = frozenset(
    {
        "LEGAL_NAMES",
        "FULL_NAME",
        "MEMBER_NAME",
        "CONTACT_FULL_NAME",
        "CONTACT_ADDRESS",
        "CONTACT_ID_NO",
        "CONTACT_PHONE",
        "CONTACT_EMAIL",
    }
)
"""Fields of a person: never shown, never logged."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """``{Data, DataCount, Status "1"/"0", Message}``; the message is not kept, it may name somebody."""

    data: Any
    good: bool


def envelope(content: bytes) -> Envelope:
    """The envelope of the older interface.

    Raises:
        Unreadable: not that shape, or a Status that is neither 1 nor 0.
    """
    answer = an_object(json_value(content))
    if "Status" not in answer:
        raise Unreadable("Status", "is missing")
    good = a_whole(answer["Status"], "Status", most=1) == 1
    if good and "Data" not in answer:
        raise Unreadable("Data", "is missing")
    return Envelope(answer.get("Data"), good)


def wrapped(content: bytes, name: str) -> list[dict[str, Any]]:
    """The certificates under ``name`` of the façade; a wrapper that is ``null`` holds none.

    Raises:
        Unreadable: the wrapper is missing, or no list of objects.
    """
    answer = an_object(json_value(content))
    if name not in answer:
        raise Unreadable(name, "is missing")
    if answer[name] is None:
        return []
    return [an_object(each, name) for each in a_list(answer[name], name)]


def objects(value: Any, field: str) -> list[dict[str, Any]]:
    """A block that is a list in newer answers and an object in older ones, or is not there at all.

    Raises:
        Unreadable
    """
    if value is None or value == "":
        return []
    return [an_object(each, field) for each in (value if isinstance(value, list) else [value])]


def text(values: Mapping[str, Any], name: str, *, most: int = 4_000) -> str:
    """A text or number of theirs, without the spaces around it; what is not there is empty.

    Raises:
        Unreadable: something else, or too long.
    """
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(name, "a text is expected")
    found = str(value).strip()
    if len(found) > most or "\0" in found:
        raise Unreadable(name, "is too long or holds NUL")
    return found


def digits(values: Mapping[str, Any], name: str, length: int) -> str:
    """A code of so many digits; sent as a number it has lost its zeros. Another text is none of ours.

    Raises:
        Unreadable
    """
    found = text(values, name, most=50)
    if not (found.isascii() and found.isdigit()) or len(found) > length:
        return ""
    return found.zfill(length)


def day(values: Mapping[str, Any], name: str, forms: Sequence[str]) -> date | None:
    """A day in one of the agreed forms; ``None`` where none is told.

    Raises:
        Unreadable: in none of the forms, or no such day.
    """
    found = text(values, name, most=40)
    if not found:
        return None
    for form in forms:
        try:
            moment = datetime.strptime(found, form)  # noqa: DTZ007 - a day has no zone; the time of day is not used
        except ValueError:
            continue
        if moment.strftime(form) == found:  # strptime takes one digit where two are agreed
            return moment.date()
    raise Unreadable(name, "is in none of the agreed forms")


def count(values: Mapping[str, Any], name: str) -> int:
    """A number that counts; not told is 0.

    Raises:
        Unreadable
    """
    value = values.get(name)
    return 0 if value in (None, "") else a_whole(value, name, most=1_000_000)


def capital(values: Mapping[str, Any], name: str) -> int | None:
    """Whole đồng of a number with up to three decimals, all of them zero; ``None`` where it is not told.

    Raises:
        Unreadable
    """
    value = values.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(name, "an amount is expected")
    shape = str(value)
    if not shape.isascii() or shape.strip("0123456789.") or shape.count(".") > 1:
        raise Unreadable(name, "an amount is expected")
    try:
        amount = Decimal(shape)
    except InvalidOperation:
        raise Unreadable(name, "an amount is expected") from None
    if amount > MOST_CAPITAL or amount != amount.to_integral_value():
        raise Unreadable(name, "whole đồng are expected")
    return int(amount)
