"""What statement tables and settlement files share: finding the header, numbers, dates, the total row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from connectors.statements.amounts import LARGEST_MINOR
from connectors.statements.cells import EMPTY, Cell, Row
from connectors.statements.profile import Profile, fold
from connectors.statements.troubles import trouble
from mappings.canonical.statement import Trouble
from mappings.codes.currencies import exponents

Report = Callable[[Trouble], None]
HANOI = timezone(timedelta(hours=7))  # no summer time since 1975; files carry local time without a zone
_UNIT = re.compile(r"\s*(?:đ|₫|vnđ|vnd|đồng|[A-Z]{3})\s*$", re.IGNORECASE)
_NUMBER_WORDS = frozenset({"nan", "inf", "infinity", "-inf", "+inf"})


@dataclass(frozen=True, slots=True)
class Header:
    """Where the table begins and in which place each logical field stands."""

    row: int
    width: int
    places: dict[str, int]

    def cell(self, row: Row, name: str) -> Cell:
        """The cell of field ``name``, empty where the file has no such column."""
        place = self.places.get(name)
        return row.cells[place] if place is not None and place < len(row.cells) else EMPTY


def find_header(rows: list[Row], profile: Profile, report: Report) -> Header | None:
    """The first row that carries all columns that must be there; title rows stand above it."""
    wanted = {name: [fold(label) for label in labels] for name, labels in profile.columns.items()}
    must = _must(profile)
    best: tuple[int, Row, dict[str, int]] | None = None
    for row in rows[: profile.header_rows_searched]:
        labels = [fold(cell.text) for cell in row.cells]
        places = {
            name: labels.index(label)
            for name, names in wanted.items()
            for label in reversed(names)
            if label in labels
        }
        if must <= set(places):
            repeated = [labels[place] for place in places.values() if labels.count(labels[place]) > 1]
            for label in sorted(set(repeated)):
                report(trouble("repeated-column", str(row.number), raw=label))
            return Header(row.number, len(row.cells), places)
        if places and (best is None or len(places) > best[0]):
            best = (len(places), row, places)
    if best is None or best[0] < 2:
        report(trouble("no-entries-table", raw=", ".join(sorted(profile.columns[name][0] for name in must))))
    else:
        for name in sorted(must - set(best[2])):
            report(trouble("missing-column", str(best[1].number), name, profile.columns[name][0]))
    return None


def _must(profile: Profile) -> set[str]:
    must = set(profile.required)
    if profile.kind == "settlement":
        return (must | {"reference", "provider_reference", "gross"}) - set(profile.optional)
    return (
        must
        | {"date"}
        | {"columns": {"debit", "credit"}, "signed": {"amount"}, "mark": {"amount", "sign"}}[profile.sign]
    )


def is_labelled(row: Row, labels: Iterable[str]) -> bool:
    """Whether the first filled cell of ``row`` begins with one of ``labels`` (folded)."""
    first = next((fold(cell.text) for cell in row.cells if cell.text), "")
    return any(first.startswith(label) for label in map(fold, labels))


def number(cell: Cell, profile: Profile, currency: str) -> tuple[int | None, str | None]:
    """Signed minor units, or ``None`` and the trouble code. Never rounded, never guessed.

    A thousands mark is believed only where it stands between groups of three digits.
    """
    places = exponents().get(currency)
    if places is None:
        return None, "unknown-currency"
    text = _UNIT.sub("", cell.text).replace(" ", "").replace("\u202f", "").replace("\u2212", "-")
    if fold(text) in _NUMBER_WORDS:
        return None, "unreadable-amount"
    bracketed = text.startswith("(") and text.endswith(")")
    if bracketed:
        text = text[1:-1]
    negative = bracketed or text.startswith("-")
    text = text.lstrip("-").removeprefix("+")
    decimal, thousands = (".", "") if cell.kind == "number" else (profile.decimal, profile.thousands)
    whole, point, fraction = text.partition(decimal) if decimal else (text, "", "")
    if thousands and thousands in whole:
        groups = whole.split(thousands)
        if not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):
            return None, "unreadable-amount"
        whole = "".join(groups)
    if not (whole.isascii() and whole.isdigit()) or (
        point and not (fraction.isascii() and fraction.isdigit())
    ):
        odd = re.fullmatch(r"[0-9]+[.,][0-9]{1,2}", text) is not None
        return None, "fraction" if odd and places == 0 else "unreadable-amount"
    fraction = fraction.rstrip("0")
    if len(fraction) > places:
        return None, "fraction" if places == 0 else "too-many-decimals"
    minor = int(whole + fraction.ljust(places, "0"))
    if minor % profile.factor:
        return None, "fraction"
    minor //= profile.factor
    if minor > LARGEST_MINOR:
        return None, "amount-too-large"
    return (-minor if negative else minor), None


class Days:
    """Reads the dates of one file: whichever pattern the file uses, it uses one throughout."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._left = list(patterns)
        self._all = patterns

    def read(self, cell: Cell) -> tuple[datetime | None, str | None]:
        """The local moment (midnight for a day), or ``None`` and the trouble code."""
        if cell.kind == "day":
            return datetime.fromisoformat(cell.text), None
        fitting = [pattern for pattern in self._left if _parsed(cell.text, pattern) is not None]
        if fitting:
            self._left = fitting
            return _parsed(cell.text, fitting[0]), None
        if any(_parsed(cell.text, pattern) is not None for pattern in self._all):
            return None, "two-date-formats"
        if any(_shape(pattern).fullmatch(cell.text) for pattern in self._all):
            return None, "impossible-date"
        return None, "unreadable-date"


@lru_cache(maxsize=20_000)
def _parsed(text: str, pattern: str) -> datetime | None:
    if not text.isascii() or not _shape(pattern).fullmatch(text):
        return None
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - local time by agreement, the zone is set by the caller
    except ValueError:
        return None


@lru_cache(maxsize=100)
def _shape(pattern: str) -> re.Pattern[str]:
    wide = {"%d": "[0-9]{1,2}", "%m": "[0-9]{1,2}", "%Y": "[0-9]{4}", "%y": "[0-9]{2}"}
    wide |= {"%H": "[0-9]{1,2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}"}
    compact = not re.search("[^%a-zA-Z]", pattern)
    shape = re.escape(pattern)
    for mark, digits in wide.items():
        shape = shape.replace(mark, digits.replace("{1,2}", "{2}") if compact else digits)
    return re.compile(shape)


def utc(local: datetime) -> datetime:
    """A local moment of a file as UTC."""
    return local.replace(tzinfo=HANOI).astimezone(UTC)


def check_total(
    row: Row, header: Header, profile: Profile, *, count: int, totals: dict[str, int], report: Report
) -> None:
    """The total row against what was read: count of rows and the sum of each declared column."""
    where = str(row.number)
    if profile.trailer_count:
        stated = _stated_count(row, header, profile)
        if stated is None or stated != count:
            report(trouble("wrong-count", where, profile.trailer_count, f"{stated} / {count}"))
    for name in profile.trailer_sums:
        cell = header.cell(row, name)
        value, _ = number(cell, profile, profile.currency)
        if value is None or value != totals.get(name, 0):
            report(trouble("wrong-total", where, name, f"{cell.text or '-'} / {totals.get(name, 0)}"))


def _stated_count(row: Row, header: Header, profile: Profile) -> int | None:
    if profile.trailer_count == "label":
        first = next((cell.text for cell in row.cells if cell.text), "")
        digits = re.findall(r"[0-9]+", first)
        return int(digits[-1]) if digits else None
    text = header.cell(row, profile.trailer_count).text
    return int(text) if text.isascii() and text.isdigit() else None


def name_facts(name: str, profile: Profile, report: Report) -> tuple[date | None, str, str]:
    """(session, terminal, account) that the file's name tells; a name of another form is a trouble."""
    if not profile.name_pattern or not name:
        return None, "", ""
    match = re.fullmatch(profile.name_pattern, name)
    if match is None:
        report(trouble("file-name", raw=name))
        return None, "", ""
    groups = match.groupdict()
    session = None
    if groups.get("session"):
        moment = _parsed(groups["session"], profile.session_format)
        if moment is None:
            report(trouble("impossible-date", "tên tệp/file name", "session", groups["session"]))
        else:
            session = moment.date()
    return session, groups.get("terminal") or "", groups.get("account") or ""
