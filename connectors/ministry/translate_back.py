"""The adapter's words into ours: a dossier, a step, a state. Pure and strict; what both sides know comes back as it left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any, TypeVar

from connectors.kit.reading import Unreadable, a_list, a_whole, an_object
from connectors.ministry import wire
from connectors.ministry.settings import Settings
from connectors.ministry.translate import SYSTEM
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import Channel, DossierFile, FeeItem, FileRef, Paper, ResultPaper, Step
from mappings.canonical.party import Birth, Party, PartyKind, PersonName, Place
from mappings.errors import MappingError
from mappings.tables import applicants
from mappings.tables.national_statuses import state_or_pending

_PERSONAL = re.compile(r"[0-9]{12}")
_OLD = re.compile(r"[0-9]{9}")
_TAX_CODE = re.compile(r"[0-9]{10}(?:-[0-9]{3})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
V = TypeVar("V")


def dossier(
    item: Mapping[str, Any], settings: Settings, *, on: date, version: int, state: DossierState
) -> tuple[DossierFile, dict[str, Any]]:
    """A dossier from the message of NoiHoSo, and its free form. ``state``: the message has none.

    Raises:
        Unreadable: a field is missing or not as agreed.
    """
    sender = an_object(item.get("ThongTinNguoiNop"), "ThongTinNguoiNop")
    details = an_object(sender.get("ThongTinChiTiet"), "ThongTinChiTiet")
    applicant = _applicant(sender, details, on)
    owner = _owner(item, details, on)
    same = replace(
        applicant,
        birth=None,
        phone="",
        email="",
        fax="",
        account="",
        place=_without_district(applicant.place),
    )
    file = DossierFile(
        code=wire.needed_text(item, "MaHoSo"),
        version=version,
        procedure=wire.needed_text(item, "MaTTHC"),
        procedure_name="",
        field="",
        field_name="",
        agency=wire.text(item, "MaDonViTiepNhan"),
        agency_name="",
        applicant=applicant,
        owner=None if owner == same else owner,
        state=state,
        channel=Channel.ONLINE,
        submitted_at=wire.from_spaced(wire.text(item, "NgayNop"), "NgayNop"),
        received_at=wire.from_spaced(wire.text(item, "NgayTiepNhan"), "NgayTiepNhan"),
        papers=tuple(_paper(each, settings) for each in _list(item, "ThanhPhanHoSo")),
    )
    form = item.get("EformThongTinChiTiet")
    return file, an_object(form, "EformThongTinChiTiet") if form is not None else {}


def step(item: Mapping[str, Any], *, version: int) -> Step:
    """One item of CapNhatTienTrinh.

    Raises:
        Unreadable
    """
    at = wire.from_iso(wire.needed_text(item, "ThoiDiemXuLy"), "ThoiDiemXuLy")
    if at is None:
        raise Unreadable("ThoiDiemXuLy", "is missing")
    return Step(
        version=version,
        state=state_of(item)[0],
        at=at,
        officer=wire.needed_text(item, "NguoiXuLy"),
        unit=wire.text(item, "PhongBanXuLy"),
        content=wire.text(item, "NoiDungXuLy"),
        started_at=wire.from_iso(wire.text(item, "NgayBatDau"), "NgayBatDau"),
        due_at=wire.from_iso(wire.text(item, "NgayKetThucTheoQuyDinh"), "NgayKetThucTheoQuyDinh"),
    )


def state_of(item: Mapping[str, Any]) -> tuple[DossierState, str]:
    """TrangThai: our meaning, ``PENDING`` when it is in no list, and theirs.

    Raises:
        Unreadable: missing, or no whole number.
    """
    number = a_whole(item.get("TrangThai"), "TrangThai", most=999)
    return state_or_pending(number), str(number)


def fee(item: Mapping[str, Any], settings: Settings) -> FeeItem:
    """One line of DanhSachLePhi.

    Raises:
        Unreadable
    """
    kinds = {code: kind for kind, code in settings.fee_codes.items()}
    paid = a_whole(item.get("TrangThaiThanhToan", 0), "TrangThaiThanhToan", most=1)
    return FeeItem(
        code=wire.text(item, "MaPhiLePhi"),
        name=wire.text(item, "TenPhiLePhi"),
        kind=_of(kinds, a_whole(item.get("LoaiPhiLePhi"), "LoaiPhiLePhi", most=99), "LoaiPhiLePhi"),
        amount=a_whole(item.get("Gia"), "Gia"),
        paid=paid == 1,
    )


def results(item: Mapping[str, Any]) -> tuple[ResultPaper, ...]:
    """DanhSachGiayToKetQua.

    Raises:
        Unreadable
    """
    found = []
    for each in _list(item, "DanhSachGiayToKetQua"):
        file = _file(each)
        found.append(
            ResultPaper(code=wire.text(each, "MaKetQua"), name=file.name, file=file if file.id else None)
        )
    return tuple(found)


def fees(item: Mapping[str, Any], settings: Settings) -> Sequence[FeeItem]:
    """DanhSachLePhi.

    Raises:
        Unreadable
    """
    return [fee(each, settings) for each in _list(item, "DanhSachLePhi")]


def _applicant(sender: Mapping[str, Any], details: Mapping[str, Any], on: date) -> Party:
    born = wire.from_digits(wire.text(details, "NgaySinh"), "NgaySinh")
    if born is not None and born.time() != time():
        raise Unreadable("NgaySinh", "is a moment, not a day")
    place = Place(
        province=wire.text(details, "MaTinh"),
        district=wire.text(details, "MaHuyen"),
        commune=wire.text(details, "MaXa"),
        detail=wire.text(details, "DiaChiChiTiet"),
    )
    return Party(
        kind=_kind(sender, on, "ThongTinNguoiNop.LoaiDoiTuong"),
        name=PersonName(wire.needed_text(details, "TenNguoiNop")),
        **_known_by(wire.text(details, "SoDinhDanh")),
        birth=Birth(born.date()) if born else None,
        place=place if place != Place() else None,
        phone=wire.text(details, "SoDienThoai"),
        email=wire.text(details, "Email"),
        fax=wire.text(details, "Fax"),
        account=wire.text(sender, "IdDoiTuong"),
    )


def _owner(item: Mapping[str, Any], details: Mapping[str, Any], on: date) -> Party:
    place = Place(
        province=wire.text(details, "MaTinhChuHs"),
        commune=wire.text(details, "MaXaChuHs"),
        detail=wire.text(details, "DiaChiChiTietChuHs"),
    )
    return Party(
        kind=_kind(item, on, "LoaiDoiTuong"),
        name=PersonName(wire.needed_text(item, "ChuHoSo")),
        **_known_by(wire.text(details, "SoDinhDanhChuHs")),
        place=place if place != Place() else None,
    )


def _without_district(place: Place | None) -> Place | None:
    """The owner's address has no district: with it nobody would be their own applicant."""
    if place is None:
        return None
    bare = replace(place, district="")
    return bare if bare != Place() else None


def _known_by(number: str) -> dict[str, Any]:
    if _PERSONAL.fullmatch(number):
        return {"personal_number": number}
    if _OLD.fullmatch(number):
        return {"old_number": number}
    if _TAX_CODE.fullmatch(number):
        return {"tax_code": number}
    return {"passport": number} if number else {}


def _kind(item: Mapping[str, Any], on: date, field: str) -> PartyKind:
    code = wire.text(item, "LoaiDoiTuong")
    try:
        return applicants.kind_of(SYSTEM, code, on)
    except MappingError:
        raise Unreadable(field, "has a number that is in no list") from None


def _paper(item: Mapping[str, Any], settings: Settings) -> Paper:
    kinds = {code: kind for kind, code in settings.copy_codes.items()}
    attached = _list(item, "GiayToDinhKem")
    told = {wire.text(each, "MaKetQua") for each in attached}
    result = told.pop() if len(told) == 1 else ""
    return Paper(
        code=wire.text(item, "MaThanhPhanHoSo"),
        name=wire.text(item, "TenThanhPhanHoSo"),
        copy=_of(kinds, a_whole(item.get("LoaiBan"), "LoaiBan", most=99), "LoaiBan"),
        quantity=a_whole(item.get("SoLuong"), "SoLuong", most=100_000),
        files=tuple(_file(each) for each in attached),
        result_code="" if result == settings.paper_result else result,
    )


def _file(item: Mapping[str, Any]) -> FileRef:
    digest = wire.text(item, "HashTepTin")
    return FileRef(
        id=wire.text(item, "IdGiayTo"),
        name=wire.text(item, "TenGiayTo"),
        sha256=digest if _SHA256.fullmatch(digest) else "",
    )


def _list(item: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    value = item.get(field)
    if value is None:
        return []
    found = a_list(value, field)
    for each in found:
        an_object(each, f"{field}[]")
    return found


def _of(table: Mapping[int, V], code: int, field: str) -> V:
    try:
        return table[code]
    except KeyError:
        raise Unreadable(field, "has a number that is in no list") from None
