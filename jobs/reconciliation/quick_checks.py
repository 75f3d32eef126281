"""Column expressions and checks that both quick readers share."""

from __future__ import annotations

import polars as pl

from connectors.statements.cells import Row
from connectors.statements.layout import Days, check_total, is_labelled
from connectors.statements.profile import SETTLEMENT
from jobs.reconciliation.quick_rows import NotPlain, Plan, plain
from mappings.canonical.statement import Trouble

_REFERENCES = ("reference", "provider_reference", "original_reference", "end_to_end", "customer")


def must(found: Plan, name: str) -> str:
    """The file's column of a field that has to be there.

    Raises:
        NotPlain
    """
    column = found.column(name)
    if column is None:
        raise NotPlain(f"no {name}")
    return column


def text(found: Plan, name: str) -> pl.Expr:
    """The texts of a field, empty where there is none."""
    column = found.column(name)
    return (pl.lit("") if column is None else pl.col(column).fill_null("")).alias(name)


def amount(found: Plan, name: str) -> pl.Expr:
    """The whole numbers of a field, 0 where there is none."""
    column = found.column(name)
    return pl.lit(0, pl.Int64()) if column is None else pl.col(column).fill_null(0)


def plain_references(found: Plan) -> pl.Expr:
    """Whether every reference of a row is plain; what may be empty may."""
    may_be_empty = set(_REFERENCES[2:]) | set(found.profile.optional)
    if found.profile.kind != SETTLEMENT:
        may_be_empty = set(_REFERENCES)
    checks = [
        plain(column).fill_null(value=name in may_be_empty)
        for name in _REFERENCES
        if (column := found.column(name)) is not None
    ]
    return pl.all_horizontal(*checks) if checks else pl.lit(value=True)


def number_rows(found: Plan) -> pl.Expr:
    """The row numbers as a person sees them."""
    return pl.int_range(found.header.row + 1, pl.len() + found.header.row + 1, dtype=pl.Int64).alias("row")


def check_foot(found: Plan, totals: dict[str, int], *, count: int) -> None:
    """The total row and what stands below the table.

    Raises:
        NotPlain: something is wrong there, or unusual.
    """
    profile = found.profile
    labelled = [row for row in found.foot if profile.trailer and is_labelled(row, profile.trailer)]
    refused: list[Trouble] = []
    if labelled:
        check_total(labelled[0], found.header, profile, count=count, totals=totals, report=refused.append)
    if refused or len(labelled) > 1 or (profile.trailer_required and not labelled):
        raise NotPlain("total row")
    _check_notes(found, labelled[:1])


def _check_notes(found: Plan, totals: list[Row]) -> None:
    """Nothing that would be a row of the table may stand between or below total rows and blank ones.

    Below the total row of a statement stand signatures and notes.
    """
    profile, below = found.profile, False
    for row in found.foot:
        if row in totals:
            below = True
        elif row.blank() or is_labelled(row, (*profile.opening_label, *profile.closing_label)):
            continue
        elif not below or profile.kind == SETTLEMENT or not _is_note(found, row):
            raise NotPlain("rows below the table")


def _is_note(found: Plan, row: Row) -> bool:
    days = Days(found.profile.date_format + found.profile.moment_format)
    return days.read(found.header.cell(row, "date"))[0] is None
