"""A ``Place`` of one day in the units of another day: one, several to choose from, or none with the reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from mappings.canonical.party import Place
from mappings.codes.units.lists import MERGED_ON, Level, Unit, named, province_of, unit
from mappings.codes.units.successions import became, resolved
from mappings.errors import MappingError


class Outcome(StrEnum):
    """How sure a conversion is."""

    ONE = "one"
    SEVERAL = "several"
    NONE = "none"


class Reason(StrEnum):
    """Why there is no place, or none to be sure of; screens have words for each."""

    UNDATED = "undated"  # codes without the day for which they hold
    NO_CODES = "no-codes"
    UNKNOWN_CODE = "unknown-code"
    CONTRADICTION = "contradiction"  # the commune does not lie in the province or district beside it
    DIVIDED = "divided"  # the unit was divided, or made of several
    DISTRICT_GONE = "district-gone"
    NOT_OFFICIAL = "not-official"  # the statistics office's table does not have the only pair
    LIST_NOT_KNOWN = "list-not-known"  # the day lies before the oldest list
    NO_COUNTERPART = "no-counterpart"


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """What became of a place.

    Attributes:
        places: best first; of ``SEVERAL`` a person chooses, a program does not.
        reason: empty only where nothing is doubtful.
    """

    outcome: Outcome
    places: tuple[Place, ...] = ()
    reason: str = ""

    def only(self) -> Place:
        """The place.

        Raises:
            MappingError: there is none, or more than one.
        """
        if self.outcome is Outcome.ONE:
            return self.places[0]
        raise MappingError("places", self.outcome.value, self.reason)


def place_on(place: Place, day: date) -> PlaceFound:
    """``place`` in the units of ``day``; house, street and words stay as they are.

    A place abroad is itself. Codes without ``codes_on`` are not read: the same code was another commune before 01/07/2025.
    """
    if place.country != "VN":
        return PlaceFound(Outcome.ONE, (place,))
    code = place.commune or place.district or place.province
    if not code:
        return PlaceFound(Outcome.NONE, reason=Reason.NO_CODES)
    if place.codes_on is None:
        return PlaceFound(Outcome.NONE, reason=Reason.UNDATED)
    try:
        known = resolved(code, place.codes_on)
    except MappingError:
        return PlaceFound(Outcome.NONE, reason=Reason.UNKNOWN_CODE)
    if not _agrees(place, known, place.codes_on):
        return PlaceFound(Outcome.NONE, reason=Reason.CONTRADICTION)
    found = became(code, place.codes_on, day)
    if not found:
        return PlaceFound(Outcome.NONE, reason=Reason.NO_COUNTERPART)
    places = tuple(_placed(place, one.unit, day) for one in found)
    if len(places) > 1:
        gone = known.level is Level.DISTRICT
        return PlaceFound(Outcome.SEVERAL, places, Reason.DISTRICT_GONE if gone else Reason.DIVIDED)
    doubt = "" if found[0].official else Reason.NOT_OFFICIAL
    if not (known.is_sure(place.codes_on) and found[0].unit.is_sure(day)):
        doubt = doubt or Reason.LIST_NOT_KNOWN
    return PlaceFound(Outcome.ONE, places, doubt)


def place_named(
    province: str, commune: str, day: date, *, district: str = "", detail: str = ""
) -> PlaceFound:
    """The place with these names on ``day``: several when a name is borne twice, none when one is not in the list.

    Args:
        district: needed before 01/07/2025 where a province has the commune's name twice; ignored afterwards.
        detail: house, street, hamlet.
    """
    provinces = named(Level.PROVINCE, province, day)
    if len(provinces) != 1:
        return PlaceFound(Outcome.NONE, reason=Reason.UNKNOWN_CODE)
    above = [provinces[0]]
    if district and day < MERGED_ON:
        above = list(named(Level.DISTRICT, district, day, inside=provinces[0].code))
    if commune:
        above = [one for each in above for one in named(Level.COMMUNE, commune, day, inside=each.code)]
    places = tuple(_placed(Place(detail=detail), one, day) for one in above)
    if not places:
        return PlaceFound(Outcome.NONE, reason=Reason.UNKNOWN_CODE)
    if len(places) > 1:
        return PlaceFound(Outcome.SEVERAL, places, Reason.DIVIDED)
    return PlaceFound(Outcome.ONE, places, "" if above[0].is_sure(day) else Reason.LIST_NOT_KNOWN)


def _agrees(place: Place, known: Unit, on: date) -> bool:
    """Whether the codes beside the lowest one are those of the units above it; codes that are not told agree."""
    if place.province and province_of(known, on).code != place.province:
        return False
    if known.level is Level.COMMUNE and place.district:
        return known.parent == place.district if on < MERGED_ON else False
    return True


def _placed(place: Place, lowest: Unit, day: date) -> Place:
    codes = {"province": "", "district": "", "commune": ""}
    codes[lowest.level.value] = lowest.code
    above = lowest
    while above.parent:
        above = unit(above.parent, day)
        codes[above.level.value] = above.code
    return replace(place, **codes, codes_on=day)


__all__ = ["Outcome", "PlaceFound", "Reason", "place_named", "place_on"]
