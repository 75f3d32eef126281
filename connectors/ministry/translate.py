"""Our words into the adapter's: NoiHoSo, CapNhatTienTrinh, CapNhatTrangThai. Pure, plain dicts.

Whatever must not leave is refused here with every field named; values never stand in the reasons.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from connectors.kit.reading import VIETNAM
from connectors.ministry import wire
from connectors.ministry.settings import Settings
from mappings.canonical.file import DossierFile, FeeItem, FileRef, Paper, ResultPaper, Step
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind
from mappings.errors import MappingError
from mappings.tables import applicants, national_statuses

SYSTEM = "ministry"
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST_OFFICER = 50
_MOST_FORM_DEPTH = 16

Troubles = list[tuple[str, str]]


class NotSendable(ValueError):
    """The facts break rules of the adapter; nothing has left.

    Attributes:
        troubles: (field in their name, why), every one that was found.
    """

    def __init__(self, troubles: Iterable[tuple[str, str]]) -> None:
        self.troubles = tuple(troubles)
        super().__init__("; ".join(f"{field}: {why}" for field, why in self.troubles))


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload gave: IdTepTin and HashTepTin."""

    id: str
    hash: str


def dossier(
    file: DossierFile,
    settings: Settings,
    *,
    on: date,
    uploads: Mapping[str, Uploaded],
    form: Mapping[str, Any],
) -> dict[str, Any]:
    """The message of NoiHoSo.

    Args:
        on: day by which applicants are numbered.
        uploads: id of our file → what its upload gave.
        form: EformThongTinChiTiet, free; JSON values.

    Raises:
        NotSendable: with every field that breaks a rule.
    """
    troubles: Troubles = []
    owner = file.owner or file.applicant
    item: dict[str, Any] = {
        "MaHoSo": file.code,
        "MaTTHC": file.procedure,
        "MaDichVuCong": settings.services.get(file.procedure, file.procedure),
        "ChuHoSo": owner.name.full,
        "LoaiDoiTuong": _kind(owner.kind, settings, on, "LoaiDoiTuong", troubles),
        "MaDonViTiepNhan": settings.receiving_unit or file.agency,
        "NgayNop": _time(wire.spaced, file.submitted_at, "NgayNop", troubles),
        "NgayTiepNhan": _time(wire.spaced, file.received_at, "NgayTiepNhan", troubles),
        "ThanhPhanHoSo": [_paper(paper, settings, uploads, troubles) for paper in file.papers],
        "ThongTinNguoiNop": {
            "LoaiDoiTuong": _kind(
                file.applicant.kind, settings, on, "ThongTinNguoiNop.LoaiDoiTuong", troubles
            ),
            "IdDoiTuong": file.applicant.account if _UUID.fullmatch(file.applicant.account) else "",
            "ThongTinChiTiet": _details(file.applicant, owner, troubles),
        },
        "EformThongTinChiTiet": dict(form),
    }
    for name in ("MaHoSo", "MaTTHC", "ChuHoSo", "MaDonViTiepNhan", "NgayNop"):
        if not item[name].strip():
            troubles.append((name, "is empty"))
    return _clean(item, troubles)


def steps(reference: str, code: str, some: Sequence[Step]) -> list[dict[str, Any]]:
    """Items of CapNhatTienTrinh, in the order of their versions. ``reference``: idHoSo.

    Raises:
        NotSendable: with every field that breaks a rule, or steps out of order.
    """
    versions = [step.version for step in some]
    if not versions or sorted(set(versions)) != versions:
        raise NotSendable([("CapNhatTienTrinh", "no steps, steps out of order, or one twice")])
    return [_step(reference, code, step) for step in some]


def state(
    reference: str,
    file: DossierFile,
    settings: Settings,
    *,
    note: str,
    uploads: Mapping[str, Uploaded],
) -> dict[str, Any]:
    """One item of CapNhatTrangThai; fees and results only in the states that carry them (5, 6, 9).

    Raises:
        NotSendable
    """
    troubles: Troubles = []
    number = _number(file.state, file.received_at is not None, troubles)
    words = note or (file.steps[-1].content if file.steps else "")
    item: dict[str, Any] = {
        "IdHoSo": reference,
        "MaHoSo": file.code,
        "TrangThai": number,
        "NoiDungYKien": words,
        "PhongBanXuLy": (file.steps[-1].unit if file.steps else "") or settings.department,
        "NoiDungXuLy": words,
    }
    if not file.code.strip():
        troubles.append(("MaHoSo", "is empty"))
    if number and national_statuses.status(number).carries_fees:
        item["DanhSachLePhi"] = [
            _fee(fee, settings, troubles) for fee in file.fees if fee.kind not in settings.left_out
        ]
        item["DanhSachGiayToKetQua"] = [_result(each, settings, uploads, troubles) for each in file.results]
    return _clean(item, troubles)


def _step(reference: str, code: str, step: Step) -> dict[str, Any]:
    troubles: Troubles = []
    item = {
        "IDHoSo": reference,
        "MaHoSo": code,
        "NguoiXuLy": step.officer,
        "ThoiDiemXuLy": _time(wire.iso_milliseconds, step.at, "ThoiDiemXuLy", troubles),
        "PhongBanXuLy": step.unit,
        "NoiDungXuLy": step.content,
        "TrangThai": _number(step.state, step.started_at is not None, troubles),
        "NgayBatDau": _time(wire.iso_milliseconds, step.started_at, "NgayBatDau", troubles),
        "NgayKetThucTheoQuyDinh": _time(
            wire.iso_milliseconds, step.due_at, "NgayKetThucTheoQuyDinh", troubles
        ),
    }
    if not code.strip():
        troubles.append(("MaHoSo", "is empty"))
    if not step.officer.strip():
        troubles.append(("NguoiXuLy", "is empty"))
    if len(step.officer) > _LONGEST_OFFICER:
        troubles.append(("NguoiXuLy", f"has {len(step.officer)} characters, {_LONGEST_OFFICER} are allowed"))
    return _clean(item, troubles)


def _paper(
    paper: Paper, settings: Settings, uploads: Mapping[str, Uploaded], troubles: Troubles
) -> dict[str, Any]:
    copy = settings.copy_codes.get(paper.copy)
    if copy is None:
        troubles.append(("LoaiBan", f"no number for {paper.copy.value}"))
    return {
        "MaThanhPhanHoSo": paper.code,
        "TenThanhPhanHoSo": paper.name,
        "SoLuong": _coded(paper.quantity, settings),
        "LoaiBan": _coded(copy or 0, settings),
        "GiayToDinhKem": [
            _file(file, paper.result_code or settings.paper_result, uploads, troubles) for file in paper.files
        ],
    }


def _result(
    paper: ResultPaper, settings: Settings, uploads: Mapping[str, Uploaded], troubles: Troubles
) -> dict[str, str]:
    if paper.file is None:
        return {"IdGiayTo": "", "MaKetQua": settings.result_result, "TenGiayTo": paper.name, "HashTepTin": ""}
    found = _file(paper.file, settings.result_result, uploads, troubles)
    return {**found, "TenGiayTo": paper.name}


def _file(file: FileRef, kind: str, uploads: Mapping[str, Uploaded], troubles: Troubles) -> dict[str, str]:
    """Files go by what their upload gave; one that was not uploaded does not exist there."""
    there = uploads.get(file.id)
    if there is None:
        troubles.append(("IdGiayTo", "a file was not uploaded before"))
    return {
        "IdGiayTo": there.id if there else "",
        "MaKetQua": kind,
        "TenGiayTo": file.name,
        "HashTepTin": there.hash if there else "",
    }


def _fee(fee: FeeItem, settings: Settings, troubles: Troubles) -> dict[str, Any]:
    kind = settings.fee_codes.get(fee.kind)
    if kind is None:
        troubles.append(("LoaiPhiLePhi", f"no number for {fee.kind.value}"))
    if type(fee.amount) is not int or fee.amount < 0:
        troubles.append(("Gia", "is not whole đồng"))
    return {
        "TenPhiLePhi": fee.name,
        "MaPhiLePhi": fee.code,
        "HinhThucThu": settings.fee_moment,
        "Gia": str(fee.amount),
        "LoaiPhiLePhi": kind or 0,
        "TrangThaiThanhToan": int(fee.paid),
    }


def _details(applicant: Party, owner: Party, troubles: Troubles) -> dict[str, str]:
    """ThongTinChiTiet: who hands in, and whose matter it is."""
    place, home = applicant.place, owner.place
    return {
        "TenNguoiNop": applicant.name.full,
        "SoDinhDanh": identity(applicant),
        "NgayCapDinhDanh": "",
        "NgaySinh": _birth(applicant.birth, troubles),
        "SoDienThoai": applicant.phone,
        "Email": applicant.email,
        "Fax": applicant.fax,
        "MaTinh": place.province if place else "",
        "MaHuyen": place.district if place else "",
        "MaXa": place.commune if place else "",
        "DiaChiChiTiet": place.detail if place else "",
        "TenChuHs": owner.name.full,
        "SoDinhDanhChuHs": identity(owner),
        "MaTinhChuHs": home.province if home else "",
        "MaXaChuHs": home.commune if home else "",
        "DiaChiChiTietChuHs": home.detail if home else "",
    }


def identity(party: Party) -> str:
    """What the kind of party is known by, else whatever there is."""
    person = party.personal_number or party.old_number or party.passport
    if party.kind is PartyKind.CITIZEN:
        return person or party.tax_code
    return party.tax_code or person


def _birth(birth: Birth | None, troubles: Troubles) -> str:
    """A day, or nothing: a year alone has no form here and is not made into the first of January."""
    if birth is None or birth.precision is not BirthPrecision.DAY:
        return ""
    return _time(wire.digits, datetime.combine(birth.on, time(), VIETNAM), "NgaySinh", troubles)


def _kind(kind: PartyKind, settings: Settings, on: date, field: str, troubles: Troubles) -> Any:
    try:
        return _coded(int(applicants.code_of(SYSTEM, kind, on)), settings)
    except MappingError:
        troubles.append((field, f"no number for {kind.value}"))
        return _coded(0, settings)


def _number(dossier_state: Any, accepted: bool, troubles: Troubles) -> int:
    try:
        return national_statuses.number_of(dossier_state, accepted=accepted)
    except MappingError:
        troubles.append(("TrangThai", f"{dossier_state.value} is not told"))
        return 0


def _coded(number: int, settings: Settings) -> int | str:
    return str(number) if settings.codes_as_text else number


def _time(form: Callable[[datetime], str], value: datetime | None, field: str, troubles: Troubles) -> str:
    if value is None:
        return ""
    try:
        return form(value)
    except (ValueError, OverflowError):
        troubles.append((field, "is no moment with a zone"))
        return ""


def _clean(item: dict[str, Any], troubles: Troubles) -> dict[str, Any]:
    """``item`` in NFC, or the refusal."""
    made: dict[str, Any] = _normal(item, "", troubles, _MOST_FORM_DEPTH)
    if troubles:
        raise NotSendable(dict.fromkeys(troubles))
    return made


def _normal(value: Any, field: str, troubles: Troubles, depth: int) -> Any:
    if depth == 0:
        troubles.append((field, "is nested too deeply"))
        return None
    if isinstance(value, Mapping):
        return {str(key): _normal(inner, str(key), troubles, depth - 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(inner, field, troubles, depth - 1) for inner in value]
    if isinstance(value, str):
        if wire.HIDDEN.search(value):
            troubles.append((field, "holds invisible or reversing characters"))
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is not None and not isinstance(value, int):
        troubles.append((field, "is neither text nor whole number"))
    return value


__all__ = ["SYSTEM", "NotSendable", "Uploaded", "dossier", "identity", "state", "steps"]
