"""Single values by agreed kinds: out of what others send, and out of the facts that the engine hands over. Nothing is guessed.

A reader takes a value and its name; :func:`given`, :func:`maybe` and :func:`several` say how often it stands there.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from connectors.kit.reading import MOST_MONEY, Unreadable, a_flag, a_list, a_text, a_whole

T = TypeVar("T")
Read = Callable[[Any, str], T]
_MOST_ITEMS = 10_000
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?")


def given(values: Mapping[str, Any], name: str, read: Read[T]) -> T:
    """A value that must be there.

    Raises:
        Unreadable
    """
    if values.get(name) is None:
        raise Unreadable(name, "is missing")
    return read(values[name], name)


def maybe(values: Mapping[str, Any], name: str, read: Read[T]) -> T | None:
    """A value that may be missing or ``null``.

    Raises:
        Unreadable: it is there and cannot be read.
    """
    value = values.get(name)
    return None if value is None else read(value, name)


def several(values: Mapping[str, Any], name: str, read: Read[T]) -> tuple[T, ...]:
    """A list; one that is missing or ``null`` is empty.

    Raises:
        Unreadable: no list, too long, or an item that cannot be read.
    """
    found = values.get(name)
    if found is None:
        return ()
    items = a_list(found, name)
    if len(items) > _MOST_ITEMS:
        raise Unreadable(name, f"{len(items)} items are too many")
    return tuple(read(item, name) for item in items)


def text(value: Any, field: str) -> str:
    """A text. Raises :class:`Unreadable`."""
    return a_text({field: value}, field)


def whole(value: Any, field: str) -> int:
    """A whole number; ``20000.0`` is one. Raises :class:`Unreadable`."""
    return a_whole(value, field, least=-MOST_MONEY)


def flag(value: Any, field: str) -> bool:
    """Yes or no. Raises :class:`Unreadable`."""
    return a_flag(value, field)


def day(value: Any, field: str) -> date:
    """A day as ``2026-11-23``. Raises :class:`Unreadable`."""
    found = text(value, field)
    try:
        made = date.fromisoformat(found)
    except ValueError:
        raise Unreadable(field, "a day as yyyy-MM-dd is expected") from None
    if made.isoformat() != found:
        raise Unreadable(field, "a day as yyyy-MM-dd is expected")
    return made


def moment(value: Any, field: str) -> datetime:
    """A moment with its zone, ISO 8601. Raises :class:`Unreadable`."""
    try:
        made = datetime.fromisoformat(text(value, field))
    except ValueError:
        raise Unreadable(field, "a moment as ISO 8601 is expected") from None
    if made.utcoffset() is None:
        raise Unreadable(field, "a moment needs its zone")
    return made


def decimal(value: Any, field: str) -> Decimal:
    """A decimal number written as text, or a whole one. Raises :class:`Unreadable`."""
    written = str(value) if type(value) is int else value
    if not isinstance(written, str) or not _DECIMAL.fullmatch(written):
        raise Unreadable(field, "a decimal number is expected")
    return Decimal(written)


def octets(value: Any, field: str) -> bytes:
    """Base64. Raises :class:`Unreadable`."""
    try:
        return base64.b64decode(text(value, field), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(field, "base64 is expected") from None


def plain(value: Any) -> Any:
    """A value as the engine keeps it: JSON only, nothing lost; a dataclass becomes an object."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def segment(value: Any, field: str) -> str:
    """A text that becomes one part of a path. Raises :class:`Unreadable` also where it would lead elsewhere."""
    found = text(value, field)
    if not found.strip() or found in (".", "..") or not found.isprintable():
        raise Unreadable(field, "is empty or no part of a path")
    return found


def same(found: object, sent: object, field: str) -> None:
    """An answer that names another thing than was asked for is nobody's. Raises :class:`Unreadable`."""
    if found is not None and found != sent:
        raise Unreadable(field, "is another than was asked")
