"""The quick reader of a bank's plain table: separate debit and credit columns, nothing unusual in it."""

from __future__ import annotations

from typing import Any

import polars as pl

from connectors.statements.table import read_statement_table
from jobs.reconciliation.quick_checks import check_foot, must, number_rows, plain_references, text
from jobs.reconciliation.quick_rows import NotPlain, Plan, collected, scan
from jobs.reconciliation.quick_times import Times, day_numbers, pattern_of, times
from jobs.reconciliation.rules import Kind, Side, Status
from jobs.reconciliation.sides import SideFile

_UNUSUAL = ("balance", "status", "currency", "return_reason", "sign", "amount")


def read(found: Plan, side: Side, name: str) -> SideFile:
    """The statement in the file.

    Raises:
        NotPlain: the careful reader must look at it.
    """
    profile = found.profile
    if profile.sign != "columns" or any(found.column(n) for n in _UNUSUAL):
        raise NotPlain("columns that need a look")
    patterns = profile.date_format + profile.moment_format
    booked = times(must(found, "date"), pattern_of(found.sample("date"), patterns), "date")
    valued = None
    if column := found.column("value_date"):
        valued = times(column, booked.pattern, "value")
    frame = scan(found, ("debit", "credit")).with_columns(*booked.first, *(valued.first if valued else ()))
    body = collected(frame.select(_columns(found, booked, valued)))
    body = body.head(body.height - len(found.foot))
    if not body.height or not body["sound"].all():
        raise NotPlain("a row that needs a look")
    credit, debit = int(body["credit"].sum()), int(body["debit"].sum())
    check_foot(found, {"credit": credit, "debit": debit}, count=body.height)
    # The careful reader looks at what stands above and below the table.
    edges = [*(row for row in found.head if row.number <= found.header.row), *found.foot]
    edge = read_statement_table(edges, profile, name, lambda _: None)[0]
    opening, closing = edge.opening_minor, edge.closing_minor
    if opening is not None and closing is not None and opening + credit - debit != closing:
        raise NotPlain("does not add up")
    if valued:
        day_numbers(body["value_day"].drop_nulls(), valued)
    table, same = _table(found, body, day_numbers(body["day"], booked), has_debits=debit > 0)
    return SideFile(
        side, name, f"csv:{profile.name}", table, same=same, opening=opening, closing=closing, account=edge.account
    )  # fmt: skip


def _columns(found: Plan, booked: Times, valued: Times | None) -> list[pl.Expr]:
    stated = pl.col(must(found, "credit")), pl.col(must(found, "debit"))
    credit, debit = (column.fill_null(0) for column in stated)
    sound = (credit >= 0) & (debit >= 0) & ((credit == 0) | (debit == 0)) & plain_references(found)
    sound = sound & ~(stated[0].is_null() & stated[1].is_null())
    if not found.profile.zero_allowed:
        sound = sound & (credit + debit > 0)
    sound = sound & booked.sound
    fields = [must(found, n) for n in ("end_to_end", "customer") if found.column(n)]
    reference = pl.coalesce(*(pl.col(column) for column in fields), pl.lit("")) if fields else pl.lit("")
    made = [
        reference.alias("reference"),
        text(found, "reference").alias("provider_reference"),
        credit.alias("credit"),
        debit.alias("debit"),
        booked.day.alias("day"),
    ]
    if valued:
        made.append(valued.day.alias("value_day"))
        sound = sound & (pl.col(must(found, "value_date")).is_null() | valued.sound)
    made.append(sound.fill_null(value=False).alias("sound"))
    # The reference itself need not stand in the text once more; a second one may be the one that is known.
    others = [pl.when(pl.col(fields[1]) != reference).then(pl.col(fields[1]))] if len(fields) > 1 else []
    written = [pl.col(column)] if (column := found.column("text")) else []
    if others or written:
        said = pl.concat_str(*others, *written, separator=" ", ignore_nulls=True) if others else written[0]
        made.append(said.fill_null("").alias("text"))
    return made


def _table(
    found: Plan, body: pl.DataFrame, days: dict[Any, int], *, has_debits: bool
) -> tuple[pl.DataFrame, dict[str, Any]]:
    same: dict[str, Any] = {
        "fee": None, "status": int(Status.SUCCESS), "skew": 0, "route": 0, "vnd": 1, "returned": 0,
    }  # fmt: skip
    keep = [
        number_rows(found),
        pl.col("reference"),
        pl.col("provider_reference"),
        (pl.col("credit") + pl.col("debit")).alias("amount"),
        (pl.col("credit") - pl.col("debit")).alias("net"),
    ]
    if len(days) > 1:
        keep.append(pl.col("day").replace_strict(days, return_dtype=pl.Int32))
    else:
        same["day"] = next(iter(days.values()))
    if has_debits:
        kind = pl.when(pl.col("debit") > 0).then(int(Kind.REFUND)).otherwise(int(Kind.PAYMENT))
        keep.append(kind.cast(pl.Int8).alias("kind"))
    else:
        same["kind"] = int(Kind.PAYMENT)
    if "text" in body.columns and bool((body["text"] != "").any()):
        keep.append(pl.col("text"))
    else:
        same["text"] = ""
    return body.select(keep), same
