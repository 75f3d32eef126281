"""Which missing row a case speaks of. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from mappings.errors import MappingError
from mappings.tables.dated import missing_row
from mappings.tables.lists import LISTS

KINDS = ("sync_not_mapped", "not_mapped", "sync_refused")
"""Kinds of cases that may name a missing row; of the last one only those that say so."""
_SENTENCE = re.compile(r"^(?P<table>[a-z0-9_.]{1,60}): no meaning for '(?P<code>[^']{0,120})'")
"""How ``MappingError`` speaks, where a connector refused to send and only its words were kept."""
_SIDE = re.compile(r"'; (?P<side>ours|theirs), on \d{4}-\d{2}-\d{2}")
_LISTS = {
    "applicants": "applicant",
    "land_statuses": "dossier_state",
    "post_statuses": "post_state",
    "national_statuses": "dossier_state",
    "igate_statuses": "dossier_state",
    "fee_kinds": "fee_kind",
    "procedures": "procedure",
}
"""Name of an older table → the list that adds to it."""
_SYSTEMS = {
    "land_statuses": "land",
    "post_statuses": "post",
    "igate_statuses": "igate",
    "national_statuses": "dvcqg",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A missing row and the cases that wait for it.

    Attributes:
        side: ``ours``: ``value`` is our word that cannot be told; ``theirs``: it is their code that cannot be read.
        settable: the desk can add the row; otherwise the table stands in the settings of the system.
        cases: their ids; ``dossiers``: codes as far as the cases name them.
        shared: a case stands for every dossier that needs the row, not only for the one it names.
    """

    system: str
    list: str
    side: str
    value: str
    settable: bool
    since: datetime
    cases: tuple[int, ...]
    dossiers: tuple[str, ...]
    shared: bool

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes two cases the same gap."""
        return self.system, self.list, self.side, self.value


def gap_of(case: Mapping[str, Any]) -> Gap | None:
    """The missing row that a case names, or ``None`` when it is about something else."""
    facts = case["evidence"]
    named = _named(facts)
    if named is None:
        return None
    system, name, side, value = named
    code = case["dossier_code"]
    return Gap(
        system,
        name,
        side,
        value,
        name in LISTS,
        case["opened_at"],
        (case["id"],),
        (code,) if code else (),
        shared=case["kind"] != "sync_refused",
    )


def grouped(cases: Iterable[Mapping[str, Any]]) -> list[Gap]:
    """One gap per missing row, the one that most dossiers wait for first, then the oldest."""
    found: dict[tuple[str, str, str, str], Gap] = {}
    for case in cases:
        gap = gap_of(case)
        if gap is None:
            continue
        other = found.get(gap.key)
        if other is not None:
            gap = Gap(
                *gap.key,
                gap.settable,
                min(gap.since, other.since),
                (*other.cases, *gap.cases),
                tuple(dict.fromkeys((*other.dossiers, *gap.dossiers))),
                shared=gap.shared or other.shared,
            )
        found[gap.key] = gap
    return sorted(found.values(), key=lambda gap: (-len(gap.dossiers), gap.since))


def open_gaps(gaps: Iterable[Gap], rows: Iterable[Mapping[str, Any]], day: date) -> list[Gap]:
    """Gaps that no accepted row in force on ``day`` fills; the others are only being told again."""
    there = [
        row
        for row in rows
        if row["valid_from"] <= day and (row["valid_to"] is None or day <= row["valid_to"])
    ]
    return [gap for gap in gaps if not any(filled_by(gap, row) for row in there)]


def filled_by(gap: Gap, row: Mapping[str, Any]) -> bool:
    """:func:`fills` for a stored row."""
    return fills(
        gap,
        system=row["system"],
        name=row["list"],
        code=row["code"],
        meaning=row["meaning"],
        way=row["way"],
    )


def fills(gap: Gap, *, system: str, name: str, code: str, meaning: str, way: str) -> bool:
    """Whether a row is the one that the gap misses."""
    if (gap.system, gap.list) != (system, name):
        return False
    if gap.side == "ours":
        return way != "in" and gap.value == meaning
    return way != "out" and gap.value == code


def _named(facts: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    system = str(facts.get("system") or "")
    if "list" in facts and "value" in facts:
        row: Mapping[str, str] = {key: str(value) for key, value in facts.items()}
    elif "table" in facts and "code" in facts:
        row = missing_row(MappingError(str(facts["table"]), str(facts["code"])), system)
    else:
        words = _SENTENCE.match(str(facts.get("message") or ""))
        if facts.get("code") != "not-sent" or words is None:
            return None
        row = missing_row(MappingError(words["table"], words["code"]), system)
    table, value = row["list"], row["value"]
    name = _LISTS.get(table, table)
    of = row.get("system") or _SYSTEMS.get(table, "") or system
    part, slash, rest = value.partition("/")
    if slash and table in (
        "land_statuses",
        "post_statuses",
    ):  # 'progress/7': which of their lists, and its code
        of, value = f"{_SYSTEMS[table]}.{part}", rest
    told = _SIDE.search(str(facts.get("why") or facts.get("message") or ""))
    side = (
        (told["side"] if told else "")
        or row.get("side")
        or ("ours" if name in LISTS and value in LISTS[name].meanings else "theirs")
    )
    return of, name, side, value


__all__ = ["KINDS", "Gap", "filled_by", "fills", "gap_of", "grouped", "open_gaps"]
