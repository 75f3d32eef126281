"""The portal's words into ours: a dossier item, a step. Pure and strict; what both sides know comes back as it left.

What the portal has no field for (version, our agency code, a second person beside the owner, paid fees) is not invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from connectors.dvcqg.profile import Profile
from connectors.dvcqg.wire import needed_text, text, time
from connectors.kit.reading import Unreadable, a_list, a_whole, an_object
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, FeeItem, FileRef, Paper, ResultPaper, Reuse, Step, Supplement
from mappings.canonical.party import Party, PartyKind, PersonName, Place

_PERSONAL = re.compile(r"[0-9]{12}")
_OLD = re.compile(r"[0-9]{9}")
_TAX_CODE = re.compile(r"[0-9]{10}(?:-[0-9]{3})?")
_FLAGS = {"1": True, "0": False, "": False}
_DELETED = {"True": True, "False": False, "": False}
V = TypeVar("V")


def dossier(
    item: Mapping[str, Any], profile: Profile, *, version: int, steps: Sequence[Mapping[str, Any]] = ()
) -> DossierFile:
    """A dossier from one item of DongBoHoSoMC and its steps; the owner stands as the applicant.

    Raises:
        Unreadable: a field is missing or not as agreed. An unknown TrangThaiHoSo is ``PENDING``, an unknown number
            anywhere else is an error: a wrong kind of applicant or paper is wrong data about a person.
    """
    return DossierFile(
        code=needed_text(item, "MaHoSo"),
        version=version,
        procedure=needed_text(item, "MaTTHC"),
        procedure_name=text(item, "TenTTHC"),
        field=text(item, "MaLinhVuc"),
        field_name=text(item, "TenLinhVuc"),
        agency="",
        agency_name=text(item, "DonViXuLy"),
        applicant=_owner(item, profile),
        state=_state(item, "TrangThaiHoSo", profile),
        receipt_number=text(item, "SoBienNhan"),
        summary=text(item, "TrichYeuHoSo"),
        note=text(item, "GhiChu"),
        channel=_of(profile.channel_back, text(item, "KenhThucHien"), "KenhThucHien"),
        return_channel=_of(profile.way_back, text(item, "HinhThuc"), "HinhThuc"),
        submitted_at=time(item, "NgayNopHoSo"),
        received_at=time(item, "NgayTiepNhan"),
        due_at=time(item, "NgayHenTra"),
        finished_at=time(item, "NgayKetThucXuLy"),
        returned_at=time(item, "NgayTra"),
        refused_at=time(item, "NgayTuChoi"),
        papers=(
            *_papers(_list(item, "TaiLieuNop"), profile),
            *(_bare(each, profile) for each in _list(item, "DanhSachTepDinhKemKhac")),
        ),
        results=tuple(_result(each) for each in _list(item, "DanhSachGiayToKetQua")),
        fees=tuple(_fee(each, profile) for each in _list(item, "DanhSachLePhi")),
        steps=tuple(step(each, profile, version=place) for place, each in enumerate(steps, start=1)),
        supplements=tuple(_supplement(each, profile) for each in _list(item, "DanhSachHoSoBoSung")),
        registers=tuple(needed_text(each, "MaCSDL") for each in _list(item, "DSKetNoiCSDL")),
        paid_online=_of(
            profile.paid_back, text(item, "DuocThanhToanTrucTuyen") or "0", "DuocThanhToanTrucTuyen"
        ),
        vneid_verified=_flag(item, "TaiKhoanDuocXacThucVoiVNeID"),
    )


def step(item: Mapping[str, Any], profile: Profile, *, version: int) -> Step:
    """One item of CapNhatTienDoHoSoMC.

    Raises:
        Unreadable
    """
    at = time(item, "ThoiDiemXuLy")
    if at is None:
        raise Unreadable("ThoiDiemXuLy", "is missing")
    return Step(
        version=version,
        state=_state(item, "TrangThai", profile),
        at=at,
        officer=needed_text(item, "NguoiXuLy"),
        unit=text(item, "PhongBanXuLy"),
        content=text(item, "NoiDungXuLy"),
        position=text(item, "ChucDanh"),
        started_at=time(item, "NgayBatDau"),
        due_at=time(item, "NgayKetThucTheoQuyDinh"),
    )


def _state(item: Mapping[str, Any], field: str, profile: Profile) -> DossierState:
    return profile.state.get(needed_text(item, field), DossierState.PENDING)


def _owner(item: Mapping[str, Any], profile: Profile) -> Party:
    kind: PartyKind = _of(profile.kind, text(item, "LoaiDoiTuong"), "LoaiDoiTuong")
    known_by = text(item, "SoGiayToChuHoSo")
    personal, old, passport, tax = "", "", "", ""
    card = item.get("DinhDanhCHS") or {}
    if card:
        card = an_object(card, "DinhDanhCHS")
        personal, old = _card(text(card, "LoaiDinhDanh"), text(card, "SoDinhDanh"))
    if known_by and known_by not in (personal, old):
        if _PERSONAL.fullmatch(known_by):
            personal = known_by
        elif _OLD.fullmatch(known_by):
            old = known_by
        elif _TAX_CODE.fullmatch(known_by):
            tax = known_by
        else:
            passport = known_by
    elsewhere = text(item, "ThongTinKhac")
    return Party(
        kind=kind,
        name=PersonName(needed_text(item, "ChuHoSo")),
        personal_number=personal,
        old_number=old,
        passport=passport,
        tax_code=tax,
        place=Place(text=elsewhere) if elsewhere else None,
        phone=text(item, "SoDienThoai"),
        email=text(item, "Email"),
        fax=text(item, "Fax"),
        account=text(item, "MaDoiTuong"),
    )


def _card(kind: str, number: str) -> tuple[str, str]:
    if kind == "1" and _PERSONAL.fullmatch(number):
        return number, ""
    if kind == "2" and _OLD.fullmatch(number):
        return "", number
    raise Unreadable("DinhDanhCHS", "kind and number do not fit")


_MARKS = (
    "MaThanhPhanHoSo",
    "IsDeleted",
    "DuocSoHoa",
    "DuocTaiSuDung",
    "DuocLayTuKhoDMQG",
    "MaKetQuaThayThe",
)


def _papers(items: Sequence[Mapping[str, Any]], profile: Profile) -> Iterator[Paper]:
    """Papers out of files: neighbours with one component code and the same marks are one paper."""
    first: Mapping[str, Any] = {}
    last: tuple[Any, ...] = ()
    files: list[FileRef] = []
    for item in items:
        marks = tuple(map(item.get, _MARKS))
        if files and (marks != last or not marks[0]):
            yield _paper(first, files, profile)
            files = []
        if not files:
            first, last = item, marks
        url = text(item, "DuongDanTaiTepTin")
        files.append(FileRef(text(item, "TepDinhKemId"), text(item, "TenTepDinhKem"), url=url))
    if files:
        yield _paper(first, files, profile)


def _paper(item: Mapping[str, Any], files: Sequence[FileRef], profile: Profile) -> Paper:
    return Paper(
        code=text(item, "MaThanhPhanHoSo"),
        name=files[0].name,
        files=tuple(files),
        digitised=_flag(item, "DuocSoHoa"),
        reuse=_reuse(item, profile),
        result_code=text(item, "MaKetQuaThayThe"),
        deleted=_of(_DELETED, text(item, "IsDeleted"), "IsDeleted"),
    )


def _reuse(item: Mapping[str, Any], profile: Profile) -> Reuse:
    if item.get("DuocLayTuKhoDMQG") != "0" and _flag(item, "DuocLayTuKhoDMQG"):
        return Reuse.FROM_REGISTER
    given = text(item, "DuocTaiSuDung")
    return _of(profile.reuse_back, given, "DuocTaiSuDung") if given else Reuse.NO


def _bare(item: Mapping[str, Any], profile: Profile) -> Paper:
    return Paper(
        code="",
        name=text(item, "TenGiayTo"),
        copy=_of(profile.copy_back, text(item, "LoaiGiayTo"), "LoaiGiayTo"),
        quantity=a_whole(text(item, "SoLuong"), "SoLuong", most=100_000),
    )


def _result(item: Mapping[str, Any]) -> ResultPaper:
    name, identity, url = text(item, "TenGiayTo"), text(item, "GiayToId"), text(item, "DuongDanTepTinKetQua")
    file = FileRef(id=identity, name=name, url=url) if identity or url else None
    return ResultPaper(code=text(item, "MaGiayToKetQua"), name=name, file=file)


def _fee(item: Mapping[str, Any], profile: Profile) -> FeeItem:
    return FeeItem(
        code=text(item, "MaPhiLePhi"),
        name=text(item, "TenPhiLePhi"),
        kind=_of(profile.fee_back, text(item, "LoaiPhiLePhi"), "LoaiPhiLePhi"),
        amount=a_whole(text(item, "Gia"), "Gia"),
    )


def _supplement(item: Mapping[str, Any], profile: Profile) -> Supplement:
    asked = time(item, "NgayBoSung")
    if asked is None:
        raise Unreadable("NgayBoSung", "is missing")
    return Supplement(
        id=text(item, "HoSoBoSungId"),
        asked_by=text(item, "NguoiYeuCauBoSung"),
        reason=text(item, "NoiDungBoSung"),
        asked_at=asked,
        papers=tuple(_papers(_list(item, "DanhSachGiayToBoSung"), profile)),
        fees=tuple(_fee(each, profile) for each in _list(item, "DanhSachLePhiBoSung")),
        answered_by=text(item, "NguoiTiepNhanBoSung"),
        answer=text(item, "ThongTinTiepNhan"),
        answered_at=time(item, "NgayTiepNhanBoSung"),
        due_before=time(item, "NgayHenTraTruoc"),
        due_after=time(item, "NgayHenTraMoi"),
    )


def _list(item: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    value = item.get(field)
    if value is None:
        return []
    found = a_list(value, field)
    for each in found:
        an_object(each, f"{field}[]")
    return found


def _flag(item: Mapping[str, Any], field: str) -> bool:
    return _of(_FLAGS, text(item, field), field)


def _of(table: Mapping[str, V], code: str, field: str) -> V:
    """Total: a meaning, or an error that names the field."""
    try:
        return table[code]
    except KeyError:
        raise Unreadable(field, "has a number that is in no list") from None
