"""Reads a large plain UTF-8 table with Polars and checks every row; gives up rather than guess.

Giving up (``None``) costs time, never correctness: the careful reader of ``connectors.statements`` then reads the file
and names the row and column. Whatever is accepted here is accepted there with the same meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from connectors.statements.cells import Row, csv_rows
from connectors.statements.layout import Header, find_header, is_labelled
from connectors.statements.profile import Profile, fold

HEAD_BYTES = 32_768
TAIL_BYTES = 16_384
_UTF8 = ("utf-8", "utf-8-sig", "auto")
_BOM = b"\xef\xbb\xbf"


class NotPlain(Exception):
    """The file is not of the plain kind that the quick reader knows; nothing is wrong with it yet."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the table lies in the file.

    Attributes:
        head: rows down to the header, and a sample below.
        foot: rows after the table: total row, balances, signatures.
    """

    path: Path
    profile: Profile
    header: Header
    names: tuple[str, ...]
    head: tuple[Row, ...]
    foot: tuple[Row, ...]
    size: int

    def column(self, name: str) -> str | None:
        """The file's column of a logical field."""
        place = self.header.places.get(name)
        return self.names[place] if place is not None else None

    def sample(self, name: str) -> Iterator[str]:
        """Texts of a field near the top."""
        for row in self.head:
            if row.number > self.header.row:
                yield self.header.cell(row, name).text


def plan(path: Path, profile: Profile) -> Plan:
    """Find header and foot without reading what lies between.

    Raises:
        NotPlain: no plain table.
    """
    if profile.encoding not in _UTF8:
        raise NotPlain(profile.encoding)
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(HEAD_BYTES)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    if b"\r" in head.replace(b"\r\n", b"") or head[:1] in (b"<", b":", b"P", b"\xff", b"\xfe", b""):
        raise NotPlain("line ends or another format")
    rows = _parsed(head.rpartition(b"\n")[0] if size > HEAD_BYTES else head, profile)
    header = find_header(rows, profile, lambda _: None)
    if header is None:
        raise NotPlain("header")
    below = tail if size <= TAIL_BYTES else tail.partition(b"\n")[2]
    foot = _foot(_parsed(below, profile), profile, header, whole=size <= TAIL_BYTES)
    names = tuple(f"c{place}" for place in range(header.width))
    return Plan(path, profile, header, names, tuple(rows), foot, size)


def _parsed(raw: bytes, profile: Profile) -> list[Row]:
    try:
        rows = list(csv_rows(raw.removeprefix(_BOM), profile))
    except ValueError as exc:
        raise NotPlain(str(exc)) from exc
    if any(row.number != place for place, row in enumerate(rows, 1)):
        raise NotPlain("a cell of several lines")
    return rows


def _foot(rows: list[Row], profile: Profile, header: Header, *, whole: bool) -> tuple[Row, ...]:
    """The rows from the first labelled or blank one in the tail on."""
    labels = (*profile.trailer, *profile.opening_label, *profile.closing_label)
    for place, row in enumerate(rows):
        if whole and row.number <= header.row:
            continue
        if row.blank() or is_labelled(row, labels):
            return tuple(rows[place:])
    return ()


def scan(found: Plan, numbers: tuple[str, ...]) -> pl.LazyFrame:
    """All rows below the header, foot included, as texts; ``numbers`` (logical fields) as whole numbers."""
    wanted = {found.column(name) for name in numbers}
    schema: dict[str, pl.DataType] = {
        name: pl.Int64() if name in wanted else pl.String() for name in found.names
    }
    return pl.scan_csv(
        found.path,
        separator=found.profile.separator,
        quote_char=found.profile.quote or None,
        has_header=False,
        skip_lines=found.header.row,
        schema=schema,
        truncate_ragged_lines=bool(found.foot),
    )


def collected(frame: pl.LazyFrame) -> pl.DataFrame:
    """Run it; what Polars cannot read is for the careful reader.

    Raises:
        NotPlain
    """
    try:
        return frame.collect(engine="streaming")
    except pl.exceptions.PolarsError as exc:
        raise NotPlain(str(exc).splitlines()[0]) from exc


def mapped(column: str, table: dict[str, int], texts: list[str]) -> pl.Expr:
    """Texts → codes through folded names; null for a text that the table does not know."""
    chain = pl.lit(None, pl.Int8())
    for text in dict.fromkeys(texts):
        code = table.get(fold(text))
        if code is not None:
            chain = pl.when(pl.col(column) == text).then(pl.lit(code, pl.Int8())).otherwise(chain)
    return chain


def texts_of(frame: pl.LazyFrame, column: str, most: int = 64) -> list[str]:
    """The distinct texts of a column of few.

    Raises:
        NotPlain: too many.
    """
    found = collected(frame.select(pl.col(column).unique()))[column].drop_nulls().to_list()
    if len(found) > most:
        raise NotPlain(f"{column}: {len(found)} texts")
    return found


def moment_format(sample: Iterator[str], patterns: tuple[str, ...]) -> str:
    """The first pattern that every text of the sample has.

    Raises:
        NotPlain: none has, or a text is not of full length.
    """
    texts = [text for text in sample if text]
    for pattern in patterns:
        if texts and all(_fits(text, pattern) for text in texts):
            return pattern
    raise NotPlain("dates")


def _fits(text: str, pattern: str) -> bool:
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 - only the shape is asked
    except ValueError:
        return False
    return moment.strftime(pattern) == text


def moments(column: str, pattern: str) -> pl.Expr:
    """A text as a local moment; null where it is none, or not written in full."""
    length = len(date(2026, 12, 31).strftime(pattern))
    full = pl.when(pl.col(column).str.len_bytes() == length).then(pl.col(column))
    return full.str.to_datetime(pattern, strict=False, time_unit="ms", exact=True)


_LONGEST_REFERENCE = 64


def plain(column: str) -> pl.Expr:
    """Whether a text begins with an ASCII letter or digit (so that it can be no formula) and has no blanks round it.

    Null where there is no text. Comparing whole texts with single characters asks for the first one only.
    """
    col = pl.col(column)
    starts = (col >= "0") & ((col < ":") | (col >= "A")) & (col < "{")
    return (
        starts
        & (col.str.len_bytes() <= _LONGEST_REFERENCE)
        & ~(col.str.ends_with(" ") | col.str.ends_with("\u00a0"))
    )
