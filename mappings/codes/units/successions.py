"""What became of a unit: from the list of one day to the list of another, both ways, many to many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from mappings.codes.units.lists import MERGED_ON, Level, Unit, children, province_of, rows, unit, units
from mappings.errors import MappingError

TABLE = "unit_successions"
_LAST_OLD = MERGED_ON - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit of the wanted day.

    Attributes:
        whole: the older of the two units lies in the younger one with all of its area.
        preferred: of a commune that was divided, the part that is taken when nothing more is known; never a certainty.
        official: the statistics office's table has this pair; otherwise it is to be taken with doubt.
    """

    unit: Unit
    whole: bool = True
    preferred: bool = True
    official: bool = True


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of ``successions.csv`` or an added one of ``notes.csv``; codes of communes."""

    old: str
    new: str
    whole: bool
    preferred: bool
    official: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the lists and the pairs do not say, with its reason."""

    code: str
    on: date
    reason: str


@cache
def _notes() -> Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]]:
    """Kind of note → code → (counterpart, reason)s."""
    found: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {"same": {}, "added": {}, "alone": {}}
    for row in rows("notes.csv"):
        of = found[row["kind"]]
        of[row["code"]] = (*of.get(row["code"], ()), (row["counterpart"], row["reason"]))
    return found


def _same(code: str) -> str:
    """The code that the newer list gives a unit which the pairs call ``code``."""
    return _notes()["same"].get(code, ((code, ""),))[0][0]


@cache
def pairs() -> tuple[Pair, ...]:
    """Every pair, in the order of old codes; codes of the new side as the list has them."""
    found = [
        Pair(
            row["old"],
            _same(row["new"]),
            row["whole"] == "1",
            row["preferred"] == "1",
            row["official"] == "1",
        )
        for row in rows("successions.csv")
    ]
    for code, notes in _notes()["added"].items():
        found += [Pair(code, new, whole=False, preferred=False, official=True) for new, _ in notes]
    return tuple(found)


@cache
def _forward() -> Mapping[str, tuple[Pair, ...]]:
    return _index((pair.old, pair) for pair in pairs())


@cache
def _backward() -> Mapping[str, tuple[Pair, ...]]:
    return _index((pair.new, pair) for pair in pairs())


def _index(keyed: Iterable[tuple[str, Pair]]) -> dict[str, tuple[Pair, ...]]:
    found: dict[str, tuple[Pair, ...]] = {}
    for code, pair in keyed:
        found[code] = (*found.get(code, ()), pair)
    return found


@cache
def _provinces() -> Mapping[str, str]:
    """Province of old → province of now; none was divided."""
    first: dict[str, str] = {}
    for pair in pairs():
        old = province_of(unit(pair.old, _LAST_OLD), _LAST_OLD).code
        first.setdefault(old, unit(pair.new, MERGED_ON).parent)
    return first


def became(code: str, known_on: date, wanted_on: date) -> tuple[Candidate, ...]:
    """What the unit that ``code`` meant on ``known_on`` is in the list of ``wanted_on``, earlier or later.

    The best candidate stands first: preferred before not, official before doubtful. A district of old has the communes that
    came out of it; a province of now has the provinces that it was made of.

    Raises:
        MappingError: no unit had this code on that day.
    """
    known = resolved(code, known_on)
    forward = known_on < MERGED_ON <= wanted_on
    if (known_on < MERGED_ON) == (wanted_on < MERGED_ON):
        found: Iterable[Candidate] = (Candidate(unit(known.code, wanted_on)),)
    elif known.level is Level.PROVINCE:
        found = _province(known.code, wanted_on, forward=forward)
    elif known.level is Level.DISTRICT:
        found = _district(known.code, wanted_on)
    else:
        found = _commune(known.code, wanted_on, forward=forward)
    return tuple(
        sorted(found, key=lambda one: (not one.preferred, not one.official, not one.whole, one.unit.code))
    )


def resolved(code: str, on: date) -> Unit:
    """As :func:`mappings.codes.units.unit`, and a code that another source gives the same unit.

    Raises:
        MappingError: no unit had this code on that day.
    """
    try:
        return unit(code, on)
    except MappingError:
        if on < MERGED_ON or _same(code) == code:
            raise
        return unit(_same(code), on)


def _commune(code: str, wanted_on: date, *, forward: bool) -> Iterator[Candidate]:
    if forward:
        for pair in _forward().get(code, ()):
            yield Candidate(unit(pair.new, wanted_on), pair.whole, pair.preferred, pair.official)
        return
    for pair in _backward().get(code, ()):
        yield Candidate(unit(pair.old, wanted_on), pair.whole, preferred=False, official=pair.official)
    for district, _ in _notes()["alone"].get(code, ()):
        yield Candidate(unit(district, wanted_on), whole=True, preferred=False, official=False)


def _district(code: str, wanted_on: date) -> Iterator[Candidate]:
    alone = {district: now for now, notes in _notes()["alone"].items() for district, _ in notes}
    if code in alone:
        yield Candidate(unit(alone[code], wanted_on), whole=True, preferred=False, official=False)
    whole: dict[str, bool] = {}
    for commune in children(code, _LAST_OLD):
        for pair in _forward().get(commune.code, ()):
            whole[pair.new] = whole.get(pair.new, True) and pair.whole and pair.official
    for new in whole:
        yield Candidate(unit(new, wanted_on), whole=False, preferred=False)


def _province(code: str, wanted_on: date, *, forward: bool) -> Iterator[Candidate]:
    if forward:
        yield Candidate(unit(_provinces()[code], wanted_on))
        return
    for old, new in _provinces().items():
        if new == code:
            yield Candidate(unit(old, wanted_on), preferred=False)


def why_none(code: str) -> str:
    """The reason that a unit of now has no commune of old; empty when there is none on record."""
    notes = _notes()["alone"].get(code, ())
    return notes[0][1] if notes else ""


def gaps() -> tuple[Gap, ...]:
    """Everything that the lists and the pairs leave open, each with its reason; an empty reason is a defect of the data."""
    found = [
        Gap(one.code, _LAST_OLD, "no pair tells what became of it")
        for one in units(Level.COMMUNE, _LAST_OLD)
        if one.code not in _forward()
    ]
    found += [
        Gap(one.code, MERGED_ON, why_none(one.code))
        for one in units(Level.COMMUNE, MERGED_ON)
        if one.code not in _backward()
    ]
    found += [Gap(code, MERGED_ON, notes[0][1]) for code, notes in _notes()["same"].items()]
    found += [
        Gap(pair.old, _LAST_OLD, f"the statistics office does not say that it became {pair.new}")
        for pair in pairs()
        if not pair.official
    ]
    found += [
        Gap(code, _LAST_OLD, f"{reason}: {new}")
        for code, notes in _notes()["added"].items()
        for new, reason in notes
    ]
    return tuple(found)


__all__ = ["TABLE", "Candidate", "Gap", "Pair", "became", "gaps", "pairs", "resolved", "why_none"]
