"""What an element holds, told apart from the library that read it out of a contract."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a value is, on the wire."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DOUBLE = "double"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    OCTETS = "octets"
    RAW = "raw"  # anything: handed over as an element, read by nobody


class Place(StrEnum):
    """Where a value stands."""

    CHILD = "child"
    ATTRIBUTE = "attribute"
    OWN = "own"  # the element's own text (simple content)


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an element.

    Attributes:
        name: as the field of a model, and as the key of what is sent.
        tag: lxml's name of the child or attribute; empty for the own text.
        most: ``None``: no end.
        nillable: may be there and say that it is nothing (``xsi:nil``).
    """

    name: str
    tag: str
    kind: Kind | Shape
    least: int = 1
    most: int | None = 1
    nillable: bool = False
    place: Place = Place.CHILD

    @property
    def local(self) -> str:
        """The name without its namespace: what errors show."""
        return self.tag.rpartition("}")[2] or self.name


@dataclass(slots=True, eq=False)
class Shape:
    """A kind of element with its parts. Types may hold themselves, so parts are filled in later."""

    name: str
    parts: list[Part] = field(default_factory=list)


_PYTHON: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.WHOLE: (int,),
    Kind.DECIMAL: (int, Decimal),
    Kind.DOUBLE: (int, Decimal),
    Kind.FLAG: (bool,),
    Kind.DAY: (date,),
    Kind.MOMENT: (datetime,),
    Kind.OCTETS: (bytes,),
}


class NotSendable(ValueError):
    """A value that must not leave: of another type than the contract says, or with no meaning on the wire."""


def field_name(local: str) -> str:
    """A name from XML as a field of a dataclass."""
    plain = re.sub(r"\W", "_", local).lstrip("_") or "value"
    if plain[0].isdigit():
        plain = f"n{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def check(shape: Shape, values: Mapping[str, Any], where: str = "") -> None:
    """Refuse what a library would bend: a text for a flag, a float for money, a moment without a zone.

    Raises:
        NotSendable: names the field.
    """
    known = {part.name: part for part in shape.parts}
    for name, value in values.items():
        at = f"{where}.{name}" if where else name
        part = known.get(name)
        if part is None:
            raise NotSendable(f"{at}: the contract has no such field")
        if part.most == 1:
            _check_one(part, value, at)
        elif isinstance(value, list | tuple):
            for item in value:
                _check_one(part, item, at)
        elif value is not None:
            raise NotSendable(f"{at}: a list is expected")


def _check_one(part: Part, value: Any, at: str) -> None:
    if value is None:
        if part.least and not part.nillable:
            raise NotSendable(f"{at}: must be there")
        return
    if isinstance(part.kind, Shape):
        if not isinstance(value, Mapping):
            raise NotSendable(f"{at}: fields are expected")
        check(part.kind, value, at)
        return
    if part.kind is Kind.RAW:
        return
    allowed = _PYTHON[part.kind]
    if not isinstance(value, allowed) or (isinstance(value, bool) and part.kind is not Kind.FLAG):
        raise NotSendable(f"{at}: {type(value).__name__} is no {part.kind}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise NotSendable(f"{at}: is no number")
    if isinstance(value, datetime) and (part.kind is Kind.DAY or value.utcoffset() is None):
        raise NotSendable(f"{at}: a moment needs its zone, a day is no moment")
    if isinstance(value, str) and not _writable(value):
        raise NotSendable(f"{at}: holds characters that XML cannot carry")


_UNWRITABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _writable(value: str) -> bool:
    return _UNWRITABLE.search(value) is None
