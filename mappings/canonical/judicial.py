"""A request for a criminal record certificate (phiếu lý lịch tư pháp). Personal throughout, and sensitive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mappings.canonical.party import Birth, Party


class FormKind(StrEnum):
    """Which certificate: number 1 for anybody entitled, number 2 with everything, for the person alone or the courts."""

    ONE = "1"
    TWO = "2"


class Declarer(StrEnum):
    """Who declares."""

    INDIVIDUAL = "individual"
    MANDATED = "mandated"
    AGENCY = "agency"
    PROCEEDINGS = "proceedings"


class Asker(StrEnum):
    """For whom it is issued."""

    CITIZEN = "citizen"
    FOREIGNER = "foreigner"
    AGENCY = "agency"
    PROCEEDINGS = "proceedings"


class PaperKind(StrEnum):
    """The paper that proves who somebody is."""

    PASSPORT = "passport"
    OLD_CARD = "old_card"
    RESIDENT_CARD = "resident_card"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class IdentityPaper:
    """Number and issue of an identity paper."""

    kind: PaperKind
    number: str
    issued_on: date | None = None
    issued_by: str = ""


@dataclass(frozen=True, slots=True)
class Kin:
    """Father, mother or spouse; the birth as far as it is known."""

    name: str
    birth: Birth | None = None


@dataclass(frozen=True, slots=True)
class Residence:
    """Where somebody lived from when to when; dates by day, month or year. ``until`` is ``None`` while it lasts."""

    since: Birth
    until: Birth | None
    place: str
    job: str = ""
    workplace: str = ""


@dataclass(frozen=True, slots=True)
class Mandated:
    """Who hands in for somebody else."""

    person: Party
    paper: IdentityPaper | None = None
    relation: str = ""
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a request as it travels inside messages; ``content`` is base64."""

    kind: str
    name: str
    content: str


@dataclass(frozen=True, slots=True)
class JudicialRequest:
    """One request, whole.

    Attributes:
        reference: our receipt number, unique for ever: by it the request is found there again.
        nationality, ethnicity, region, temporary_region, agency, agency_region: codes of their own lists, as text.
        residence, temporary_residence, birth_place: in words.
        copies, more_copies: how many certificates.
        ban_position: whether bans from office are asked for.
        delivery_address: where the Post brings it; empty: fetched at the counter.
        portal_id: their id of a request that began online.
    """

    reference: str
    applicant: Party
    paper: IdentityPaper
    form: FormKind
    declarer: Declarer
    asker: Asker
    declared_on: date
    other_name: str = ""
    birth_place: str = ""
    nationality: str = ""
    ethnicity: str = ""
    residence: str = ""
    region: str = ""
    temporary_residence: str = ""
    temporary_region: str = ""
    father: Kin | None = None
    mother: Kin | None = None
    spouse: Kin | None = None
    residences: tuple[Residence, ...] = ()
    mandated: Mandated | None = None
    copies: int = 1
    more_copies: int = 0
    purpose: str = ""
    agency: str = ""
    agency_region: str = ""
    ban_position: bool = False
    delivery_address: str = ""
    delivery_district: str = ""
    note: str = ""
    received_on: date | None = None
    promised_on: date | None = None
    receipt_number: str = ""
    portal_id: str = ""


__all__ = [
    "Asker",
    "Attachment",
    "Declarer",
    "FormKind",
    "IdentityPaper",
    "JudicialRequest",
    "Kin",
    "Mandated",
    "PaperKind",
    "Residence",
]
