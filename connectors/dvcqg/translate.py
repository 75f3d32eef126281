"""Our words into the portal's: the dossier of DongBoHoSoMC and the steps of CapNhatTienDoHoSoMC. Pure, plain dicts.

Whatever must not leave is refused here with every field named; values never stand in the reasons, since most are personal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from connectors.dvcqg.profile import Profile
from connectors.dvcqg.wire import HIDDEN, fourteen
from mappings.canonical.file import DossierFile, FeeItem, FileRef, Paper, ResultPaper, Step, Supplement
from mappings.canonical.party import Party, PartyKind

_FLAG = {True: "1", False: "0"}
_DELETED = {True: "True", False: "False"}


class NotSendable(ValueError):
    """The facts break rules of the portal; nothing has left.

    Attributes:
        troubles: (field in their name, why), every one that was found.
    """

    def __init__(self, troubles: Iterable[tuple[str, str]]) -> None:
        self.troubles = tuple(troubles)
        super().__init__("; ".join(f"{field}: {why}" for field, why in self.troubles))


def dossier(file: DossierFile, profile: Profile) -> dict[str, Any]:
    """One item of DongBoHoSoMC.

    Raises:
        NotSendable: with every field that breaks a rule.
    """
    troubles: list[tuple[str, str]] = []
    settings = profile.settings
    owner = file.owner or file.applicant
    accepted = file.received_at is not None
    kind = profile.applicant.get(owner.kind)
    if kind is None:
        troubles.append(("LoaiDoiTuong", f"no number for {owner.kind.value}"))
    number = profile.number.get((file.state, accepted))
    if number is None:
        troubles.append(("TrangThaiHoSo", f"{file.state.value} is not told"))
    item: dict[str, Any] = {
        "MaHoSo": file.code,
        "MaTTHC": file.procedure,
        "TenTTHC": file.procedure_name,
        "MaLinhVuc": file.field,
        "TenLinhVuc": file.field_name,
        "KenhThucHien": _of(profile.channel, file.channel, "KenhThucHien", troubles),
        "SoBienNhan": file.receipt_number,
        "ChuHoSo": owner.name.full,
        "LoaiDoiTuong": kind or "",
        "MaDoiTuong": owner.account,
        "SoGiayToChuHoSo": _identity(owner),
        "ThongTinKhac": (owner.place.text or owner.place.detail) if owner.place else "",
        "Email": owner.email,
        "Fax": owner.fax,
        "SoDienThoai": owner.phone,
        "TrichYeuHoSo": file.summary,
        "NgayTiepNhan": _time(file.received_at, "NgayTiepNhan", troubles),
        "NgayHenTra": _time(file.due_at, "NgayHenTra", troubles),
        "NgayTra": _time(file.returned_at, "NgayTra", troubles),
        "NgayKetThucXuLy": _time(file.finished_at, "NgayKetThucXuLy", troubles),
        "NgayNopHoSo": _time(file.submitted_at, "NgayNopHoSo", troubles),
        "NgayTuChoi": _time(file.refused_at, "NgayTuChoi", troubles),
        "TrangThaiHoSo": number or "",
        "ThongTinTra": "",
        "HinhThuc": _of(profile.way, file.return_channel, "HinhThuc", troubles),
        "DonViXuLy": file.agency_name,
        "GhiChu": file.note if settings.send_note else "",
        "NoiNopHoSo": settings.entry,
        "HoSoCoThanhPhanSoHoa": _FLAG[any(paper.digitised for paper in file.papers)],
        "TaiKhoanDuocXacThucVoiVNeID": _FLAG[file.vneid_verified],
        "DuocThanhToanTrucTuyen": profile.paid[file.paid_online],
    }
    _rules(item, profile, troubles)
    texts = [*item.values()]
    item |= {
        "DinhDanhCHS": _card(owner),
        "DSKetNoiCSDL": [{"MaCSDL": code} for code in file.registers],
        "TaiLieuNop": _handed_in(file.papers, profile, texts, troubles),
        "DanhSachLePhi": _fees(file.fees, profile, texts, troubles),
        "DanhSachTepDinhKemKhac": [
            _bare(paper, profile, texts, troubles) for paper in file.papers if not paper.files
        ],
        "DanhSachHoSoBoSung": [_supplement(each, profile, texts, troubles) for each in file.supplements],
        "DanhSachGiayToKetQua": [_result(each, profile, texts, troubles) for each in file.results],
    }
    texts += [*item["DinhDanhCHS"].values(), *file.registers]
    return _clean(item, texts, troubles)


def steps(code: str, some: Sequence[Step], profile: Profile) -> list[dict[str, Any]]:
    """Items of CapNhatTienDoHoSoMC, in the order of their versions.

    Raises:
        NotSendable: with every field that breaks a rule, or steps out of order.
    """
    versions = [step.version for step in some]
    if sorted(set(versions)) != versions:
        raise NotSendable([("data", "steps out of order, or one twice")])
    return [_step(code, step, profile) for step in some]


def _step(code: str, step: Step, profile: Profile) -> dict[str, Any]:
    troubles: list[tuple[str, str]] = []
    number = profile.number.get((step.state, step.started_at is not None))
    if number is None:
        troubles.append(("TrangThai", f"{step.state.value} is not told"))
    item = {
        "MaHoSo": code,
        "NguoiXuLy": step.officer,
        "ChucDanh": step.position,
        "ThoiDiemXuLy": _time(step.at, "ThoiDiemXuLy", troubles),
        "PhongBanXuLy": step.unit,
        "NoiDungXuLy": step.content,
        "TrangThai": number or "",
        "NgayBatDau": _time(step.started_at, "NgayBatDau", troubles),
        "NgayKetThucTheoQuyDinh": _time(step.due_at, "NgayKetThucTheoQuyDinh", troubles),
    }
    if not step.officer.strip():
        troubles.append(("NguoiXuLy", "is empty"))
    _code_rule(code, profile, troubles)
    _lengths(item, profile, troubles)
    return _clean(item, [*item.values()], troubles)


def _rules(item: dict[str, Any], profile: Profile, troubles: list[tuple[str, str]]) -> None:
    for name in profile.settings.required:
        value = item.get(name, "")
        if not value or value.isspace():
            troubles.append((name, "is empty"))
    if item["MaHoSo"]:
        _code_rule(item["MaHoSo"], profile, troubles)
    if item["MaTTHC"] and not profile.is_procedure.fullmatch(item["MaTTHC"]):
        troubles.append(("MaTTHC", "is a local code: the national one is needed"))
    _lengths(item, profile, troubles)


def _code_rule(code: str, profile: Profile, troubles: list[tuple[str, str]]) -> None:
    if not profile.is_ours.fullmatch(code):
        # Others make a new code here, and the citizen's receipt leads nowhere any more.
        troubles.append(("MaHoSo", f"does not contain the unit code {profile.settings.unit_code}"))


def _lengths(item: dict[str, Any], profile: Profile, troubles: list[tuple[str, str]]) -> None:
    for name, most in profile.settings.longest.items():
        value = item.get(name)
        if value is not None and len(value) > most:
            if name in profile.settings.cut:
                item[name] = f"{value[: most - 1]}…"
            else:
                troubles.append((name, f"has {len(value)} characters, {most} are allowed"))


def _identity(owner: Party) -> str:
    """SoGiayToChuHoSo: what the kind of owner is known by, else whatever there is."""
    person = owner.personal_number or owner.old_number or owner.passport
    if owner.kind is PartyKind.CITIZEN:
        return person or owner.tax_code
    return owner.tax_code or person


def _card(owner: Party) -> dict[str, str]:
    """DinhDanhCHS: 1 the 12-digit number, 2 the 9-digit one; empty without either."""
    if owner.personal_number:
        return {"LoaiDinhDanh": "1", "SoDinhDanh": owner.personal_number}
    if owner.old_number:
        return {"LoaiDinhDanh": "2", "SoDinhDanh": owner.old_number}
    return {}


def _handed_in(
    papers: Sequence[Paper], profile: Profile, texts: list[str], troubles: list[tuple[str, str]]
) -> list[dict[str, str]]:
    """TaiLieuNop: one item per file."""
    found = []
    for paper in papers:
        if not paper.files:
            continue
        reuse = _of(profile.reuse, paper.reuse, "DuocTaiSuDung", troubles)
        from_register = _FLAG[paper.reuse == "from_register"]
        for file in paper.files:
            item = {
                "TepDinhKemId": file.id,
                "TenTepDinhKem": file.name,
                "IsDeleted": _DELETED[paper.deleted],
                "MaThanhPhanHoSo": paper.code,
                "DuongDanTaiTepTin": _link(
                    file, "DuongDanTaiTepTin", profile, troubles, needed=not paper.deleted
                ),
                "DuocSoHoa": _FLAG[paper.digitised],
                "DuocTaiSuDung": reuse,
                "DuocLayTuKhoDMQG": from_register,
                "MaKetQuaThayThe": paper.result_code,
            }
            if len(file.name) > 255:
                _lengths(item, profile, troubles)
            texts += item.values()
            found.append(item)
    return found


def _bare(
    paper: Paper, profile: Profile, texts: list[str], troubles: list[tuple[str, str]]
) -> dict[str, str]:
    """DanhSachTepDinhKemKhac: a paper without a file."""
    item = {
        "TenGiayTo": paper.name,
        "SoLuong": str(paper.quantity),
        "LoaiGiayTo": _of(profile.copy, paper.copy, "LoaiGiayTo", troubles),
    }
    _lengths(item, profile, troubles)
    texts.append(paper.name)
    return item


def _fees(
    some: Sequence[FeeItem], profile: Profile, texts: list[str], troubles: list[tuple[str, str]]
) -> list[dict[str, str]]:
    """Phí and lệ phí; a tax or a fine is not in this list."""
    out = profile.settings.left_out
    return [_fee(fee, profile, texts, troubles) for fee in some if fee.kind not in out]


def _fee(fee: FeeItem, profile: Profile, texts: list[str], troubles: list[tuple[str, str]]) -> dict[str, str]:
    if type(fee.amount) is not int or fee.amount < 0:
        troubles.append(("Gia", "is not whole đồng"))
    item = {
        "TenPhiLePhi": fee.name,
        "MaPhiLePhi": fee.code,
        "HinhThucThu": profile.settings.fee_moment,
        "Gia": str(fee.amount),
        "LoaiPhiLePhi": _of(profile.fee, fee.kind, "LoaiPhiLePhi", troubles),
    }
    texts += item.values()
    return item


def _supplement(
    asked: Supplement, profile: Profile, texts: list[str], troubles: list[tuple[str, str]]
) -> dict[str, Any]:
    open_code, answered_code = profile.settings.supplement_codes
    item: dict[str, Any] = {
        "HoSoBoSungId": asked.id,
        "NguoiYeuCauBoSung": asked.asked_by,
        "NoiDungBoSung": asked.reason,
        "NgayBoSung": _time(asked.asked_at, "NgayBoSung", troubles),
        "NguoiTiepNhanBoSung": asked.answered_by,
        "ThongTinTiepNhan": asked.answer,
        "NgayTiepNhanBoSung": _time(asked.answered_at, "NgayTiepNhanBoSung", troubles),
        "TrangThaiBoSung": answered_code if asked.answered_at else open_code,
        "NgayHenTraTruoc": _time(asked.due_before, "NgayHenTraTruoc", troubles),
        "NgayHenTraMoi": _time(asked.due_after, "NgayHenTraMoi", troubles),
    }
    _lengths(item, profile, troubles)
    texts += item.values()
    item["DanhSachGiayToBoSung"] = _handed_in(asked.papers, profile, texts, troubles)
    item["DanhSachLePhiBoSung"] = _fees(asked.fees, profile, texts, troubles)
    return item


def _result(
    paper: ResultPaper, profile: Profile, texts: list[str], troubles: list[tuple[str, str]]
) -> dict[str, str]:
    file = paper.file
    item = {
        "TenGiayTo": paper.name,
        "MaThanhPhanHoSo": "",
        "GiayToId": file.id if file else "",
        "DuongDanTepTinKetQua": _link(file, "DuongDanTepTinKetQua", profile, troubles, needed=True)
        if file
        else "",
        "MaGiayToKetQua": paper.code,
    }
    _lengths(item, profile, troubles)
    texts += item.values()
    return item


def _link(
    file: FileRef, name: str, profile: Profile, troubles: list[tuple[str, str]], *, needed: bool
) -> str:
    """Where they pull the file from; it was made ready before."""
    url = file.url
    if url[:8] == "https://" or (not url and not needed):
        return url
    if not url:
        troubles.append((name, "is missing: files are pulled by their address"))
    elif not (profile.settings.plain_files and url[:7] == "http://"):
        troubles.append((name, "is no https address"))
    return url


def _time(value: datetime | None, name: str, troubles: list[tuple[str, str]]) -> str:
    if value is None:
        return ""
    try:
        return fourteen(value)
    except (ValueError, OverflowError):
        troubles.append((name, "is no moment with a zone"))
        return ""


def _of(table: Any, key: Any, name: str, troubles: list[tuple[str, str]]) -> str:
    found = table.get(key)
    if found is None:
        troubles.append((name, f"no number for {key.value}"))
        return ""
    return str(found)


def _clean(item: dict[str, Any], texts: Sequence[str], troubles: list[tuple[str, str]]) -> dict[str, Any]:
    """``item`` in NFC, or the refusal. One look over all texts at once; only a finding pays for a second one."""
    whole = "\n".join(texts)
    if HIDDEN.search(whole):
        troubles += [(name, "holds invisible or reversing characters") for name in sorted(set(_hidden(item)))]
    if troubles:
        raise NotSendable(dict.fromkeys(troubles))
    if whole.isascii() or unicodedata.is_normalized("NFC", whole):
        return item
    normal: dict[str, Any] = _normal(item)
    return normal


def _hidden(value: Any, name: str = "") -> Iterable[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _hidden(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _hidden(inner, name)
    elif isinstance(value, str) and HIDDEN.search(value):
        yield name


def _normal(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_normal(inner) for inner in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value
