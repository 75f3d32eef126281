"""Local procedures beside national ones: proposals by likeness of names, ranked, for a person to choose from. Pure.

Names do not match one to one (provinces shorten them, add 'Thủ tục', name the level in brackets), so nothing here decides: the
result is a list with scores, and a row of list ``procedure`` is proposed and accepted by people. No word list of the national
portal ships with the program; it is handed in (service LayDanhSachTTHC of the portal, or a file).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mappings.codes import forms
from mappings.text import alike, folded

LEAST = 0.35
"""Below it two names have nothing but the words of every name in common."""
_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset({"thu", "tuc"})
"""'Thủ tục' stands before a name or does not."""
_COMMON = 0.2
"""Words in more than this part of all names find nobody; they still count in the score."""
_FIRST = 60
"""Names that are looked at closely."""
_WORDS, _ORDER, _TONES = 0.6, 0.25, 0.15
"""Parts of the score: rare words in common, their order, and their marks."""
_SHORTENED = 0.75
"""A name whose every word stands in a longer one counts so much of an equal one."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A national procedure that a local one may be.

    Attributes:
        score: 0 to 1; 1 only where the names are equal but for spelling.
        same_code: the local code carries this national code: the strongest hint, and still a person's decision.
    """

    code: str
    name: str
    score: float
    same_code: bool = False


@dataclass(frozen=True, slots=True)
class _Name:
    code: str
    name: str
    key: str
    words: Mapping[str, int]
    pairs: Mapping[str, int]
    toned: Mapping[str, int]
    weight: float


class Procedures:
    """The national list, prepared for questions. Some milliseconds per question at 6,000 names; keep it and ask often."""

    def __init__(self, national: Iterable[tuple[str, str]]) -> None:
        """``national``: code and name. A code that comes twice keeps its first name."""
        split: dict[str, tuple[str, list[str], list[str]]] = {}
        for code, name in national:
            split.setdefault(code, (name, _plain(name), _toned(name)))
        often = Counter(word for _, words, _ in split.values() for word in set(words))
        self._count = len(split)
        self._rarity = {word: self._rare(count) for word, count in often.items()}
        self._names: list[_Name] = []
        self._with: dict[str, list[int]] = {}
        self._by_code: dict[str, int] = {}
        most = max(1.0, self._count * _COMMON)
        for code, (name, words, toned) in split.items():
            counted = Counter(words)
            self._by_code[code] = len(self._names)
            for word in counted:
                if often[word] <= most:
                    self._with.setdefault(word, []).append(len(self._names))
            self._names.append(
                _Name(code, name, alike(name), counted, _pairs(words), Counter(toned), self._weight(counted))
            )

    def __len__(self) -> int:
        return self._count

    def like(
        self, name: str, *, local_code: str = "", most: int = 5, least: float = LEAST
    ) -> tuple[Likeness, ...]:
        """National procedures that the local one may be, likeliest first; equal scores in the order of codes.

        Args:
            local_code: where it begins with a national code, that one is in the answer whatever its name.
            least: likeness below it is not told.
        """
        words = _plain(name)
        asked = _Name("", name, alike(name), Counter(words), _pairs(words), Counter(_toned(name)), 0.0)
        found = {number: self._score(asked, self._names[number]) for number in self._near(asked.words)}
        same = self._by_code.get(local_code[:8], -1) if forms.fits(forms.PROCEDURE, local_code[:8]) else -1
        if same >= 0:
            found.setdefault(same, self._score(asked, self._names[same]))
        told = [
            Likeness(one.code, one.name, round(score, 4), number == same)
            for number, score in found.items()
            if (one := self._names[number]) and (score >= least or number == same)
        ]
        return tuple(sorted(told, key=lambda one: (not one.same_code, -one.score, one.code))[:most])

    def _near(self, words: Mapping[str, int]) -> Sequence[int]:
        """The names that share the rarest words, at most :data:`_FIRST`; of a name of common words only, those with all of them."""
        shared: dict[int, float] = {}
        for word in words:
            rarity = self._rarity.get(word, 0.0)
            for number in self._with.get(word, ()):
                shared[number] = shared.get(number, 0.0) + rarity
        if not shared:
            return [
                number for number, one in enumerate(self._names) if words and words.keys() <= one.words.keys()
            ][:_FIRST]
        # Against the length of the name: the longest of 1,000 characters shares a word with everything.
        rank = sorted(
            shared, key=lambda number: (-shared[number] / math.sqrt(self._names[number].weight), number)
        )
        return rank[:_FIRST]

    def _score(self, asked: _Name, other: _Name) -> float:
        if asked.key == other.key:
            return 1.0
        common = self._weight({word: min(n, other.words.get(word, 0)) for word, n in asked.words.items()})
        own = self._weight(asked.words)
        shared = 2 * common / (own + other.weight) if own + other.weight else 0.0
        inside = _SHORTENED * common / own if own else 0.0  # a short name may be the beginning of a long one
        likeness = _WORDS * max(shared, inside)
        likeness += _ORDER * _dice(asked.pairs, other.pairs) + _TONES * _dice(asked.toned, other.toned)
        return min(likeness, 0.9999)

    def _weight(self, words: Mapping[str, int]) -> float:
        return sum(count * self._rarity.get(word, self._rare(1)) for word, count in words.items())

    def _rare(self, count: int) -> float:
        return math.log(1 + self._count / max(count, 1)) if self._count else 1.0


def _plain(name: str) -> list[str]:
    words = _WORD.findall(folded(name))
    return [word for word in words if word not in _EMPTY] or words


def _toned(name: str) -> list[str]:
    return re.findall(r"[^\s,;:()\[\]\"/]+", alike(name))


def _pairs(words: Sequence[str]) -> Mapping[str, int]:
    return Counter(f"{one} {after}" for one, after in pairwise(words))


def _dice(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    whole = sum(one.values()) + sum(other.values())
    return 2 * sum(min(n, other.get(word, 0)) for word, n in one.items()) / whole if whole else 0.0


__all__ = ["LEAST", "Likeness", "Procedures"]
