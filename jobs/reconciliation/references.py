"""Finds our references in the text of bank and treasury lines: only whole words that somebody else knows as references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from jobs.reconciliation.rules import Side
from jobs.reconciliation.sides import SideFile

WORD = r"[0-9A-Za-z]{8,40}"


def found_in_text(file: SideFile, files: Mapping[Side, SideFile]) -> SideFile:
    """The file with a reference in each line whose own reference field names nothing known but whose text does.

    One known word is a reference; two different ones are none (a person decides), and an unknown reference that stands
    in a reference field stays what it is.
    """
    known = [files[side].table["reference"] for side in (Side.OURS, Side.GATEWAY) if side in files]
    if not known or not file.table.height or ("text" in file.same and file.same["text"] == ""):
        return file
    references = pl.concat(known).unique()
    blind = file.table.filter(~pl.col("reference").is_in(references.implode()))
    if not blind.height or "text" not in blind.columns:
        return file
    words = (
        blind.select("row", pl.col("text").str.extract_all(WORD).alias("reference"))
        .explode("reference", empty_as_null=True)
        .drop_nulls()
        .unique()
        .filter(pl.col("reference").is_in(references.implode()))
        .group_by("row")
        .agg(pl.len().alias("n"), pl.col("reference").first().alias("word"))
        .filter(pl.col("n") == 1)
        .select("row", "word")
    )
    if not words.height:
        return file
    table = file.table.join(words, on="row", how="left").with_columns(
        pl.coalesce("word", "reference").alias("reference")
    )
    return replace(file, table=table.drop("word"))
