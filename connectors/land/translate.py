"""Our words → the land registers' messages. Pure; bytes of files are handed in."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.kit.reading import VIETNAM
from connectors.land.settings import LandSystem, Product
from mappings.canonical.file import CopyKind, DossierFile, FileRef, Paper, Parcel
from mappings.canonical.party import Party, Place
from mappings.errors import MappingError

Contents = Mapping[str, bytes]
"""Id of a file → its bytes."""


def files_of(papers: Sequence[Paper]) -> list[FileRef]:
    """The files that a message with ``papers`` carries, in order, each once."""
    found: dict[str, FileRef] = {}
    for paper in papers:
        if not paper.deleted:
            found.update({file.id: file for file in paper.files})
    return list(found.values())


def hand_over(file: DossierFile, system: LandSystem, contents: Contents) -> dict[str, Any]:
    """The body of ``tiepnhan``.

    Raises:
        ValueError: something that must not be empty is, or a place has no number.
        MappingError: the procedure or ward has no name there.
    """
    if not file.code or file.received_at is None:
        raise ValueError("a dossier needs its code and the moment it was received")
    place = _site(file)
    return {
        "LaQuyTrinhCapTinh": system.provincial,
        **_ids(place, system),
        "SoBienNhan": file.code,
        "MaHoSoMotCua": file.code,
        "NguoiTiepNhan": file.officer,
        "NgayTiepNhan": _time(file.received_at, system),
        "NgayHenTra": _time(file.due_at, system),
        "DiaChiTaiSan": _address(place),
        "ThongTinNguoiNopDon": _applicant(file.applicant),
        "ThongTinQuyTrinh": {"MaQuyTrinh": _process(file, system), "TenQuyTrinh": file.procedure_name},
        "ThongTinThuaDat": [_parcel(parcel) for parcel in file.parcels],
        "DanhSachGiayToDinhKem": papers(file.papers, contents),
    }


def supplement(
    code: str, note: str, at: datetime, given: Sequence[Paper], system: LandSystem, contents: Contents
) -> dict[str, Any]:
    """The body of ``capnhattrangthaibosunghoso``. NgayBoSung and GhiChu are assumed."""
    return {
        "SoBienNhan": _code(code),
        "NgayBoSung": _time(at, system),
        "GhiChu": note,
        "DanhSachGiayToDinhKem": papers(given, contents),
    }


def returned(code: str, officer: str, at: datetime, note: str, system: LandSystem) -> dict[str, Any]:
    """The body of ``capnhattrangthaitraketquahoso``. All but SoBienNhan is assumed."""
    return {
        "SoBienNhan": _code(code),
        "NguoiTra": officer,
        "NgayTra": _time(at, system),
        "GhiChu": note,
    }


def wrong_result(code: str, reason: str, given: Sequence[Paper], contents: Contents) -> dict[str, Any]:
    """The body of ``phanhoihososaiketqua``.

    Raises:
        ValueError: without a reason nobody there knows what to put right.
    """
    if not reason.strip():
        raise ValueError("say what is wrong with the result")
    return {
        "SoBienNhan": _code(code),
        "NoiDung": reason,
        "DanhSachGiayToDinhKem": papers(given, contents),
    }


def papers(given: Sequence[Paper], contents: Contents) -> list[dict[str, Any]]:
    """One row per file, since a row holds one TapTin; a paper's count stands in its first row only (assumed)."""
    rows: list[dict[str, Any]] = []
    for paper in given:
        if paper.deleted:
            continue
        count = paper.quantity
        for file in paper.files or (None,):
            rows.append(
                {
                    "TenGiayTo": paper.name,
                    "SoBanChinh": count if paper.copy is CopyKind.ORIGINAL else 0,
                    "SoBanSao": 0 if paper.copy is CopyKind.ORIGINAL else count,
                    "TapTin": None if file is None else _file(file, contents),
                }
            )
            count = 0
    return rows


def _file(file: FileRef, contents: Contents) -> dict[str, str]:
    return {"name": file.name, "data": base64.b64encode(contents[file.id]).decode()}


def _site(file: DossierFile) -> Place:
    """Where the land lies: at the first parcel that says so, else where the applicant lives."""
    places = [parcel.place for parcel in file.parcels if parcel.place is not None]
    place = places[0] if places else file.applicant.place
    if place is None or not place.province or not place.commune:
        raise ValueError("province and commune of the land are needed")
    return place


def _ids(place: Place, system: LandSystem) -> dict[str, Any]:
    district = place.district or system.no_district
    ward = system.places.get(place.commune)
    if system.product is Product.ILIS:
        ward = ward or system.ward_form.format(
            province=place.province, district=district, commune=place.commune
        )
        return {"TinhId": place.province, "HuyenId": district, "XaId": ward}
    return {
        "TinhId": _number(place.province, "TinhId"),
        "HuyenId": _number(district, "HuyenId"),
        "XaId": _number(ward or place.commune, "XaId"),
    }


def _number(code: str, field: str) -> int:
    if not (code.isascii() and code.isdigit()):
        raise MappingError("land.places", code, f"{field} is a number there")
    return int(code)


def _process(file: DossierFile, system: LandSystem) -> str:
    if not system.processes:
        return file.procedure
    try:
        return system.processes[file.procedure]
    except KeyError:
        raise MappingError("land.processes", file.procedure, "add it to the setting") from None


def _applicant(party: Party) -> dict[str, str]:
    if not party.name.full.strip():
        raise ValueError("the applicant has no name")
    return {
        "HoTen": party.name.full,
        "SoChungMinh": party.personal_number or party.old_number or party.passport or party.tax_code,
        "DiaChiChiTiet": _address(party.place),
        "SoDienThoai": party.phone,
        "Email": party.email,
    }


def _parcel(parcel: Parcel) -> dict[str, str]:
    return {
        "SoThuTuThua": parcel.number,
        "SoHieuBanDo": parcel.map_sheet,
        "DienTich": parcel.area,
        "DiaChiChiTiet": _address(parcel.place),
    }


def _address(place: Place | None) -> str:
    return "" if place is None else place.text or place.detail


def _time(at: datetime | None, system: LandSystem) -> str:
    if at is None:
        return ""
    if at.tzinfo is None:
        raise ValueError("a time without a zone is nobody's time")
    return at.astimezone(VIETNAM).strftime(system.time_form)


def _code(code: str) -> str:
    if not code:
        raise ValueError("SoBienNhan is empty")
    return code
