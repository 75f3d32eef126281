"""Reads a large plain UTF-8 table with Polars and checks every row; gives up rather than guess.

Giving up (``None``) costs time, never correctness: the careful reader of ``connectors.statements`` then reads the file
and names the row and column. Whatever is accepted here is accepted there with the same meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from connectors.statements.cells import Row, csv_rows
from connectors.statements.detect import Format, detect
from connectors.statements.layout import Header, find_header, is_labelled
from connectors.statements.profile import Profile

HEAD_BYTES = 8_192
TAIL_BYTES = 4_096
_SAMPLE_ROWS = 40
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
        below = [row for row in self.head if row.number > self.header.row]
        for row in below[:_SAMPLE_ROWS]:
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
    if (
        b"\r" in head.replace(b"\r\n", b"")
        or head[:1] in (b"\xff", b"\xfe")
        or detect(head) is not Format.TABLE
    ):
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


_LONGEST_REFERENCE = 64


def plain(column: str) -> pl.Expr:
    """Whether a text is ASCII, begins with a letter or digit (so that it can be no formula) and ends without a blank.

    Null where there is no text.
    """
    col = pl.col(column)
    first, last = (col.cast(pl.Binary).bin.get(place, null_on_oob=True) for place in (0, -1))
    starts = first.is_between(ord("0"), ord("9")) | first.is_between(ord("A"), ord("z"))
    size = col.str.len_bytes()
    return starts & (last > ord(" ")) & (size <= _LONGEST_REFERENCE) & (size == col.str.len_chars())
