"""Between the VNeID-time forms and our words: what the ministry takes and tells, and what VNeID sends to a province. Pure.

Sentences, crimes and penalties in results are never read: nothing of ours needs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connectors.judicial_records import wire
from connectors.judicial_records.settings import Ministry, Settings
from connectors.judicial_records.translate import SYSTEM, dossier_of
from connectors.kit.reading import VIETNAM, Unreadable, a_whole, an_object
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import FileRef, ResultPaper
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.judicial import (
    Asker,
    Attachment,
    Declarer,
    FormKind,
    IdentityPaper,
    JudicialRequest,
    Kin,
    Mandated,
    PaperKind,
    Residence,
)
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind, PersonName, Place, Sex

TOP_FIELDS = frozenset(
    {
        "maTinh",
        "tenTinh",
        "maHoSoMCDT",
        "ngayTiepNhan",
        "nguonDangKy",
        "nguonDangKey",
        "tenNguonDangKy",
        "toKhai",
        "thongTinBienLai",
    }
)
_FORM_WORDS = (
    "loaiPhieu yeuCauCDNCV maMucDich tenMucDich mucDichKhac soLuongCap nycHoTen nycTenGoiKhac nycGioiTinh "
    "nycTenGioiTinh nycNgaySinh nycDoiTuongNopPhi nycTenDoiTuongNopPhi nycThuongTru nycTamTru nycDienThoai nycEmail "
    "nycLoaiGiayTo nycTenLoaiGiayTo nycSoGiayTo nycNgayCapGiayTo nycNoiCapGiayTo nycQuocTich nycTenQuocTich nycDanToc "
    "nycTenDanToc nycHoTenCha chaNamSinh nycHoTenMe meNamSinh nycHoTenVoChong voChongNamSinh nycNoiSinh uyQuyen "
    "thongTinUyQuyen thongTinAnTich quaTrinhCTNNNLV thongTinThanhToan giayToDinhKem nycCuTru fileHoSo"
)
FORM_FIELDS = frozenset(_FORM_WORDS.split())
_PAPER_NUMBERS = {
    PaperKind.PASSPORT: "0",
    PaperKind.OLD_CARD: "1",
    PaperKind.RESIDENT_CARD: "2",
    PaperKind.CARD: "3",
}
RESULT_NAME = "Phiếu lý lịch tư pháp"


def asked_of_ministry(
    request: JudicialRequest, files: Sequence[Attachment], ministry: Ministry, *, most_file_bytes: int
) -> dict[str, Any]:
    """The message ``request`` of the ministry's form.

    Raises:
        Unreadable: something is missing or has another form; nothing has left.
    """
    person = request.applicant
    if person.birth is None or request.received_on is None:
        raise Unreadable("nycNgaySinh", "or ngayTiepNhan is missing")
    for file in files:
        wire.content_of(file.content, "noiDungFile", most=most_file_bytes)
    form: dict[str, Any] = {
        "loaiPhieu": int(request.form.value),
        "yeuCauCDNCV": 1 if request.ban_position else 0,
        "maMucDich": request.purpose,
        "soLuongCap": request.copies + request.more_copies,
        "nycHoTen": wire.needed({"nycHoTen": person.name.full}, "nycHoTen", most=200),
        "nycTenGoiKhac": request.other_name,
        "nycTenGioiTinh": _sex_word(person.sex),
        "nycNgaySinh": wire.sent_partial(person.birth),
        "nycThuongTru": _sent_place(person.place, request.residence),
        "nycDienThoai": person.phone,
        "nycEmail": person.email,
        "nycLoaiGiayTo": _PAPER_NUMBERS[request.paper.kind],
        "nycSoGiayTo": wire.needed({"nycSoGiayTo": request.paper.number}, "nycSoGiayTo", most=40),
        "nycNgayCapGiayTo": wire.sent_day(request.paper.issued_on) if request.paper.issued_on else "",
        "nycNoiCapGiayTo": request.paper.issued_by,
        "nycQuocTich": request.nationality,
        "nycDanToc": request.ethnicity,
        "nycHoTenCha": request.father.name if request.father else "",
        "nycHoTenMe": request.mother.name if request.mother else "",
        "nycHoTenVoChong": request.spouse.name if request.spouse else "",
        "nycCuTru": [_sent_residence(row, request.declared_on) for row in request.residences],
        "fileHoSo": [
            {"tenLoaiFile": file.kind, "tenFile": file.name, "noiDungFile": file.content} for file in files
        ],
    }
    return {
        "authKey": ministry.auth_key.get_secret_value(),
        "maTinh": ministry.province,
        "tenTinh": ministry.province_name,
        "maHoSoMCDT": wire.code({"maHoSoMCDT": request.reference}, "maHoSoMCDT"),
        ministry.source_field: ministry.source,
        "ngayTiepNhan": wire.sent_day(request.received_on),
        "toKhai": {name: value for name, value in form.items() if value != ""},
        "thongTinBienLai": {"soBienLai": request.receipt_number} if request.receipt_number else {},
    }


def scanned(
    row: Mapping[str, Any], ministry: Ministry, settings: Settings
) -> tuple[DossierNews, dict[str, bytes]]:
    """News of one dossier at the ministry, and the bytes of the certificate by the id of its file.

    Raises:
        Unreadable
    """
    code = wire.code(row, "maHoSoMCDT")
    number = wire.needed(row, "trangThaiXuLy", most=20)
    state = ministry.states.get(number, DossierState.PENDING)
    result, contents = _result(wire.inner(row, "ketQuaXuLy"), code, settings)
    digest = result.file.sha256 if result and result.file else ""
    news = DossierNews(
        system=SYSTEM,
        kind=NewsKind.FINISHED if state is DossierState.DONE else NewsKind.STATE,
        key=f"scan:{code}:{number}:{digest[:16] or (result.number if result else '')}",
        dossier_code=code,
        state=state,
        their_state=number,
        at=result.issued_at if result else None,
        results=(result,) if result else (),
    )
    return news, contents


def received(
    message: Mapping[str, Any], raw: bytes, settings: Settings, *, more_fields: frozenset[str]
) -> tuple[DossierNews, dict[str, bytes]]:
    """A dossier that VNeID creates or supplements, and the bytes of its files by their ids.

    Raises:
        Unreadable: a field is missing, unknown (a command is taken whole or not at all) or cannot be read.
    """
    _no_others(message, TOP_FIELDS | more_fields)
    form = an_object(message.get("toKhai"), "toKhai")
    _no_others(form, FORM_FIELDS | more_fields)
    code = wire.code(message, "maHoSoMCDT")
    request = _request(form, code, _day_of(message))
    files, contents = _files(form, settings.most_file_bytes)
    facts: dict[str, Any] = {"request": to_json(request), "files": to_json(files)}
    if message.get("thongTinBienLai"):
        facts["receipt"] = _receipt(wire.inner(message, "thongTinBienLai"))
    news = DossierNews(
        system=SYSTEM,
        kind=NewsKind.NEW_DOSSIER,
        key=f"vneid:{code}:{hashlib.sha256(raw).hexdigest()[:32]}",
        dossier_code=code,
        state=DossierState.RECEIVED,
        facts=facts,
        dossier=dossier_of(code, request, settings),
    )
    return news, contents


def _result(
    found: Mapping[str, Any], code: str, settings: Settings
) -> tuple[ResultPaper | None, dict[str, bytes]]:
    if not found:
        return None, {}
    number, content = wire.text(found, "soPhieuLLTP", most=100), found.get("phieuLLTP") or ""
    issued = wire.day_or_none(found, "ngayCapPhieu")
    if not number and not content:
        return None, {}
    if not isinstance(content, str):
        raise Unreadable("phieuLLTP", "a text is expected")
    file: FileRef | None = None
    contents: dict[str, bytes] = {}
    if content:
        file, contents = _file(
            content, "phieuLLTP", f"phieu-{code.replace('/', '-')}.pdf", settings.most_file_bytes
        )
    at = datetime(issued.year, issued.month, issued.day, tzinfo=VIETNAM) if issued else None
    kind = wire.text(found, "loaiPhieu", most=4)
    paper = settings.result_codes[FormKind(kind)] if kind in ("1", "2") else ""
    return ResultPaper(paper, RESULT_NAME, file, number, at), contents


def _file(content: str, field: str, name: str, most: int) -> tuple[FileRef, dict[str, bytes]]:
    if wire.is_link(content):
        return FileRef(id="", name=name, url=content), {}
    raw = wire.content_of(content, field, most=most)
    digest = hashlib.sha256(raw).hexdigest()
    media = "application/pdf" if raw.startswith(b"%PDF-") else "application/octet-stream"
    return FileRef(f"sha256:{digest}", name, media, len(raw), digest), {f"sha256:{digest}": raw}


def _files(form: Mapping[str, Any], most: int) -> tuple[list[FileRef], dict[str, bytes]]:
    """giayToDinhKem[].danhSach[] {loai, duLieu}, or fileHoSo[] {tenLoaiFile, tenFile, noiDungFile}."""
    refs: list[FileRef] = []
    contents: dict[str, bytes] = {}
    given: list[tuple[str, Any, str]] = []
    for group in wire.rows(form, "giayToDinhKem"):
        name = wire.text(an_object(group, "giayToDinhKem"), "ten", most=200)
        for item in wire.rows(group, "danhSach"):
            kind = wire.text(an_object(item, "danhSach"), "loai", most=40)
            given.append((f"{name}.{kind}" if kind else name, item.get("duLieu"), "duLieu"))
    for item in wire.rows(form, "fileHoSo"):
        name = wire.text(an_object(item, "fileHoSo"), "tenFile", most=200)
        given.append((name, item.get("noiDungFile"), "noiDungFile"))
    for name, content, field in given:
        if not isinstance(content, str) or not content:
            raise Unreadable(field, "a file's content is expected")
        ref, found = _file(content, field, name, most)
        refs.append(ref)
        contents |= found
    return refs, contents


def _request(form: Mapping[str, Any], code: str, day: date) -> JudicialRequest:
    number = wire.needed(form, "nycSoGiayTo", most=40)
    kind = _paper_kind(number)
    place = wire.inner(form, "nycThuongTru")
    mandate = wire.inner(form, "thongTinUyQuyen") if wire.text(form, "uyQuyen", most=4) == "1" else {}
    person = Party(
        kind=PartyKind.CITIZEN,
        name=PersonName(wire.needed(form, "nycHoTen", most=200)),
        personal_number=number if kind is PaperKind.CARD else "",
        old_number=number if kind is PaperKind.OLD_CARD else "",
        passport=number if kind is PaperKind.PASSPORT else "",
        birth=wire.partial(wire.needed(form, "nycNgaySinh", most=40), "nycNgaySinh"),
        sex=_sex(wire.text(form, "nycTenGioiTinh", most=20)),
        place=_place(place),
        phone=wire.text(form, "nycDienThoai", most=40),
        email=wire.text(form, "nycEmail", most=200),
    )
    issued = wire.day_or_none(form, "nycNgayCapGiayTo")
    return JudicialRequest(
        reference=code,
        applicant=person,
        paper=IdentityPaper(kind, number, issued, wire.text(form, "nycNoiCapGiayTo")),
        form=_form_kind(wire.needed(form, "loaiPhieu", most=4)),
        declarer=Declarer.MANDATED if mandate else Declarer.INDIVIDUAL,
        asker=Asker.CITIZEN if wire.text(form, "nycQuocTich", most=40) in ("VN", "") else Asker.FOREIGNER,
        declared_on=day,
        other_name=wire.text(form, "nycTenGoiKhac"),
        nationality=wire.text(form, "nycQuocTich", most=40),
        ethnicity=wire.text(form, "nycDanToc", most=40),
        residence=wire.text(place, "chiTiet") or wire.text(place, "dcChiTiet"),
        father=_kin(form, "nycHoTenCha", "chaNamSinh"),
        mother=_kin(form, "nycHoTenMe", "meNamSinh"),
        spouse=_kin(form, "nycHoTenVoChong", "voChongNamSinh"),
        residences=_residences(form),
        mandated=_mandated(mandate) if mandate else None,
        copies=a_whole(form.get("soLuongCap") or 1, "soLuongCap", least=1, most=100),
        purpose=wire.text(form, "tenMucDich")
        or wire.text(form, "mucDichKhac")
        or wire.text(form, "maMucDich"),
        ban_position=wire.text(form, "yeuCauCDNCV", most=4) == "1",
        received_on=day,
    )


def _residences(form: Mapping[str, Any]) -> tuple[Residence, ...]:
    found = []
    for item in wire.rows(form, "quaTrinhCTNNNLV"):
        row = an_object(item, "quaTrinhCTNNNLV")
        place = wire.inner(row, "diaChiCuTru")
        found.append(_lived(row, "tuThangNam", "denThangNam", wire.text(place, "chiTiet")))
    for item in wire.rows(form, "nycCuTru"):
        row = an_object(item, "nycCuTru")
        found.append(_lived(row, "tuNgay", "denNgay", wire.needed(row, "noiCuTru")))
    return tuple(found)


def _lived(row: Mapping[str, Any], since: str, until: str, place: str) -> Residence:
    return Residence(
        since=wire.partial(wire.needed(row, since, most=40), since),
        until=wire.partial_or_none(row, until),
        place=place,
        job=wire.text(row, "ngheNghiep"),
        workplace=wire.text(row, "noiLamViec"),
    )


def _mandated(form: Mapping[str, Any]) -> Mandated:
    number = wire.text(form, "nuqSoGiayTo", most=40)
    kind = _paper_kind(number)
    person = Party(
        kind=PartyKind.CITIZEN,
        name=PersonName(wire.needed(form, "nuqHoTen", most=200)),
        personal_number=number if kind is PaperKind.CARD else "",
        birth=wire.partial_or_none(form, "nuqNgaySinh"),
        sex=_sex(wire.text(form, "nuqTenGioiTinh", most=20)),
        place=_place(wire.inner(form, "nuqNoiOHienTai")),
        phone=wire.text(form, "nuqDienThoai", most=40),
        email=wire.text(form, "nuqEmail", most=200),
    )
    paper = IdentityPaper(kind, number, wire.day_or_none(form, "nuqNgayCapGiayTo")) if number else None
    relation = wire.text(wire.inner(form, "nuqQuanHe"), "ten", most=100)
    return Mandated(person, paper, relation, wire.day_or_none(form, "nuqNgayKyVanBanUyQuyen"))


def _receipt(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was paid there, as they say: evidence for a person, never booked from here."""
    lines = [
        {
            "name": wire.text(an_object(row, "dSKhoanNop"), "NoiDung", most=300),
            "amount": a_whole(row.get("SoTien"), "SoTien"),
        }
        for row in wire.rows(found, "dSKhoanNop")
    ]
    url = wire.text(found, "urlBienLai")
    return {
        "state": wire.text(found, "trangThaiGD", most=20),
        "url": url if wire.is_link(url) else "",
        "lines": lines,
    }


def _day_of(message: Mapping[str, Any]) -> date:
    birth = wire.partial(wire.needed(message, "ngayTiepNhan", most=40)[:10], "ngayTiepNhan")
    if birth.precision is not BirthPrecision.DAY:
        raise Unreadable("ngayTiepNhan", "dd/MM/yyyy is expected")
    return birth.on


def _kin(form: Mapping[str, Any], name: str, year: str) -> Kin | None:
    told = wire.text(form, name, most=200)
    if not told:
        return None
    born = wire.text(form, year, most=10)
    birth: Birth | None = wire.partial(born, year) if born and born != "0" else None
    return Kin(told, birth)


def _place(found: Mapping[str, Any]) -> Place | None:
    if not found:
        return None
    return Place(
        province=wire.text(found, "maTinhThanh", most=20),
        district=wire.text(found, "maQuanHuyen", most=20),
        commune=wire.text(found, "maPhuongXa", most=20),
        detail=wire.text(found, "chiTiet") or wire.text(found, "dcChiTiet"),
    )


def _sent_place(place: Place | None, detail: str) -> dict[str, str]:
    if place is None:
        return {"maTinhThanh": "", "maQuanHuyen": "", "maPhuongXa": "", "dcChiTiet": detail}
    return {
        "maTinhThanh": place.province,
        "maQuanHuyen": place.district,
        "maPhuongXa": place.commune,
        "dcChiTiet": place.detail or place.text or detail,
    }


def _sent_residence(row: Residence, declared_on: date) -> dict[str, str]:
    return {
        "tuNgay": wire.sent_partial(row.since),
        "denNgay": wire.sent_partial(row.until) if row.until else wire.sent_day(declared_on),
        "noiCuTru": wire.needed({"noiCuTru": row.place}, "noiCuTru"),
        "ngheNghiep": row.job,
        "noiLamViec": row.workplace,
    }


def _paper_kind(number: str) -> PaperKind:
    """By its form: their codes of papers are not public."""
    if number.isascii() and number.isdigit() and len(number) in (9, 12):
        return PaperKind.CARD if len(number) == 12 else PaperKind.OLD_CARD
    return PaperKind.PASSPORT


def _form_kind(number: str) -> FormKind:
    try:
        return FormKind(number)
    except ValueError:
        raise Unreadable("loaiPhieu", "1 or 2 is expected") from None


def _sex(word: str) -> Sex:
    """By the word: their codes are not public."""
    return {"nam": Sex.MALE, "nữ": Sex.FEMALE}.get(word.casefold(), Sex.UNKNOWN)


def _sex_word(sex: Sex) -> str:
    return {Sex.MALE: "Nam", Sex.FEMALE: "Nữ"}.get(sex, "")


def _no_others(message: Mapping[str, Any], known: frozenset[str]) -> None:
    if message.keys() - known:
        raise Unreadable("body", "holds a field that was not agreed")
