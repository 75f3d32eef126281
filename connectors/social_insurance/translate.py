"""Between the look-ups' messages and our words. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.kit.reading import Unreadable
from connectors.social_insurance import wire
from connectors.social_insurance.settings import Settings
from mappings.canonical.insurance import InsuranceQuestion, InsuredMember, InsuredPerson
from mappings.canonical.party import PersonName, Place, Sex

_CARD = re.compile(r"[A-Z]{2}[0-9]{13}|[0-9]{10}")
_BOOK = re.compile(r"[A-Za-z0-9/-]{1,30}")


def number(given: str, settings: Settings) -> str:
    """A social insurance number without the spaces that people type.

    Raises:
        ValueError: another number of digits.
    """
    found = "".join(given.split())
    if not (found.isascii() and found.isdigit()) or len(found) != settings.number_digits:
        raise ValueError(f"a social insurance number has {settings.number_digits} digits")
    return found


def by_criteria(question: InsuranceQuestion, settings: Settings, *, today: date) -> dict[str, str]:
    """GetMaSoBhxhTheoTieuChi.

    Raises:
        ValueError: what is asked by is not there or cannot be. The text holds no part of it.
    """
    place = question.place
    district = _code(place.district, "district", 3, needed=settings.district_needed)
    return {
        **_person(question, settings, today),
        "maTinhKs": _code(place.province, "province", 2, needed=True),
        "maHuyenKs": district,
        "maXaKs": _code(place.commune, "commune", 5, needed=True),
        "isKs": _by_birth(question),
    }


def of_household(question: InsuranceQuestion, settings: Settings, *, today: date) -> dict[str, str]:
    """GetTraCuuThongTinHgd.

    Raises:
        ValueError
    """
    if question.old_book and not _BOOK.fullmatch(question.old_book):
        raise ValueError("the number of an old book is letters, digits, dashes and slashes")
    card = "".join(question.card.split()).upper()
    if card and not _CARD.fullmatch(card):
        raise ValueError("a health insurance card has 2 letters and 13 digits, or 10 digits")
    province = _code(question.place.province, "province", 2, needed=True)
    return {
        settings.province_key: province,
        **_person(question, settings, today),
        "soSo": question.old_book,
        "maThe": card,
        "isKs": _by_birth(question),
    }


def person(row: Mapping[str, Any], asked: str) -> InsuredPerson:
    """The insured person with the number ``asked``.

    Raises:
        Unreadable: also when the answer names another number.
    """
    echoed = wire.text(row, "maSoBhxh")
    if echoed and echoed != asked:
        raise Unreadable("maSoBhxh", "is another than was asked")
    place = Place(
        province=wire.text(row, "maTinhKs", most=10),
        district=wire.text(row, "maHuyenKs", most=10),
        commune=wire.text(row, "maXaKs", most=10),
    )
    return InsuredPerson(
        number=asked,
        name=_name(row),
        birth=wire.birth_of(row),
        sex=wire.sex_of(row),
        state=wire.text(row, "trangThai", needed=True),
        old_book=wire.text(row, "soSoCu"),
        place=place if place != Place() else None,
    )


def member(row: Mapping[str, Any]) -> InsuredMember:
    """One member of a household.

    Raises:
        Unreadable
    """
    return InsuredMember(
        number=wire.text(row, "maSo"),
        name=_name(row),
        birth=wire.birth_of(row),
        sex=wire.sex_of(row),
        household=wire.text(row, "maHo", needed=True),
        address=unicodedata.normalize("NFC", wire.text(row, "diaChi")),
        state=wire.text(row, "trangThai"),
    )


def digest_of(subject: str, key: str) -> str:
    """The subject of a look as the ledger of purposes may keep it: by number, or by all that was asked by."""
    return hmac.digest(key.encode(), b"social_insurance\0" + subject.encode(), hashlib.sha256).hex()


def subject_of(question: InsuranceQuestion) -> str:
    """Who is looked for where no number is known: the same words about the same person give the same text."""
    name = unicodedata.normalize("NFC", " ".join(question.name.split())).casefold()
    birth = question.birth
    return f"{name}|{birth.on.isoformat()}|{birth.precision.value}|{question.sex.value}"


def _person(question: InsuranceQuestion, settings: Settings, today: date) -> dict[str, str]:
    name = unicodedata.normalize("NFC", " ".join(question.name.split()))
    if not any(character.isalpha() for character in name) or len(name) > 100 or not wire.seen(name):
        raise ValueError("a name is 1 to 100 characters that can be seen")
    if question.sex is Sex.UNKNOWN:
        raise ValueError("the sex must be told: 1, 2 or 3 there")
    if not date(1900, 1, 1) <= question.birth.on <= today:
        raise ValueError("nobody who is asked about was born on that day")
    return {
        "hoTen": name.upper() if settings.upper_case else name,
        **wire.sent_birth(question.birth, settings.partial_birth),
        "gioiTinh": wire.SEXES[question.sex],
    }


def _by_birth(question: InsuranceQuestion) -> str:
    return "1" if question.by_birth_place else "0"


def _code(code: str, what: str, length: int, *, needed: bool) -> str:
    if not code and not needed:
        return ""
    if not (code.isascii() and code.isdigit()) or len(code) != length:
        raise ValueError(f"the code of the {what} has {length} digits")
    return code


def _name(row: Mapping[str, Any]) -> PersonName:
    return PersonName(unicodedata.normalize("NFC", wire.text(row, "hoTen", needed=True)))
