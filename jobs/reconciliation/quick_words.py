"""Columns of few different texts (type, status, channel) as small numbers, in the same pass as all else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from connectors.statements.profile import fold
from jobs.reconciliation.quick_rows import NotPlain, collected

_MOST_TEXTS = 64
_UNKNOWN = 0


@dataclass(frozen=True, slots=True)
class Words:
    """How the texts of one column are understood.

    Attributes:
        column: of the file; ``None`` where it has none, every row then means ``blank``.
        meaning: text → number; ``None`` for a text without a meaning.
        blank: the number of an empty cell; ``None`` where it must not be empty.
    """

    field: str
    column: str | None
    meaning: Callable[[str], int | None]
    blank: int | None = None

    def seen(self, texts: Iterable[str]) -> pl.Expr:
        """The numbers (one higher, 0 for a text that is not among ``texts``) under ``field``."""
        blank = _UNKNOWN if self.blank is None else self.blank + 1
        if self.column is None:
            return pl.lit(blank, pl.Int8()).alias(self.field)
        found = pl.lit(_UNKNOWN, pl.Int8())
        for text in sorted({text for text in texts if text})[:_MOST_TEXTS]:
            number = self.meaning(text)
            if number is not None:
                # Adding is cheaper than a chain of choices; no two texts are equal.
                found = found + (pl.col(self.column) == text).cast(pl.Int8) * pl.lit(number + 1, pl.Int8())
        return found.fill_null(blank).alias(self.field)

    def understood(self, numbers: pl.Series, frame: pl.LazyFrame) -> pl.Series:
        """The plain numbers; a text that first stands far below is looked up in the file itself.

        Raises:
            NotPlain: a text without a meaning, or more different ones than such a column has.
        """
        if bool((numbers == _UNKNOWN).any()):
            if self.column is None:
                raise NotPlain(f"no {self.field}")
            numbers = self._learned(collected(frame.select(self.column)).to_series().head(numbers.len()))
        return (numbers - 1).alias(self.field)

    def _learned(self, texts: pl.Series) -> pl.Series:
        distinct = texts.unique().to_list()
        if len(distinct) > _MOST_TEXTS:
            raise NotPlain(f"{self.field}: {len(distinct)} texts")
        table = {text: self.blank if text is None else self.meaning(text) for text in distinct}
        known = {text: number + 1 for text, number in table.items() if number is not None}
        if len(known) < len(table):
            raise NotPlain(f"{self.field}: a text without a meaning")
        return texts.replace_strict(known, return_dtype=pl.Int8)


def by_table(table: dict[str, int]) -> Callable[[str], int | None]:
    """A meaning that looks the folded text up."""
    return lambda text: table.get(fold(text))
