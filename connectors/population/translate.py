"""Between the population database's messages and our words. Pure."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import date, datetime
from typing import Any

from lxml import etree

from connectors.kit.reading import VIETNAM, Unreadable
from connectors.population import wire
from connectors.population.numbers import sex_of
from connectors.population.settings import Settings
from mappings.canonical.citizen import (
    CheckVerdict,
    Citizen,
    CitizenClaim,
    FamilyLink,
    LifeState,
    Marital,
    Relation,
)
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind, PersonName, Place

MERGER = date(2025, 7, 1)
"""From this day on there are two levels and no districts."""
LAST_THREE_LEVEL_DAY = date(2025, 6, 30)
_LONGEST_NAME = 100
_RELATIONS = (
    ("Cha", Relation.FATHER),
    ("Me", Relation.MOTHER),
    ("VoChong", Relation.SPOUSE),
    ("NguoiDaiDien", Relation.GUARDIAN),
    ("ChuHo", Relation.HEAD),
)


def sent_name(name: str) -> str:
    """HoVaTen as it leaves us: upper case, NFC, one line, at most 100 characters.

    Raises:
        Unreadable: empty, too long, or with characters that cannot be seen.
    """
    found = wire.plain(name, "HoVaTen", most=_LONGEST_NAME)
    if not any(character.isalpha() for character in found):
        raise Unreadable("HoVaTen", "is empty")
    return wire.plain(found.upper(), "HoVaTen", most=_LONGEST_NAME)


def sent_birth(birth: Birth) -> tuple[str, str]:
    """NgayThangNam with the day, or Nam where only the year is known.

    Raises:
        Unreadable: only month and year are known; there is no form for it.
    """
    if birth.precision is BirthPrecision.MONTH:
        raise Unreadable("NgayThangNamSinh", "a whole date or the year alone can be asked")
    if birth.precision is BirthPrecision.YEAR:
        return "Nam", f"{birth.on.year:04d}"
    return "NgayThangNam", f"{birth.on:%Y%m%d}"


def digest_of(number: str, key: str) -> str:
    """The subject of a look as the ledger of purposes may keep it."""
    return hmac.digest(key.encode(), b"population\0" + number.encode(), hashlib.sha256).hex()


def verdict_of(body: etree._Element, settings: Settings) -> tuple[CheckVerdict | None, str]:
    """What the flag of an answer says, with the flag itself; ``(None, "")`` when there is none.

    KetQuaXacThuc speaks of the data (no: not confirmed), TonTai of the person (no: not found). Two that contradict
    each other, or a word that is neither yes nor no, are unclear.
    """
    found: set[CheckVerdict] = set()
    code = ""
    for name, text in wire.flags(body):
        word = text.lower()
        code = code or (text if text.isascii() and text.isalnum() and len(text) <= 10 else "?")
        if word in settings.confirmed_words:
            found.add(CheckVerdict.CONFIRMED)
        elif word in settings.refuted_words:
            found.add(CheckVerdict.NOT_FOUND if name == "TonTai" else CheckVerdict.NOT_CONFIRMED)
        else:
            found.add(CheckVerdict.UNCLEAR)
    if len(found) > 1:
        return CheckVerdict.UNCLEAR, code
    return (next(iter(found)) if found else None), code


def citizens(body: etree._Element, settings: Settings) -> tuple[Citizen, ...] | None:
    """Everybody in the answer's collection; ``None`` when the answer has no collection at all.

    Raises:
        Unreadable: a count that does not fit (the answer was cut), or a field that cannot be read.
    """
    node = wire.collection(body)
    if node is None:
        return None
    part = wire.Part(node)
    found = part.all("CongDan")
    stated = part.attribute("SoCongDan")
    if stated and (not stated.isascii() or not stated.isdigit() or int(stated) != len(found)):
        raise Unreadable("SoCongDan", "is not the number of citizens in the answer")
    data_at = _moment(part, settings)
    return tuple(_citizen(each, data_at, settings) for each in found)


def is_about(citizen: Citizen, claim: CitizenClaim) -> bool:
    """Whether ``citizen`` is who was asked about: by the number, or by name and birth where an old number was not echoed."""
    party = citizen.party
    if claim.number in (party.personal_number, party.old_number):
        return True
    if len(claim.number) == 12 or party.old_number:
        return False
    same_name = _compared(party.name.full) == _compared(claim.name)
    return same_name and party.birth is not None and _births_agree(party.birth, claim.birth)


def agrees(citizen: Citizen, claim: CitizenClaim) -> bool:
    """Whether name and birth of ``citizen`` are those of ``claim``; birth by the coarser of the two."""
    birth = citizen.party.birth
    same_name = _compared(citizen.party.name.full) == _compared(claim.name)
    return same_name and birth is not None and _births_agree(birth, claim.birth)


def head_of(citizen: Citizen) -> FamilyLink | None:
    """The head of the household of ``citizen``, when told."""
    return next((link for link in citizen.links if link.relation is Relation.HEAD), None)


def _compared(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).upper().split())


def _births_agree(one: Birth, other: Birth) -> bool:
    if BirthPrecision.YEAR in (one.precision, other.precision):
        return one.on.year == other.on.year
    return one.on == other.on


def _citizen(part: wire.Part, data_at: datetime | None, settings: Settings) -> Citizen:
    personal, old = _numbers(part)
    if not personal and not old:
        raise Unreadable("SoDinhDanh", "is missing, and SoCMND too")
    sex_code, marital_code = part.text("GioiTinh", most=20), part.text("TinhTrangHonNhan", most=20)
    permanent, current = (_place(part, name, data_at) for name in ("ThuongTru", "NoiOHienTai"))
    party = Party(
        kind=PartyKind.CITIZEN,
        name=_name(part, needed=True),
        personal_number=personal,
        old_number=old,
        birth=_birth(part),
        sex=settings.sex_codes.get(sex_code) or sex_of(personal),
        place=current or permanent,
    )
    links = tuple(
        link for name, relation in _RELATIONS if (link := _link(part.one(name), relation)) is not None
    )
    life = part.text(settings.life_element, most=40)
    return Citizen(
        party=party,
        marital=settings.marital_codes.get(marital_code, Marital.UNKNOWN),
        marital_code=marital_code,
        birth_registered=_place(part, "NoiDangKyKhaiSinh", data_at),
        origin=_place(part, "QueQuan", data_at),
        permanent=permanent,
        current=current,
        nationality=part.text("QuocTich", most=40),
        ethnicity=part.text("DanToc", most=40),
        religion=part.text("TonGiao", most=40),
        blood_group=part.text("NhomMau", most=20),
        household_number=part.text("SoSoHoKhau", most=40),
        links=links,
        life=settings.life_codes.get(life, LifeState.UNCLEAR),
        data_at=data_at,
    )


def _numbers(part: wire.Part) -> tuple[str, str]:
    found = []
    for name, length in (("SoDinhDanh", 12), ("SoCMND", 9)):
        text = part.text(name, most=40)
        if text and (len(text) != length or not (text.isascii() and text.isdigit())):
            raise Unreadable(name, f"{length} digits are expected")
        found.append(text)
    return found[0], found[1]


def _name(part: wire.Part, *, needed: bool) -> PersonName:
    """HoVaTen: split, or whole in one of its parts, or as plain text."""
    node = part.one("HoVaTen")
    if node is None or node.is_leaf():
        full = node.own_text(most=_LONGEST_NAME) if node is not None else ""
        split = PersonName(full)
    else:
        family, middle, given = (node.text(each, most=_LONGEST_NAME) for each in ("Ho", "ChuDem", "Ten"))
        full = " ".join(each for each in (family, middle, given) if each)
        split = PersonName(full, family, middle, given)
    if needed and not split.full:
        raise Unreadable("HoVaTen", "is missing")
    return split


def _birth(part: wire.Part) -> Birth | None:
    node = part.one("NgayThangNamSinh")
    if node is None:
        return None
    day, year = node.text("NgayThangNam", most=10), node.text("Nam", most=4)
    if day:
        form = "%Y-%m-%d" if "-" in day else "%Y%m%d"  # a document says dashes, every program sends none
        found = wire.day(day, "NgayThangNam", form)
        if year and year != f"{found.year:04d}":
            raise Unreadable("Nam", "is another year than NgayThangNam's")
        return Birth(found)
    if year:
        return Birth(wire.day(year, "Nam", "%Y"), BirthPrecision.YEAR)
    return None


def _place(part: wire.Part, name: str, data_at: datetime | None) -> Place | None:
    """An address with the day on which its codes hold.

    A district code belongs to the three levels before the merger. With data of a later day it is stale, and nobody knows
    of which list the commune's code is: no day is told then.
    """
    node = part.one(name)
    if node is None:
        return None
    province = _code(node, "MaTinhThanh", 2)
    district = _code(node, "MaQuanHuyen", 3)
    commune = _code(node, "MaPhuongXa", 5)
    detail, country = node.text("ChiTiet"), node.text("QuocGia", most=40)
    if not any((province, district, commune, detail, country)):
        return None
    known = data_at.astimezone(VIETNAM).date() if data_at else None
    codes_on: date | None
    if district:
        codes_on = LAST_THREE_LEVEL_DAY if known is None else (known if known < MERGER else None)
    else:
        codes_on = known
    return Place(
        province=province,
        district=district,
        commune=commune,
        detail=detail,
        country=country or "VN",
        codes_on=codes_on if province else None,
    )


def _code(node: wire.Part, name: str, length: int) -> str:
    text = node.text(name, most=20)
    if text and (len(text) != length or not (text.isascii() and text.isdigit())):
        raise Unreadable(name, f"{length} digits are expected")
    return text


def _link(part: wire.Part | None, relation: Relation) -> FamilyLink | None:
    if part is None:
        return None
    personal, old = _numbers(part)
    name = _name(part, needed=False)
    if not (personal or old or name.full):
        return None
    return FamilyLink(
        relation=relation,
        name=name,
        personal_number=personal,
        old_number=old,
        nationality=part.text("QuocTich", most=40),
        their_relation=part.text("QuanHe", most=20),
    )


def _moment(part: wire.Part, settings: Settings) -> datetime | None:
    """ThoiDiemDuLieu in one of the agreed forms, local time.

    Raises:
        Unreadable: there, but in none of them.
    """
    text = part.attribute(settings.time_attribute) if settings.time_attribute else ""
    if not text:
        return None
    for form in settings.time_formats:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is Việt Nam's by agreement
        except ValueError:
            continue
        if found.strftime(form) == text:
            return found.replace(tzinfo=VIETNAM)
    raise Unreadable(settings.time_attribute, "is in none of the agreed forms")


def json_fields(fields: list[wire.Field], settings: Settings) -> dict[str, Any]:
    """The same question as a flat JSON object (Đồng Tháp)."""
    flat: dict[str, Any] = {}
    for name, content in fields:
        key = "ngayThangNam" if name == "NgayThangNamSinh" else _JSON_NAMES.get(name, "")
        if key:
            flat[key] = content if isinstance(content, str) else content[0][1]
    return {**flat, "userNameService": settings.user_service}


_JSON_NAMES = {
    "MaYeuCau": "maYeuCau",
    "MaDVC": "maDVC",
    "MaDichVu": "maDVC",
    "MaCanBo": "maCanBo",
    "SoDinhDanh": "soDinhDanh",
    "SoCMND": "soCMND",
    "HoVaTen": "hoVaTen",
}

__all__ = [
    "agrees",
    "citizens",
    "digest_of",
    "head_of",
    "is_about",
    "json_fields",
    "sent_birth",
    "sent_name",
    "verdict_of",
]
