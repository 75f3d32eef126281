"""Citizens and households as the national population database tells them. Personal throughout, except verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mappings.canonical.party import Birth, Party, PersonName, Place, Sex


class CheckVerdict(StrEnum):
    """What a register said to a claim.

    ``UNCLEAR`` is an answer that our rules do not understand, or one that contradicts itself: never a yes, never a no.
    """

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    NOT_FOUND = "not_found"
    UNCLEAR = "unclear"


class Relation(StrEnum):
    """What somebody is to the citizen that was asked about."""

    FATHER = "father"
    MOTHER = "mother"
    SPOUSE = "spouse"
    GUARDIAN = "guardian"
    HEAD = "head"


class Marital(StrEnum):
    """Marital state; ``UNKNOWN`` while nobody has told what the register's code means."""

    SINGLE = "single"
    MARRIED = "married"
    DIVORCED = "divorced"
    WIDOWED = "widowed"
    UNKNOWN = ""


class LifeState(StrEnum):
    """Whether a person lives, by the register. ``UNCLEAR`` is no proof of either."""

    ALIVE = "alive"
    DEAD = "dead"
    MISSING = "missing"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class CitizenClaim:
    """What an applicant says of himself and a register is asked about.

    Attributes:
        number: 12 digits (personal number) or 9 (old card).
        birth: by day or by year alone.
        sex: checked locally against a 12-digit number; never sent.
    """

    number: str
    name: str
    birth: Birth
    sex: Sex = Sex.UNKNOWN


@dataclass(frozen=True, slots=True)
class FamilyLink:
    """Somebody to whom a citizen is tied.

    Attributes:
        their_relation: the register's own code (``CH01`` …), as received.
    """

    relation: Relation
    name: PersonName
    personal_number: str = ""
    old_number: str = ""
    nationality: str = ""
    their_relation: str = ""


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen as registered. What the register left out is empty, which does not mean that there is none.

    Attributes:
        party: name, numbers, birth, sex; its place is the current residence, else the permanent one.
        ethnicity, religion, blood_group, marital_code: the register's codes as received.
        household_number: SoSoHoKhau, only in older records.
        data_at: moment of the register's data, when told.
    """

    party: Party
    marital: Marital = Marital.UNKNOWN
    marital_code: str = ""
    birth_registered: Place | None = None
    origin: Place | None = None
    permanent: Place | None = None
    current: Place | None = None
    nationality: str = ""
    ethnicity: str = ""
    religion: str = ""
    blood_group: str = ""
    household_number: str = ""
    links: tuple[FamilyLink, ...] = ()
    life: LifeState = LifeState.UNCLEAR
    data_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CitizenCheck:
    """The answer to a question about one citizen.

    Attributes:
        their_code: the flag as received, when it is a short plain word; holds no personal data.
        citizen: what came with it; of the person that was asked about, never of another.
    """

    verdict: CheckVerdict
    their_code: str = ""
    citizen: Citizen | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """Who lives together. ``number`` is empty in newer records."""

    number: str
    head: FamilyLink | None
    members: tuple[Citizen, ...]


__all__ = [
    "CheckVerdict",
    "Citizen",
    "CitizenCheck",
    "CitizenClaim",
    "FamilyLink",
    "Household",
    "LifeState",
    "Marital",
    "Relation",
]
