"""Sets aside the great mass of lines that plainly agree, so that the rule table only looks at the rest.

Two keyed 64-bit hashes stand for a line. The first (of the reference) makes groups; the second is added up with signs
that cancel only when there is one line per side and all agree in reference, type, amount, provider reference, status
and session. The lines of a group that does not cancel go to the rule table, all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from jobs.reconciliation.references import found_in_text
from jobs.reconciliation.rules import Kind, Route, Side, Status
from jobs.reconciliation.sides import SideFile

_MIX = 0x165667B19E3779F9


@dataclass(frozen=True, slots=True)
class Sieved:
    """What is left of each side, and how many groups were set aside as equal.

    Attributes:
        files: as given, with the references that were found in the text of bank and treasury lines.
    """

    files: dict[Side, SideFile]
    rest: dict[Side, pl.DataFrame]
    equal: int


def sieve(files: dict[Side, SideFile], *, by_row: bool) -> Sieved:
    """Set aside groups of exactly one line per side that agree in everything.

    ``files`` holds one table per side; with ``by_row`` the bank's lines count among the sides.
    """
    sides = [side for side in (Side.OURS, Side.GATEWAY, *((Side.BANK,) if by_row else ())) if side in files]
    if not {Side.OURS, Side.GATEWAY} <= set(sides):
        files = _resolved(files, [], None) or files
        return Sieved(files, {side: file.rows(file.table) for side, file in files.items()}, 0)
    odd = _odd(files, sides)
    resolved = _resolved(files, sides, odd)
    if resolved is not None:
        files = resolved
        odd = _odd(files, sides)
    elsewhere = [file.table.select(_KEY).to_series() for side, file in files.items() if side not in sides]
    # If two references had one hash, an equal pair would go to the rule table with all its sides, unharmed.
    keys = pl.concat([odd, *elsewhere]).unique().implode()
    rest = {
        side: file.rows(file.table.filter(_KEY.is_in(keys)) if side in sides else file.table)
        for side, file in files.items()
    }
    return Sieved(files, rest, files[Side.OURS].table.height - rest[Side.OURS].height)


def _resolved(
    files: dict[Side, SideFile], sides: list[Side], odd: pl.Series | None
) -> dict[Side, SideFile] | None:
    """The files with references from texts, ``None`` where there are none to be found. Only odd lines are looked at."""
    known = [files[side].table["reference"] for side in (Side.OURS, Side.GATEWAY) if side in files]
    found = dict(files)
    for side, file in files.items():
        if side >= Side.BANK and known and file.table.height:
            table = file.table
            if odd is not None and side in sides:
                table = table.filter(_KEY.is_in(odd.implode()))
            named = found_in_text(file, table.select("row", "reference", file.column("text")), known)
            found[side] = named or file
    return found if any(found[side] is not files[side] for side in files) else None


def _odd(files: dict[Side, SideFile], sides: list[Side]) -> pl.Series:
    """The keys of all groups that do not plainly agree."""
    # Where one side never gives a provider's number there is nothing to compare.
    provider = not any(bool((files[side].table["provider_reference"] == "").all()) for side in sides[:2])
    ours = files[Side.OURS].table
    fees = "fee" in ours.columns and bool(ours["fee"].count())
    marks = [_marks(files[side], side, len(sides), provider=provider, fees=fees) for side in sides]
    return (
        pl.concat(marks)
        .group_by("key")
        .agg(pl.col("sign").sum())
        .filter(pl.col("sign") != _whole(sides))
        .select("key")
        .collect(engine="streaming")["key"]
    )


_KEY = pl.col("reference").hash(1).alias("key")
_BASE = {Side.OURS: 0x5851F42D4C957F2D, Side.GATEWAY: 0x14057B7EF767814F, Side.BANK: 0x2545F4914F6CDD1D}


def _whole(sides: list[Side]) -> int:
    return sum(_BASE[side] for side in sides) % (1 << 64)


def _marks(file: SideFile, side: Side, sides: int, *, provider: bool, fees: bool) -> pl.LazyFrame:
    """Per line the group's key and the signed evidence."""
    column = file.column
    # Hashed as a whole: were amounts added up as they are, one too high and one too low would cancel.
    what = (column("amount") * 8 + column("kind").cast(pl.Int64)).hash(5)
    same = pl.col("reference").hash(2) + what
    more = pl.lit(0, pl.UInt64)
    if side is not Side.BANK:
        facts = column("status").cast(pl.UInt64) * 16 + column("vnd").cast(pl.UInt64) * 4
        more = (facts + column("session").cast(pl.UInt64) * 64) * pl.lit(_MIX, pl.UInt64)
        if provider:
            more = more + pl.col("provider_reference").hash(3)
        if fees:
            more = more + column("fee").fill_null(-1).hash(4)
    # Closeness to midnight only widens the sessions in which a line may stand: equal sessions stay equal.
    strange = (column("route") != int(Route.GATEWAY)) | (column("returned") != 0)
    strange = strange | (pl.col("reference") == "") | (column("status") == int(Status.FAILED))
    strange = strange | (column("kind") >= int(Kind.FEE)) | (column("vnd") == 0)
    base = pl.lit(_BASE[side], pl.UInt64) + strange.cast(pl.UInt64)
    if side is Side.OURS:
        sign = base + same * (sides - 1) + more
    elif side is Side.GATEWAY:
        sign = base - same - more
    else:
        sign = base - same
    return file.table.lazy().select(_KEY, sign.alias("sign"))
