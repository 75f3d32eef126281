"""Sets aside the great mass of lines that plainly agree, so that the rule table only looks at the rest.

Two keyed 64-bit hashes stand for a line. The first (reference, type, amount) makes groups; the second is added up with
signs that cancel only when all sides agree in reference, provider reference, status and session as well. Whatever
does not cancel, and every line that shares a reference with such a line, goes to the rule table.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from jobs.reconciliation.rules import Kind, Route, Side, Status
from jobs.reconciliation.sides import SideFile

_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


@dataclass(frozen=True, slots=True)
class Sieved:
    """What is left of each side, and how many groups were set aside as equal."""

    rest: dict[Side, pl.DataFrame]
    equal: int
    equal_amount: int


def sieve(files: dict[Side, SideFile], *, by_row: bool) -> Sieved:
    """Set aside groups of exactly one line per side that agree in everything.

    ``files`` holds one table per side; with ``by_row`` the bank's lines count among the sides.
    """
    sides = [side for side in (Side.OURS, Side.GATEWAY, *((Side.BANK,) if by_row else ())) if side in files]
    rest = {side: file.rows(file.table) for side, file in files.items() if side not in sides}
    if not {Side.OURS, Side.GATEWAY} <= set(sides):
        return Sieved({side: file.rows(file.table) for side, file in files.items()}, 0, 0)
    # Where one side never gives a provider's number there is nothing to compare.
    provider = not any(bool((files[side].table["provider_reference"] == "").all()) for side in sides[:2])
    ours = files[Side.OURS].table
    fees = "fee" in ours.columns and bool(ours["fee"].count())
    marks = [_marks(files[side], side, len(sides), provider=provider, fees=fees) for side in sides]
    odd = (
        pl.concat([mark.lazy().select("key", "sign") for mark in marks])
        .group_by("key")
        .agg(pl.col("sign").sum())
        .filter(pl.col("sign") != _whole(sides))
        .select("key")
        .collect(engine="streaming")
    )
    suspects = [mark["name"].filter(mark["key"].is_in(odd["key"].implode())) for mark in marks]
    elsewhere = [file.table["reference"].hash(2) for side, file in files.items() if side not in sides]
    # Hashes of references: if two collided, an equal pair would go to the rule table with all its sides, unharmed.
    references = pl.concat([*suspects, *elsewhere]).unique()
    equal = 0
    amount = 0
    for side, mark in zip(sides, marks, strict=True):
        table = files[side].table
        touched = mark["name"].is_in(references.implode())
        rest[side] = files[side].rows(table.filter(touched))
        if side is Side.OURS:
            equal = table.height - int(touched.sum())
            amount = int(table["amount"].sum()) - int(rest[side]["amount"].sum())
    return Sieved(rest, equal, amount)


_BASE = {Side.OURS: 0x5851F42D4C957F2D, Side.GATEWAY: 0x14057B7EF767814F, Side.BANK: 0x2545F4914F6CDD1D}


def _whole(sides: list[Side]) -> int:
    return sum(_BASE[side] for side in sides) % (1 << 64)


def _marks(file: SideFile, side: Side, sides: int, *, provider: bool, fees: bool) -> pl.DataFrame:
    """Per line the group key and the signed evidence."""
    column = file.column
    mixed = [
        (column("amount"), _MIX[0]),
        (column("kind"), _MIX[1]),
    ]
    key = pl.col("reference").hash(1)
    for part, factor in mixed:
        key = key + part.cast(pl.UInt64) * pl.lit(factor, pl.UInt64)
    same = pl.col("reference").hash(2)
    more = pl.lit(0, pl.UInt64)
    if side is not Side.BANK:
        facts = column("status").cast(pl.UInt64) * 16 + column("vnd").cast(pl.UInt64) * 4
        more = (facts + column("session").cast(pl.UInt64) * 64) * pl.lit(_MIX[2], pl.UInt64)
        if provider:
            more = more + pl.col("provider_reference").hash(3)
        if fees:
            more = more + column("fee").fill_null(-1).hash(4)
    strange = (column("route") != int(Route.GATEWAY)) | (column("returned") != 0) | (column("skew") != 0)
    strange = strange | (pl.col("reference") == "") | (column("status") == int(Status.FAILED))
    strange = strange | (column("kind") >= int(Kind.FEE)) | (column("vnd") == 0)
    base = pl.lit(_BASE[side], pl.UInt64) + strange.cast(pl.UInt64)
    if side is Side.OURS:
        sign = base + same * (sides - 1) + more
    elif side is Side.GATEWAY:
        sign = base - same - more
    else:
        sign = base - same
    return file.table.select(key.alias("key"), sign.alias("sign"), same.alias("name"))
