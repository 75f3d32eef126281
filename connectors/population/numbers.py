"""What a personal number tells by itself. Asked before a call that costs quota and is watched.

Structure: 3 digits place of birth registration, 1 digit century and sex, 2 digits year, 6 drawn by chance
(regulation on the personal number; province codes are those of 2016 and stay with a number after mergers).
"""

from __future__ import annotations

from connectors.kit.reading import Unreadable
from mappings.canonical.citizen import CitizenClaim
from mappings.canonical.party import BirthPrecision, Sex

_CODES = (
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 "
    "037 038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 "
    "077 079 080 082 083 084 086 087 089 091 092 093 094 095 096"
)
_PROVINCES = frozenset(_CODES.split())
_FIRST_COUNTRY = 100
"""From here on a number's first three digits are the country of birth."""


def checked(claim: CitizenClaim, *, structure: bool = True) -> None:
    """Whether ``claim`` can be true at all, by its number alone.

    Args:
        structure: also look at place, century, sex and year in a 12-digit number.

    Raises:
        Unreadable: with the field's name; never with its value.
    """
    number = claim.number
    if not (number.isascii() and number.isdigit()) or len(number) not in (9, 12):
        raise Unreadable("SoDinhDanh", "12 digits are expected, or the 9 of the old card")
    if claim.birth.precision is BirthPrecision.MONTH:
        raise Unreadable("NgayThangNamSinh", "a whole date or the year alone can be asked")
    if len(number) == 9 or not structure:
        return
    place = number[:3]
    if place not in _PROVINCES and int(place) < _FIRST_COUNTRY:
        raise Unreadable("SoDinhDanh", "begins with no province's or country's code")
    year = born_in(number)
    if year != claim.birth.on.year:
        raise Unreadable("SoDinhDanh", "tells another year of birth")
    sex = sex_of(number)
    if claim.sex in (Sex.MALE, Sex.FEMALE) and sex is not claim.sex:
        raise Unreadable("SoDinhDanh", "tells another sex")


def born_in(number: str) -> int:
    """Year of birth in a 12-digit number."""
    return 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def sex_of(number: str) -> Sex:
    """Sex in a 12-digit number; ``UNKNOWN`` for anything else."""
    if len(number) != 12 or not (number.isascii() and number.isdigit()):
        return Sex.UNKNOWN
    return Sex.FEMALE if int(number[3]) % 2 else Sex.MALE
