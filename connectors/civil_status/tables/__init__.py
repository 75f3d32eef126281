"""The civil-status connector's tables: modules, error codes, texts of answers, fields. Data files beside this one, with their sources."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from mappings.errors import MappingError

LINKED = frozenset({"LTKS", "LTKT", "LTKH"})
"""Modules of the linked services; ``BS`` is the copy of an extract; ``KS``, ``KT``, ``KH`` stand in older texts."""
MODULES = LINKED | {"BS", "KS", "KT", "KH"}


class Class(StrEnum):
    """What may be done after an answer with a known text."""

    TERMINAL = "terminal"
    RETRY = "retry"
    PERMANENT = "permanent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class TextMeaning:
    """One row of ``texts.csv``. ``text`` is the row's own, never the answer's: it may be shown."""

    text: str
    cls: Class
    ending: str
    branch: str


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """One row of ``codes.csv``."""

    code: str
    name: str
    branch: str
    name_vi: str


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One row of ``fields.csv``; 0: no such limit."""

    pattern: str
    kind: str
    exactly: int
    most: int
    catalogue: int


@dataclass(frozen=True, slots=True)
class _ModuleRow:
    procedure: str
    module: str
    valid_from: date
    valid_to: date | None


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__name__).joinpath(name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#")))


@cache
def texts() -> tuple[TextMeaning, ...]:
    """``texts.csv`` in its order."""
    return tuple(
        TextMeaning(row["text"], Class(row["class"]), row["ending"], row["branch"])
        for row in _rows("texts.csv")
    )


def text_meaning(text: str) -> TextMeaning | None:
    """The first row whose text stands in ``text``; ``None`` when none does: then the answer decides nothing."""
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return next((row for row in texts() if row.text in plain), None)


@cache
def codes() -> Mapping[str, CodeMeaning]:
    """``codes.csv`` by code."""
    return {
        row["code"]: CodeMeaning(row["code"], row["name"], row["branch"], row["name_vi"])
        for row in _rows("codes.csv")
    }


@cache
def fields() -> tuple[FieldRule, ...]:
    """``fields.csv`` in its order."""
    return tuple(
        FieldRule(
            row["field"],
            row["kind"],
            int(row["exactly"] or 0),
            int(row["most"] or 0),
            int(row["catalogue"] or 0),
        )
        for row in _rows("fields.csv")
    )


def field_rule(name: str) -> FieldRule | None:
    """The rule of a field, or ``None`` for one that the table does not know."""
    return next((rule for rule in fields() if fnmatchcase(name, rule.pattern)), None)


@cache
def _modules() -> tuple[_ModuleRow, ...]:
    return tuple(
        _ModuleRow(
            row["procedure"],
            row["module"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        )
        for row in _rows("modules.csv")
    )


def module_of(procedure: str, on: date, more: Mapping[str, str] | None = None) -> str:
    """The module of a procedure on a day; ``more`` are a province's own rows and win.

    Codes may go on behind the national part (``2.000986.000.00.00.H21``).

    Raises:
        MappingError: no row, or a row with a module that does not exist.
    """
    for begin, module in (more or {}).items():
        if _begins(procedure, begin):
            if module not in MODULES:
                raise MappingError("civil_status.modules", module, "no such module")
            return module
    for row in _modules():
        ended = row.valid_to is not None and on > row.valid_to
        if _begins(procedure, row.procedure) and row.valid_from <= on and not ended:
            return row.module
    raise MappingError("civil_status.modules", procedure, "add it to the setting civil_status.modules")


def _begins(procedure: str, begin: str) -> bool:
    return procedure == begin or procedure.startswith(begin + ".")
