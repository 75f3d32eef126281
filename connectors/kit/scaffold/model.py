"""A service as the generator sees it, whatever its contract was written in."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from connectors.kit import personal

_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")
_READS = (
    "get",
    "find",
    "list",
    "query",
    "search",
    "check",
    "look",
    "read",
    "tra",
    "lay",
    "tim",
    "xem",
    "danh",
    "kiem",
)
PERSON = "Nguyễn Thị Thử"
_LONGEST_TITLE = 80


class ScaffoldRefused(Exception):
    """It cannot be made as asked; nothing was written.

    Attributes:
        message_vi, message_en: what to do about it.
    """

    def __init__(self, message_vi: str, message_en: str) -> None:
        self.message_vi, self.message_en = message_vi, message_en
        super().__init__(message_en)


class Style(StrEnum):
    """What the service speaks."""

    REST = "rest"
    SOAP = "soap"


class Kind(StrEnum):
    """What a value is."""

    TEXT = "text"
    WHOLE = "whole"
    DECIMAL = "decimal"
    FLAG = "flag"
    DAY = "day"
    MOMENT = "moment"
    OCTETS = "octets"

    @property
    def python(self) -> str:
        """Its type."""
        return _PYTHON[self]


_PYTHON = {
    Kind.TEXT: "str",
    Kind.WHOLE: "int",
    Kind.DECIMAL: "Decimal",
    Kind.FLAG: "bool",
    Kind.DAY: "date",
    Kind.MOMENT: "datetime",
    Kind.OCTETS: "bytes",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One field of a message.

    Attributes:
        wire: their name; ``name`` is ours.
        kind: a :class:`Kind`, or the message that it holds.
        place: ``body``, ``path`` or ``query``.
        namespace: of the element (SOAP).
        example: a value as it stands in JSON.
    """

    wire: str
    kind: Kind | Model
    needed: bool = True
    many: bool = False
    personal: bool = False
    place: str = "body"
    namespace: str = ""
    example: Any = None

    @property
    def name(self) -> str:
        """As our facts call it."""
        return snake(self.wire)


@dataclass(frozen=True, slots=True)
class Model:
    """A message or a part of one. ``name`` is a class's."""

    name: str
    values: tuple[Value, ...] = ()

    def inside(self) -> Iterator[Model]:
        """The messages that it holds, inner ones first, itself last."""
        for value in self.values:
            if isinstance(value.kind, Model):
                yield from value.kind.inside()
        yield self


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that they can do for us.

    Attributes:
        wire: their name of it.
        method, path: of REST.
        look_up: the read that finds the outcome of this write; empty: nobody knows one.
        answer_tag: lxml name of the element that answers (SOAP).
        action: SOAPAction.
    """

    wire: str
    request: Model
    answer: Model
    reads: bool
    method: str = "POST"
    path: str = ""
    look_up: str = ""
    answer_tag: str = ""
    action: str = ""

    @property
    def name(self) -> str:
        """As screens and settings call it."""
        return snake(self.wire)


@dataclass(frozen=True, slots=True)
class Service:
    """A system to be connected.

    Attributes:
        base: path that stands before those of the operations.
        contract: file name and content of what was read.
        version: of SOAP.
    """

    name: str
    title: str
    style: Style
    actions: tuple[Action, ...]
    base: str = ""
    contract: tuple[str, bytes] = ("", b"")
    version: str = "1.1"
    namespace: str = ""
    assumed: tuple[tuple[str, str], ...] = field(default=())

    def action(self, name: str) -> Action:
        """The action with this name of ours."""
        return next(each for each in self.actions if each.name == name)

    def kept_as(self, action: Action) -> str:
        """The look-up by whose keys what this action does or finds is known; empty where nothing looks it up."""
        if action.look_up:
            return action.look_up
        return action.name if any(each.look_up == action.name for each in self.actions) else ""

    def keys(self, action: Action) -> tuple[str, ...]:
        """Our names of the fields by which a thing is found."""
        read = self.kept_as(action)
        return tuple(value.name for value in self.action(read).request.values if value.needed) if read else ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the developer knows and no contract says.

    Attributes:
        look_ups: write → the read that finds its outcome.
        reads, writes: operations that are the one or the other although their name or method says otherwise.
        personal: fields of a person beside those whose name says so.
        only: the operations that are wanted; empty: all.
    """

    look_ups: tuple[tuple[str, str], ...] = ()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    title: str = ""

    def is_read(self, wire: str, *, otherwise: bool) -> bool:
        """Whether an operation changes nothing there."""
        names = {wire, snake(wire)}
        if names & self.writes:
            return False
        return bool(names & self.reads) or otherwise

    def is_personal(self, wire: str) -> bool:
        """Whether a field holds something of a person."""
        return wire in self.personal or snake(wire) in self.personal or personal.named(wire)

    def wants(self, wire: str) -> bool:
        """Whether an operation is to be made."""
        return not self.only or bool({wire, snake(wire)} & self.only)


def looks_like_a_read(wire: str) -> bool:
    """By the first word of its name: all that a WSDL lets one guess."""
    return snake(wire).split("_")[0] in _READS


def harmless(text: str) -> str:
    """A text out of a contract that may stand in a docstring or a table: it is somebody else's, and never code."""
    kept = "".join(
        character if character.isprintable() and character not in '"\\`|$<>' else " " for character in text
    )
    return " ".join(kept.split())[:_LONGEST_TITLE]


def snake(wire: str) -> str:
    """``boatName`` → ``boat_name``; never a word of Python's."""
    plain = unicodedata.normalize("NFD", wire.replace("đ", "d").replace("Đ", "D"))
    words = [
        part.lower()
        for part in _BREAK.split("".join(c for c in plain if not unicodedata.combining(c)))
        if part
    ]
    found = "_".join(words) or "value"
    if found[0].isdigit():
        found = f"n_{found}"
    return f"{found}_" if keyword.iskeyword(found) else found


def camel(name: str) -> str:
    """``boat_name`` → ``BoatName``."""
    return "".join(part[:1].upper() + part[1:] for part in snake(name).rstrip("_").split("_"))


def example_of(wire: str, kind: Kind, *, tagged: bool) -> Any:
    """A made-up value; what is tagged as personal gets the planted person."""
    match kind:
        case Kind.WHOLE:
            return 12
        case Kind.FLAG:
            return True
        case Kind.DECIMAL:
            return "12.50"
        case Kind.DAY:
            return "2026-11-23"
        case Kind.MOMENT:
            return "2026-11-23T08:00:00+07:00"
        case Kind.OCTETS:
            return "dGjhu60="
    words = snake(wire).split("_")
    if not tagged:
        return f"{camel(wire)}-1"
    if {"phone", "tel", "telephone", "mobile", "sdt", "thoai"} & set(words):
        return "0912000001"
    if {"mail", "email"} & set(words):
        return "thu@tinh.example"
    if {"number", "identity", "cccd", "cmnd", "card", "so", "mst", "code", "account", "id"} & set(words):
        return "001199000001"
    return PERSON if {"name", "ten", "owner", "holder"} & set(words) else f"{PERSON}, thôn Mẫu"


def with_look_ups(service_actions: tuple[Action, ...], wishes: Wishes) -> tuple[Action, ...]:
    """The actions with their look-ups.

    Raises:
        ScaffoldRefused: no such operation, or a look-up that asks for what the write does not say.
    """
    from dataclasses import replace

    known = {each.name: each for each in service_actions}
    wanted = {snake(write): snake(read) for write, read in wishes.look_ups}
    for name in {*wanted, *wanted.values()} - set(known):
        raise ScaffoldRefused(
            f"Hợp đồng không có thao tác {name}; có: {', '.join(sorted(known))}.",
            f"The contract has no operation {name}; it has {', '.join(sorted(known))}.",
        )
    for write, read in wanted.items():
        asks, says = known[read].request.values, {each.name for each in known[write].request.values}
        missing = sorted(each.name for each in asks if each.needed and each.name not in says)
        if known[write].reads or not known[read].reads or missing:
            raise ScaffoldRefused(
                f"{read} không tra được kết quả của {write}: thiếu {', '.join(missing) or 'loại thao tác đúng'}.",
                f"{read} cannot find the outcome of {write}: {', '.join(missing) or 'the kind of operation'} is missing.",
            )
    return tuple(replace(each, look_up=wanted.get(each.name, "")) for each in service_actions)
