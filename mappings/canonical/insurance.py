"""Insured people and their households as social security tells them. Personal throughout."""

from __future__ import annotations

from dataclasses import dataclass

from mappings.canonical.party import Birth, PersonName, Place, Sex


@dataclass(frozen=True, slots=True)
class InsuredPerson:
    """Somebody with a social insurance number.

    Attributes:
        number: social insurance number; empty where the answer does not repeat it.
        old_book: number of the old insurance book.
        place: of birth registration, or of the household where the look-up says so; codes as received.
        state: their word or number, as received; nobody has published what they are.
    """

    number: str
    name: PersonName
    birth: Birth | None
    sex: Sex
    state: str
    old_book: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class InsuredMember:
    """Somebody in the household that social security keeps.

    Attributes:
        household: number of the household there; ``address`` in words.
    """

    number: str
    name: PersonName
    birth: Birth | None
    sex: Sex
    household: str
    address: str
    state: str


@dataclass(frozen=True, slots=True)
class InsuranceQuestion:
    """By what somebody is looked for.

    Attributes:
        place: codes of the place of birth registration, or of the household when ``by_birth_place`` is false.
        old_book, card: to look in a household by; either may be empty.
    """

    name: str
    birth: Birth
    sex: Sex
    place: Place
    by_birth_place: bool = True
    old_book: str = ""
    card: str = ""


__all__ = ["InsuranceQuestion", "InsuredMember", "InsuredPerson"]
