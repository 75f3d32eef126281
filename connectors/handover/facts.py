"""The canonical facts that a profile may name, and a check that a path in a profile leads to one of them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, FileRef, Paper, ResultPaper, Supplement
from mappings.canonical.party import Birth, PersonName


class Verb(StrEnum):
    """What all specialised software met so far has in common, and looking something up."""

    HAND_OVER = "hand_over"
    STATE = "state"
    SUPPLEMENT = "supplement"
    FINISH = "finish"
    ACKNOWLEDGE = "acknowledge"
    LOOK_UP = "look_up"


@dataclass(frozen=True, slots=True)
class About:
    """Which dossier a short message is about. ``their_reference``: what they gave at the hand-over."""

    dossier_code: str
    their_reference: str = ""
    at: datetime | None = None
    officer: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer or a callback says; ``facts`` takes whatever else a profile reads, under names of its own."""

    dossier_code: str = ""
    their_reference: str = ""
    state: DossierState = DossierState.PENDING
    at: datetime | None = None
    due_at: datetime | None = None
    officer: str = ""
    note: str = ""
    papers: tuple[Paper, ...] = ()
    results: tuple[ResultPaper, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _HandOver:
    dossier: DossierFile
    about: About


@dataclass(frozen=True, slots=True)
class _Supplement:
    about: About
    supplement: Supplement


@dataclass(frozen=True, slots=True)
class _Short:
    about: About


@dataclass(frozen=True, slots=True)
class _LookUp:
    query: dict[str, Any]


SENT: dict[Verb, type] = {
    Verb.HAND_OVER: _HandOver,
    Verb.SUPPLEMENT: _Supplement,
    Verb.STATE: _Short,
    Verb.FINISH: _Short,
    Verb.ACKNOWLEDGE: _Short,
    Verb.LOOK_UP: _LookUp,
}
"""Verb → the roots that its fields may begin with."""

CONTENT = "content"
"""Beside the fields of a file: its bytes as base64, for software that wants files inside the message."""


class Leaf(StrEnum):
    """What stands at the end of a path."""

    TEXT = "text"
    WHOLE = "whole"
    FLAG = "flag"
    DATE = "date"
    TIME = "time"
    CODE = "code"  # one of our own words: needs a table
    NAME = "name"
    BIRTH = "birth"
    CONTENT = "content"
    LIST = "list"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a path. ``of``: the items of a list, or the enum of a code."""

    leaf: Leaf
    of: Any = None


def place(root: type, path: str) -> Place:
    """What ``path`` leads to, from ``root`` on. ``0`` takes the first of a list.

    Raises:
        KeyError: there is nothing of that name; the argument is the part that is wrong.
    """
    kind: Any = root
    for part in path.split("."):
        kind = _step(_bare(kind), part)
        if kind is Any:
            return Place(Leaf.FREE)
        if kind is CONTENT:
            return Place(Leaf.CONTENT)
    return _leaf(_bare(kind))


def _step(kind: Any, part: str) -> Any:
    if kind is FileRef and part == CONTENT:
        return CONTENT
    if get_origin(kind) is dict:
        if not part.isidentifier():
            raise KeyError(part)
        return Any
    if get_origin(kind) is tuple and part == "0":
        return get_args(kind)[0]
    if isinstance(kind, type) and is_dataclass(kind) and part in {each.name for each in fields(kind)}:
        return _hints(kind)[part]
    raise KeyError(part)


def _leaf(kind: Any) -> Place:
    if get_origin(kind) is tuple:
        return Place(Leaf.LIST, get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Place(Leaf.CODE, kind)
    known = {
        str: Leaf.TEXT,
        int: Leaf.WHOLE,
        bool: Leaf.FLAG,
        datetime: Leaf.TIME,
        date: Leaf.DATE,
        PersonName: Leaf.NAME,
        Birth: Leaf.BIRTH,
    }
    if kind not in known:
        raise KeyError(getattr(kind, "__name__", str(kind)))
    return Place(known[kind])


def _bare(kind: Any) -> Any:
    if isinstance(kind, UnionType):
        return next(each for each in get_args(kind) if each is not NoneType)
    return kind


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
