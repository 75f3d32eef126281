"""Reading what others send, by our own rules: numbers, dates and flags are themselves or an error that names the field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from connectors.errors import ContractBroken

MOST_BYTES = 20_000_000
MOST_DEPTH = 32
VIETNAM = timezone(timedelta(hours=7))
MOST_MONEY = 999_999_999_999
"""Largest amount in whole đồng that any system here may name."""

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


class Unreadable(ValueError):
    """A value that is not what was agreed.

    Attributes:
        field: where it stood, in the other side's own name.
    """

    def __init__(self, field: str, why: str) -> None:
        self.field = field
        super().__init__(f"{field}: {why}")


@contextmanager
def agreed(system: str, operation: str, reference: str = "") -> Iterator[None]:
    """What cannot be read inside the block means: answered, but not in the agreed shape.

    Raises:
        ContractBroken: with the field's name.
    """
    try:
        yield
    except Unreadable as exc:
        raise ContractBroken(str(exc), system=system, operation=operation, reference=reference) from exc


def read_json(content: bytes, *, system: str, operation: str, reference: str = "") -> Any:
    """The JSON value of a whole answer; numbers with a fraction are ``Decimal``.

    Raises:
        ContractBroken: not UTF-8, not JSON, doubled names, NaN, too deep, too long, or with characters that no store takes.
    """
    with agreed(system, operation, reference):
        return json_value(content)


def json_value(content: bytes, *, most_bytes: int = MOST_BYTES, most_depth: int = MOST_DEPTH) -> Any:
    """As :func:`read_json`, for what comes in.

    Raises:
        Unreadable
    """
    if len(content) > most_bytes:
        raise Unreadable("body", f"{len(content)} bytes are too many")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Unreadable("body", f"not UTF-8 at byte {exc.start}") from exc
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=Decimal)
        names = _check(value, most_depth, escapes="\\u" in text)
        if not _certainly_once(text, names):
            json.loads(text, object_pairs_hook=_once_each)
    except Unreadable:
        raise
    except RecursionError as exc:
        raise Unreadable("body", "nested too deeply") from exc
    except ValueError as exc:
        raise Unreadable("body", f"not JSON: {getattr(exc, 'msg', 'a number is too long')}") from exc
    return value


def _certainly_once(text: str, names: int) -> bool:
    """Whether no name of an object stands there twice, told by counting; ``False``: it has to be looked at.

    Each name is followed by a colon. Where no quote is followed by white space there are at least as many quotes with a
    colon behind them as names were written; the tree holds fewer when one of them was written twice.
    """
    return not any(f'"{space}' in text for space in " \t\n\r") and text.count('":') == names


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise Unreadable(next(n for n in names if names.count(n) > 1), "stands there twice")
    return found


def _no_constant(name: str) -> Any:
    raise Unreadable("body", f"{name} is not a number")


def _check(value: Any, most_depth: int, *, escapes: bool) -> int:
    """Depth; and, where escapes were used, characters that cannot be stored (NUL and halves of pairs).

    Returns:
        How many names all objects have together.
    """
    names = 0
    level: list[Any] = [[value]]
    for _ in range(most_depth + 1):
        inside: list[Any] = []
        for each in level:
            if type(each) is list:
                inside += each
                continue
            names += len(each)
            inside += each.values()
            if escapes:
                inside += each
        if escapes and not all(_storable(item) for item in inside if type(item) is str):
            raise Unreadable("body", "holds NUL or half a character")
        level = [item for item in inside if type(item) is dict or type(item) is list]
        if not level:
            return names
    raise Unreadable("body", "nested too deeply")


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def an_object(value: Any, field: str = "body") -> dict[str, Any]:
    """A JSON object.

    Raises:
        Unreadable
    """
    if not isinstance(value, dict):
        raise Unreadable(field, "an object is expected")
    return value


def a_list(value: Any, field: str) -> list[Any]:
    """A JSON list.

    Raises:
        Unreadable
    """
    if not isinstance(value, list):
        raise Unreadable(field, "a list is expected")
    return value


def a_text(values: Mapping[str, Any], field: str, *, most: int = 4_000, empty: bool = True) -> str:
    """A text that is there; ``null`` counts as empty where empty is allowed.

    Raises:
        Unreadable: missing, not a text, too long, or empty.
    """
    if field not in values:
        raise Unreadable(field, "is missing")
    value = values[field]
    if value is None and empty:
        return ""
    if not isinstance(value, str):
        raise Unreadable(field, f"a text is expected, not {type(value).__name__}")
    if len(value) > most:
        raise Unreadable(field, "is too long")
    if not value and not empty:
        raise Unreadable(field, "is empty")
    if not _storable(value):
        raise Unreadable(field, "holds NUL or half a character")
    return value


def a_whole(value: Any, field: str, *, least: int = 0, most: int = MOST_MONEY) -> int:
    """A whole number: a JSON number without a fraction, or digits as text. ``True``, ``1_000`` and ``1e3`` are none.

    Raises:
        Unreadable
    """
    if type(value) is int:
        found = value
    elif isinstance(value, str) and value.isascii() and _WHOLE.fullmatch(value):
        found = int(value)
    elif isinstance(value, Decimal) and value.is_finite() and value.adjusted() < 19 and value == int(value):
        found = int(value)  # 20000.0: some systems write whole đồng like that
    else:
        raise Unreadable(field, "a whole number is expected")
    if not least <= found <= most:
        raise Unreadable(field, f"is outside {least} to {most}")
    return found


_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def a_flag(value: Any, field: str) -> bool:
    """Yes or no; ``TRUE`` is yes and an empty text is neither.

    Raises:
        Unreadable
    """
    if isinstance(value, bool):
        return value
    text = str(value) if type(value) is int else value
    found = _FLAGS.get(text.lower()) if isinstance(text, str) else None
    if found is None:
        raise Unreadable(field, "yes or no is expected")
    return found


def fourteen_digits(text: str, field: str) -> datetime:
    """``yyyyMMddHHmmss`` of Việt Nam as a moment in UTC. No library guesses here: 31/02 is an error.

    Raises:
        Unreadable
    """
    if len(text) != 14 or not (text.isascii() and text.isdigit()):
        raise Unreadable(field, "14 digits yyyyMMddHHmmss are expected")
    parts = (text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:])
    try:
        year, month, day, hour, minute, second = map(int, parts)
        return datetime(year, month, day, hour, minute, second, tzinfo=VIETNAM).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unreadable(field, "there is no such moment") from None


def a_day(text: str, field: str, form: str) -> date:
    """A day written exactly as ``form`` (``%d/%m/%Y`` …).

    Raises:
        Unreadable
    """
    try:
        found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except (ValueError, TypeError):
        raise Unreadable(field, f"a day as {form} is expected") from None  # its words would quote a birthday
    if found.strftime(form) != text:
        raise Unreadable(field, f"a day as {form} is expected")
    return found
