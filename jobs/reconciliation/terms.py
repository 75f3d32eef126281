"""The little language in which matching rules are written: a term is data, and compilers turn it into SQL or Polars."""

from __future__ import annotations

from dataclasses import dataclass


class Condition:
    """Something that is true or false of one group of lines."""

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        return Both(self, other)

    def __or__(self, other: Condition) -> Condition:
        return Either(self, other)

    def __invert__(self) -> Condition:
        return Negated(self)


@dataclass(frozen=True, slots=True)
class Field:
    """A whole number of one group, by name; see ``rules.FIELDS``. It may be absent (SQL's null)."""

    name: str

    def equals(self, other: Field | int) -> Condition:
        return Comparison("=", self, other)

    def differs(self, other: Field | int) -> Condition:
        """Both are known and not the same."""
        return Comparison("<>", self, other)

    def above(self, other: Field | int) -> Condition:
        return Comparison(">", self, other)

    def below(self, other: Field | int) -> Condition:
        return Comparison("<", self, other)


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """False when either side is absent: nothing is concluded from what is not known."""

    sign: str
    left: Field
    right: Field | int


@dataclass(frozen=True, slots=True)
class Both(Condition):
    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Either(Condition):
    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Negated(Condition):
    inner: Condition


_COMPARE = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


def holds(condition: Condition, group: dict[str, int | None]) -> bool:
    """Whether ``condition`` is true of one group: the meaning that both compilers must keep."""
    match condition:
        case Comparison(sign, left, right):
            a = group[left.name]
            b = group[right.name] if isinstance(right, Field) else right
            return a is not None and b is not None and _COMPARE[sign](a, b)
        case Both(left, right):
            return holds(left, group) and holds(right, group)
        case Either(left, right):
            return holds(left, group) or holds(right, group)
        case Negated(inner):
            return not holds(inner, group)
        case _:
            raise TypeError(type(condition).__name__)
