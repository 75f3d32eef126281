"""The rule table as Polars expressions, for files without a database."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from jobs.reconciliation.rules import AGGREGATES, PRESENCE, RULES, Side
from jobs.reconciliation.terms import Both, Comparison, Condition, Either, Field, Negated

SCHEMA: dict[str, pl.DataType] = {
    "side": pl.Int8(), "line": pl.Int64(), "kind": pl.Int8(), "reference": pl.String(),
    "provider_reference": pl.String(), "amount": pl.Int64(), "fee": pl.Int64(), "status": pl.Int8(),
    "session_first": pl.Int32(), "session_last": pl.Int32(), "vnd": pl.Int8(), "returned": pl.Int8(),
    "route": pl.Int8(), "due": pl.Int8(),
}  # fmt: skip


def expression(condition: Condition) -> pl.Expr:
    """``condition`` over a frame of groups; never null, as ``terms.holds`` means it."""
    match condition:
        case Comparison(sign, left, right):
            a = pl.col(left.name)
            b = pl.col(right.name) if isinstance(right, Field) else pl.lit(int(right))
            compared = {"=": a == b, "<>": a != b, ">": a > b, "<": a < b}[sign]
            return compared.fill_null(value=False)
        case Both(left_condition, right_condition):
            return expression(left_condition) & expression(right_condition)
        case Either(left_condition, right_condition):
            return expression(left_condition) | expression(right_condition)
        case Negated(inner):
            return ~expression(inner)
        case _:
            raise TypeError(type(condition).__name__)


def keyed(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with the ``key`` of their group and whether they followed a provider reference to another one."""
    own = (
        pl.when(pl.col("reference") == "")
        .then(pl.format("#{}:{}", pl.col("side"), pl.col("line")))
        .otherwise(pl.col("reference"))
    )
    base = lines.with_columns(own=own)
    followed = (
        base.filter((pl.col("side") == Side.OURS) & (pl.col("provider_reference") != ""))
        .group_by("kind", "provider_reference")
        .agg(pl.len().alias("n"), pl.col("own").first().alias("target"))
        .filter(pl.col("n") == 1)
        .select("kind", "provider_reference", "target", pl.lit(Side.GATEWAY, pl.Int8()).alias("side"))
    )
    joined = base.join(followed, on=["side", "kind", "provider_reference"], how="left")
    key = pl.coalesce("target", "own")
    foreign = (key != pl.col("reference")) & (pl.col("reference") != "")
    return joined.with_columns(key=key, foreign_reference=foreign.cast(pl.Int8)).drop("own", "target")


def groups(with_keys: pl.DataFrame, presence: Mapping[str, bool]) -> pl.DataFrame:
    """One row per key and kind with every field of ``rules.FIELDS``, from what ``keyed`` gave."""
    found = with_keys.select("kind", "key").unique()
    sides = with_keys.group_by("side", "kind", "key").agg(
        _aggregate(name, how) for name, how in AGGREGATES.items()
    )
    for side in Side:
        mine = sides.filter(pl.col("side") == side)
        named = {name: f"{side.name.lower()}_{name}" for name in AGGREGATES}
        if mine.height:
            found = found.join(mine.drop("side").rename(named), on=["kind", "key"], how="left")
        else:
            absent = (pl.lit(None, sides.schema[name]).alias(alias) for name, alias in named.items())
            found = found.with_columns(absent)
    counts = pl.col(f"{side.name.lower()}_lines" for side in Side).fill_null(0)
    return found.with_columns(counts, *(pl.lit(int(presence[name])).alias(name) for name in PRESENCE))


def _aggregate(name: str, how: str) -> pl.Expr:
    if how == "count":
        return pl.len().cast(pl.Int64).alias(name)
    function, column = how.split()
    return (pl.col(column).max() if function == "max" else pl.col(column).min()).alias(name)


def verdicts(lines: pl.DataFrame, presence: Mapping[str, bool]) -> pl.DataFrame:
    """Every break and every line in transit: ``kind, key, against, verdict`` and the group's fields."""
    return judged(groups(keyed(lines), presence))


def judged(found: pl.DataFrame) -> pl.DataFrame:
    """The verdicts over groups."""
    parts = [
        found.with_columns(pl.lit(side, pl.Int8()).alias("against"), _first(side).alias("verdict")).filter(
            pl.col("verdict").is_not_null()
        )
        for side in Side
        if side is not Side.OURS
    ]
    return pl.concat(parts)


def _first(side: Side) -> pl.Expr:
    chain = pl.lit(None, pl.String())
    for rule in reversed(RULES):
        if rule.against is side:
            chain = pl.when(expression(rule.when)).then(pl.lit(str(rule.verdict))).otherwise(chain)
    return chain
