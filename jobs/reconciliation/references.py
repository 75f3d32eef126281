"""Finds our references in the text of bank and treasury lines: only whole words that somebody else knows as references."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from jobs.reconciliation.sides import SideFile

WORD = r"[0-9A-Za-z]{8,40}"
_PLAIN_WORD = re.compile(WORD)
_SHORTEST_PREFIX = 2
_KEY = pl.col("reference").hash(1)


def found_in_text(file: SideFile, candidates: pl.DataFrame, known: list[pl.Series]) -> SideFile | None:
    """The file with a reference in each line whose own reference field names nothing known but whose text does.

    One known word is a reference; two different ones are none (a person decides), and an unknown reference that stands
    in a reference field stays what it is.

    Args:
        candidates: the lines to look at: ``row``, ``reference``, ``text``.
        known: the references of our books and of the gateway.

    Returns:
        ``None`` where nothing was found.
    """
    own = _among(known, candidates.select(_KEY).to_series())
    blind = candidates.lazy().filter(~_KEY.is_in(own.implode()))
    # Blanks at both ends: a word then always has a neighbour on either side.
    said = blind.select("row", pl.format(" {} {} ", "reference", "text").alias("said"))
    words = _words(said, known)
    real = _among(known, words.select(_KEY).to_series())
    named = words.filter(_KEY.is_in(real.implode()))
    if named["row"].n_unique() < named.height:
        named = (
            named.unique()
            .group_by("row")
            .agg(pl.len().alias("n"), pl.col("reference").first())
            .filter(pl.col("n") == 1)
            .drop("n")
        )
    if not named.height:
        return None
    table = file.table.join(
        named.select("row", pl.col("reference").alias("word")), on="row", how="left", maintain_order="left"
    ).with_columns(pl.coalesce("word", "reference").alias("reference"))
    return replace(file, table=table.drop("word"))


def _among(known: list[pl.Series], keys: pl.Series) -> pl.Series:
    """Which of these hashes some known reference has. The few are kept at hand, the many go by."""
    wanted = keys.unique().implode()
    found = [side.to_frame().select(_KEY).to_series() for side in known]
    return pl.concat([each.filter(each.is_in(wanted)) for each in found]).unique()


def _words(said: pl.LazyFrame, known: list[pl.Series]) -> pl.DataFrame:
    """``row`` and ``reference``: every word that may be one."""
    shape = _shape(known)
    if shape is None:
        return _all_words(said)
    pattern, length = shape
    raw, at = pl.col("said").cast(pl.Binary), pl.col("at")
    before, behind = (raw.bin.get(place, null_on_oob=True) for place in (at - 1, at + length))
    found = (
        said.with_columns(
            pl.col("said").str.count_matches(pattern).alias("n"),
            pl.col("said").str.find(pattern).cast(pl.Int64).alias("at"),
        )
        .filter(pl.col("n") > 0)
        .select(
            "row",
            raw.bin.slice(at, length).cast(pl.String).alias("reference"),
            (pl.col("n") == 1).alias("one"),
            ~(_in_word(before) | _in_word(behind)).alias("whole"),
        )
        .collect(engine="streaming")
    )
    several = found.filter(~pl.col("one")).lazy().select("row")
    plain = found.filter(pl.col("one") & pl.col("whole")).select("row", "reference")
    more = _all_words(said.join(several, on="row", how="semi"))
    return pl.concat([plain, more]) if more.height else plain


def _in_word(byte: pl.Expr) -> pl.Expr:
    letter = byte.is_between(ord("A"), ord("Z")) | byte.is_between(ord("a"), ord("z"))
    return letter | byte.is_between(ord("0"), ord("9"))


def _all_words(said: pl.LazyFrame) -> pl.DataFrame:
    return (
        said.select("row", pl.col("said").str.extract_all(WORD).alias("reference"))
        .explode("reference", empty_as_null=True)
        .drop_nulls()
        .collect(engine="streaming")
    )


def _shape(known: list[pl.Series]) -> tuple[str, int] | None:
    """Pattern and length of all known references, when they begin alike and are of one length."""
    sides = pl.concat(known)
    lengths = sides.str.len_bytes()
    first, last = str(sides.min()), str(sides.max())  # what these two begin with alike all others do
    alike = next(
        (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first)
    )
    if lengths.min() != lengths.max() or alike < _SHORTEST_PREFIX or not _PLAIN_WORD.fullmatch(first):
        return None
    return f"{first[:alike]}[0-9A-Za-z]{{{len(first) - alike}}}", len(first)
