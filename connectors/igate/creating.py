"""A dossier of ours as NoiHoSo of the six-step adapter takes it. Pure. Facts: dvcqg.md §11 (one ministry adapter, C)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from connectors.igate import translate, wire
from connectors.igate.settings import Settings
from connectors.kit.reading import Unreadable
from mappings.canonical.file import DossierFile, FileRef, Paper
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind
from mappings.tables import applicants

TABLE_OF = "ministry"
"""Whose numbers of applicants the adapter speaks: 0 citizen, 1 enterprise, 2 household business."""

Upload = tuple[str, str]
"""IdTepTin and HashTepTin, as the upload gave them."""


def message(
    file: DossierFile,
    settings: Settings,
    *,
    uploads: Mapping[str, Upload],
    form: Mapping[str, Any],
    on: date,
) -> dict[str, Any]:
    """The body of NoiHoSo. ``file.code`` is a code that the case system gave (GetNextValue).

    Args:
        uploads: id of each of our files → what its upload gave.
        form: EformThongTinChiTiet, free; texts, whole numbers, lists and objects.
        on: the day by which applicants are numbered, and of handing in where the dossier does not tell it.

    Raises:
        ValueError: a code or name that is missing or not fit to leave.
        MappingError: a kind of applicant or paper without a number.
    """
    owner = file.owner or file.applicant
    submitted = file.submitted_at or file.received_at
    body: dict[str, Any] = {
        "MaHoSo": _needed(file.code, "MaHoSo"),
        "MaTTHC": _needed(file.local_procedure or file.procedure, "MaTTHC"),
        "MaDichVuCong": file.procedure,
        "ChuHoSo": _needed(owner.name.full, "ChuHoSo"),
        "LoaiDoiTuong": _kind(owner.kind, on),
        "MaDonViTiepNhan": _needed(file.agency, "MaDonViTiepNhan"),
        "NgayNop": translate.spaced(submitted or datetime.combine(on, time(), wire.HANOI)),
        "NgayTiepNhan": translate.spaced(file.received_at) if file.received_at else "",
        "ThanhPhanHoSo": [_paper(paper, settings, uploads) for paper in file.papers],
        "ThongTinNguoiNop": {
            "LoaiDoiTuong": _kind(file.applicant.kind, on),
            "IdDoiTuong": "",
            "ThongTinChiTiet": _details(file.applicant, owner),
        },
        "EformThongTinChiTiet": dict(form),
    }
    made: dict[str, Any] = _plain(body)
    return made


def _paper(paper: Paper, settings: Settings, uploads: Mapping[str, Upload]) -> dict[str, Any]:
    return {
        "MaThanhPhanHoSo": paper.code,
        "TenThanhPhanHoSo": paper.name,
        "SoLuong": paper.quantity,
        "LoaiBan": settings.paper_copies[paper.copy],
        "GiayToDinhKem": [_file(file, paper, settings, uploads) for file in paper.files],
    }


def _file(file: FileRef, paper: Paper, settings: Settings, uploads: Mapping[str, Upload]) -> dict[str, str]:
    number, digest = uploads[file.id]
    return {
        "IdGiayTo": number,
        "MaKetQua": paper.result_code or settings.paper_result,
        "TenGiayTo": file.name,
        "HashTepTin": digest,
    }


def _details(applicant: Party, owner: Party) -> dict[str, str]:
    place, home = applicant.place, owner.place
    return {
        "TenNguoiNop": applicant.name.full,
        "SoDinhDanh": _number(applicant),
        "NgayCapDinhDanh": "",
        "NgaySinh": _birth(applicant.birth),
        "SoDienThoai": applicant.phone,
        "Email": applicant.email,
        "Fax": applicant.fax,
        "MaTinh": place.province if place else "",
        "MaHuyen": place.district if place else "",
        "MaXa": place.commune if place else "",
        "DiaChiChiTiet": (place.detail or place.text) if place else "",
        "TenChuHs": owner.name.full,
        "SoDinhDanhChuHs": _number(owner),
        "MaTinhChuHs": home.province if home else "",
        "MaXaChuHs": home.commune if home else "",
        "DiaChiChiTietChuHs": (home.detail or home.text) if home else "",
    }


def _number(party: Party) -> str:
    person = party.personal_number or party.old_number or party.passport
    return (person or party.tax_code) if party.kind is PartyKind.CITIZEN else (party.tax_code or person)


def _birth(birth: Birth | None) -> str:
    """A year alone has no form here and is not made into the first of January."""
    if birth is None or birth.precision is not BirthPrecision.DAY:
        return ""
    return translate.digits(datetime.combine(birth.on, time(), wire.HANOI))


def _kind(kind: PartyKind, on: date) -> int:
    return int(applicants.code_of(TABLE_OF, kind, on))


def _needed(text: str, field: str) -> str:
    if not text.strip():
        raise Unreadable(field, "is empty")
    return text


def _plain(value: Any) -> Any:
    """Texts in NFC; nothing but texts and whole numbers leaves."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is not None and type(value) not in (int, bool):
        raise Unreadable("EformThongTinChiTiet", "holds neither text nor whole number")
    return value


__all__ = ["Upload", "message"]
