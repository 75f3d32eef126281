"""People, organisations and places as every connector understands them. Names are NFC, as received; personal throughout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PartyKind(StrEnum):
    """Who applies. Each system has numbers of its own for it (see ``mappings.tables.applicants``)."""

    CITIZEN = "citizen"
    ENTERPRISE = "enterprise"
    HOUSEHOLD_BUSINESS = "household_business"
    COOPERATIVE = "cooperative"
    AGENCY = "agency"
    OTHER = "other"


class Sex(StrEnum):
    """As civil papers know it."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = ""


class BirthPrecision(StrEnum):
    """How much of a date of birth is known; older papers often hold the year alone."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth as far as it is known.

    Attributes:
        on: the date; of a year or month alone its first day, of which only ``precision`` may be used.
    """

    on: date
    precision: BirthPrecision = BirthPrecision.DAY


@dataclass(frozen=True, slots=True)
class Place:
    """An address in two levels (since 01/07/2025) or three.

    Attributes:
        province, commune: codes of the statistics office, 2 and 5 digits; ``district``: 3 digits, only before the merger.
        codes_on: day for which the codes hold: a code without its date is wrong data. ``None``: not told.
        detail: house, street, hamlet.
        text: the whole address in words when codes are not known.
        country: ISO 3166-1 alpha-2.
    """

    province: str = ""
    district: str = ""
    commune: str = ""
    detail: str = ""
    text: str = ""
    country: str = "VN"
    codes_on: date | None = None


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in one field, and split where the other side splits. ``given`` may hold all of it (population quirk)."""

    full: str
    family: str = ""
    middle: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """An applicant, owner, payer or citizen.

    Attributes:
        personal_number: 12 digits; ``old_number``: the 9-digit card; ``passport``.
        tax_code: 10 digits, or 13 with the branch (``0123456789-001``).
        account: their id at the national sign-on (TechID); may be empty.
    """

    kind: PartyKind
    name: PersonName
    personal_number: str = ""
    old_number: str = ""
    passport: str = ""
    tax_code: str = ""
    birth: Birth | None = None
    sex: Sex = Sex.UNKNOWN
    place: Place | None = None
    phone: str = ""
    email: str = ""
    fax: str = ""
    account: str = ""
