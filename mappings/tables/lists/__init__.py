"""Every list between our words and other systems' codes, under one name each; ``lienthong mappings`` and the desk work on it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import Channel, CopyKind, Reuse
from mappings.canonical.judicial import PaperKind
from mappings.canonical.party import PartyKind, Sex
from mappings.canonical.post import PostState
from mappings.codes import forms
from mappings.errors import MappingError
from mappings.tables import existing
from mappings.tables.dated import Overlay, Row, Table, Unmapped, Way, installed


@dataclass(frozen=True, slots=True)
class ListInfo:
    """What a list speaks of.

    Attributes:
        meanings: our words; empty: any text that ``fits``.
        fits: whether a meaning may stand in the list.
        total: every one of our words must be told or left out with a reason; otherwise the list only grows by need.
        shipped: rows of tables that stand elsewhere.
    """

    name: str
    meanings: tuple[str, ...] = ()
    fits: Callable[[str], bool] = bool
    total: bool = True
    shipped: Callable[[], Iterable[Row]] = tuple

    def takes(self, meaning: str) -> bool:
        """Whether ``meaning`` is one of our words here."""
        return meaning in self.meanings if self.meanings else self.fits(meaning)


def _words(kind: type[StrEnum]) -> tuple[str, ...]:
    return tuple(each.value for each in kind)


def _procedure(code: str) -> bool:
    return forms.fits(forms.PROCEDURE, code)


_RESULTS = ("birth_certificate", "death_certificate", "information", "supplement_paper", "result")
LISTS: Mapping[str, ListInfo] = {
    info.name: info
    for info in (
        ListInfo("dossier_state", _words(DossierState), shipped=existing.dossier_states),
        ListInfo("applicant", _words(PartyKind), shipped=existing.applicant_kinds),
        ListInfo("post_state", _words(PostState), shipped=existing.post_states),
        ListInfo("channel", _words(Channel)),
        ListInfo("return_channel", _words(Channel)),
        ListInfo("fee_kind", _words(FeeKind)),
        ListInfo("fee_moment", ("receipt", "supplement", "return")),
        ListInfo("sex", _words(Sex)),
        ListInfo("copy_kind", _words(CopyKind)),
        ListInfo("reuse", _words(Reuse)),
        ListInfo("identity_paper", _words(PaperKind)),
        ListInfo("result_paper", _RESULTS, total=False),
        ListInfo("civil_module", fits=_procedure, total=False),
        ListInfo("procedure", fits=_procedure, total=False),
        ListInfo("unit", fits=lambda text: text.isdigit() and len(text) in (2, 3, 5), total=False),
    )
}
"""Name → list. ``procedure``: local code → national code; ``unit``: a system's own number of a place → the statistics office's."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A gap: nobody wrote a row, and nobody wrote why there is none.

    Attributes:
        side: ``ours``: a meaning that cannot be told; ``theirs``: a code that cannot be read.
    """

    system: str
    list: str
    side: str
    value: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    missing: tuple[Missing, ...]
    unmapped: tuple[Unmapped, ...]
    assumed: tuple[Row, ...]
    rows: int


@cache
def table(name: str) -> Table:
    """The list of that name, read at its first use.

    Raises:
        MappingError: there is no such list.
    """
    info = info_of(name)
    return Table(name, (*_read(f"{name}.csv", name), *info.shipped()), unmapped())


def info_of(name: str) -> ListInfo:
    """What the list of that name speaks of.

    Raises:
        MappingError: there is no such list.
    """
    try:
        return LISTS[name]
    except KeyError:
        raise MappingError("lists", name) from None


def meaning(system: str, name: str, code: object, on: date, overlay: Overlay | None = None) -> str:
    """What ``code`` of ``system`` means in the list ``name`` on that day.

    Args:
        overlay: rows that people added; those of this process where ``None``.

    Raises:
        NotMapped: nothing; it becomes work for a person.
    """
    return table(name).meaning(system, code, on, overlay or installed())


def code(system: str, name: str, meaning: str, on: date, overlay: Overlay | None = None) -> str:
    """The code of ``system`` for our ``meaning`` on that day.

    Raises:
        NotMapped: none; it becomes work for a person.
    """
    return table(name).code(system, meaning, on, overlay or installed())


@cache
def unmapped() -> tuple[Unmapped, ...]:
    """Everything that is left without a counterpart on purpose."""
    return tuple(
        Unmapped(row["system"], row["list"], row["side"], row["value"], row["reason_vi"], row["reason_en"])
        for row in _rows("not_mapped.csv")
    )


def check(on: date, *, systems: Iterable[str] = (), overlay: Overlay | None = None) -> Report:
    """Gaps, deliberate omissions and unconfirmed rows of a day, for all systems or the named ones."""
    only = set(systems)
    missing: list[Missing] = []
    left: list[Unmapped] = []
    assumed: list[Row] = []
    count = 0
    for name, info in LISTS.items():
        one = table(name)
        for system in one.systems():
            if only and system.partition(".")[0] not in only and system not in only:
                continue
            rows = one.rows(system, on, overlay or installed())
            count += len(rows)
            assumed += [row for row in rows if row.assumed]
            left += one.unmapped(system)
            if not info.total or not rows:  # a list without rows on a day was not in force yet
                continue
            told = {row.meaning for row in rows if row.way is not Way.READ}
            missing += [
                Missing(system, name, "ours", word)
                for word in info.meanings
                if word not in told and not one.reason(system, "ours", word)
            ]
    return Report(tuple(missing), tuple(left), tuple(assumed), count)


def _read(file: str, name: str) -> Iterator[Row]:
    for row in _rows(file):
        yield Row(
            row["system"],
            name,
            row["code"],
            row["meaning"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            row["source"],
            row["confidence"],
            Way(row["way"]),
        )


def _rows(file: str) -> Iterator[dict[str, str]]:
    found = resources.files(__name__).joinpath(file)
    if not found.is_file():
        return
    text = found.read_text("utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))


__all__ = [
    "LISTS",
    "ListInfo",
    "Missing",
    "Report",
    "check",
    "code",
    "info_of",
    "meaning",
    "table",
    "unmapped",
]
