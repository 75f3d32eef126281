"""An entry's markup as one pattern: entries that are written alike give their texts to a single match.

All tags stand in the pattern letter by letter and in balance, and texts hold no mark nor anything else that XML treats in
its own way. What matches is therefore well-formed where the entry that the pattern was made of was, and has the very
same shape; only references (``&amp;``) are left to be looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from connectors.statements.camt.shape import ABSENT, Plan

_TOKEN = re.compile(r"<[^<>]*>|[^<>]+")
_OPENING = re.compile(
    r"<(?P<name>[^\s<>/=\"']+)(?P<attributes>(?: [^\s<>/=\"']+=\"[^\"<&]*\")*)(?P<empty>/?)>"
)
_ATTRIBUTE = re.compile(r' ([^\s=]+)="([^"]*)"')
_CLOSING = re.compile(r"</([^\s<>/=\"']+)>")
_BLANK = "[ \t\r\n]*"
_TEXT = "[^<>\0-\x08\x0b-\x1f\ufffe\uffff]*"  # a carriage return would have to become a line feed
_VALUE = '[^"<>&\0-\x1f\ufffe\uffff]*'
_CURRENCY = "Ccy"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A plan over markup.

    Attributes:
        match: at a place of a text; blanks may stand before the entry.
        pick: takes the groups of a match and gives the texts that ``Plan.pick`` would find.
        currency: which group is the currency.
        source: the pattern as text.
    """

    plan: Plan
    match: Callable[[str, int], re.Match[str] | None]
    pick: Callable[[Sequence[str]], tuple[str, ...]]
    currency: int
    source: str


def pattern_of(written: str, names: Sequence[str], plan: Plan) -> Pattern | None:
    """The pattern of entries written like ``written``; ``None`` where the markup is not of the plain kind.

    Args:
        names: the local names of its elements in document order, as the parser found them.
        plan: of its shape; it must have no problems and no details.
    """
    tokens = _TOKEN.findall(written)
    amount = plan.whole.amount
    if amount == ABSENT or "".join(tokens) != written:
        return None
    places = sorted({place for place in plan.places if place != ABSENT})
    made, found = _made([token for token in tokens if not token.isspace()], places, amount)
    if found != list(names):
        return None
    pattern = re.compile("".join([_BLANK, *made, "()"]))
    if _CURRENCY not in pattern.groupindex:
        return None
    currency = pattern.groupindex[_CURRENCY] - 1  # right before its amount, so later ones stand one further
    group = {place: at + (at >= currency) for at, place in enumerate(places)}
    pick = itemgetter(*(group.get(place, ABSENT) for place in plan.places))  # the last group is always empty
    return Pattern(plan, pattern.match, pick, currency, pattern.pattern)


def _made(tokens: list[str], places: list[int], amount: int) -> tuple[list[str], list[str]]:
    """Pieces of the pattern, and the names of the elements; no names where the markup is not plain."""
    made: list[str] = []
    names: list[str] = []
    at = 0
    while at < len(tokens):
        if _CLOSING.fullmatch(tokens[at]):
            made += [_BLANK, re.escape(tokens[at])]
            at += 1
            continue
        opening = _OPENING.fullmatch(tokens[at])
        if opening is None:
            return [], []
        place, end = len(names), f"</{opening['name']}>"
        names.append(opening["name"].rpartition(":")[2])
        made += [_BLANK, _head(opening, with_currency=place == amount)]
        inside = 0 if opening["empty"] else _length(tokens[at + 1 : at + 3], end)
        if inside is None:
            made.append(">")
            at += 1
        else:
            text = f"({_TEXT})" if place in places else _TEXT
            made.append(f"(?:/>|>{text}{re.escape(end)})")
            at += 1 + inside
    return made, names


def _length(following: list[str], end: str) -> int | None:
    """How many tokens stand behind the opening of an element without children; ``None`` where it has some."""
    if following[:1] == [end]:
        return 1
    if following[1:] == [end] and not following[0].startswith("<"):
        return 2
    return None


def _head(opening: re.Match[str], *, with_currency: bool) -> str:
    """An opening tag without its bracket. What attributes say is of no interest, but for the currency."""
    made = ["<", re.escape(opening["name"])]
    for attribute, value in _ATTRIBUTE.findall(opening["attributes"]):
        fixed = attribute == "xmlns" or attribute.startswith("xmlns:")
        said = re.escape(value) if fixed else _VALUE
        if with_currency and attribute == _CURRENCY:
            said = f"(?P<{_CURRENCY}>{_VALUE})"
        made.append(f' {re.escape(attribute)}="{said}"')
    return "".join(made)
