"""The land registers' messages → canonical news. Pure; the door has been checked before."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.kit.reading import VIETNAM, Unreadable, a_whole, an_object
from connectors.land.settings import LandSystem
from connectors.land.wire import LONGEST_CODE, Fields
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import CopyKind, DossierFile, FileRef, Paper, Parcel, ResultPaper
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from mappings.canonical.tax import TaxNotice
from mappings.tables.land_statuses import END, PROGRESS, meaning_or_pending

SYSTEM = "land"
_MEDIA = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "xml": "application/xml",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of the call beside its body."""

    agency: str
    system: LandSystem
    key: str

    @property
    def utc(self) -> bool:
        """Whether times without a zone are of UTC."""
        return self.system.callback_zone == "utc"

    def facts(self, **more: Any) -> dict[str, Any]:
        """Whose register it is, and what the message brings beside."""
        return {"agency": self.agency, **{name: value for name, value in more.items() if value}}


def moved(fields: Fields, door: Door) -> DossierNews:
    """ChuyenHoSo: it went from one officer to another. A late one may not take a dossier back (``state_order``)."""
    at = fields.moment("NgayChuyen", utc=door.utc)
    code = fields.text("MaTrangThai", needed=True, most=20)
    return DossierNews(
        SYSTEM,
        NewsKind.STATE,
        door.key,
        _dossier(fields),
        state=_state(PROGRESS, code, at, door),
        their_state=code,
        at=at,
        officer=fields.text("MaCanBoNhan"),
        note=fields.text("GhiChu", "NoiDung"),
        facts=door.facts(moved_by=fields.text("MaCanBoChuyen")),
    )


def supplement_asked(fields: Fields, door: Door) -> DossierNews:
    """YeuCauBoSungHoSo. The names of all fields but SoBienNhan are assumed, so none of them is needed."""
    return DossierNews(
        SYSTEM,
        NewsKind.SUPPLEMENT_ASKED,
        door.key,
        _dossier(fields),
        state=DossierState.SUPPLEMENT,
        at=fields.moment("NgayYeuCau", utc=door.utc, needed=False),
        officer=fields.text("MaCanBoXuLy", "NguoiYeuCau"),
        note=fields.text("NoiDung", "GhiChu", "LyDo"),
        facts=door.facts(),
    )


def supplement_received(fields: Fields, door: Door) -> DossierNews:
    """NhanBoSungHoSo: they have the papers and name a new due date."""
    due = fields.moment("NgayHenTraMoi", utc=door.utc, needed=False) or fields.moment(
        "NgayHenTra", utc=door.utc, needed=False
    )
    return DossierNews(
        SYSTEM,
        NewsKind.SUPPLEMENT_RECEIVED,
        door.key,
        _dossier(fields),
        state=DossierState.PROCESSING,
        at=fields.moment("NgayBoSung", utc=door.utc, needed=False),
        officer=fields.text("MaCanBoXuLy", "NguoiTiepNhan"),
        note=fields.text("GhiChu", "NoiDung"),
        facts=door.facts(due_at=due.isoformat() if due else ""),
    )


def tax_result(fields: Fields, door: Door) -> DossierNews:
    """GuiKetQuaThue of either product; iLIS writes HoVaChu and DuongDanTBT where VBDLIS writes other names.

    ``facts["notices"]``: a :class:`TaxNotice` each. It changes no state by itself.
    """
    code = _dossier(fields)
    rows = fields.rows("DanhSachThongBaoThue")
    if not rows:
        raise Unreadable("DanhSachThongBaoThue", "is empty")
    notices = [_notice(code, row) for row in rows]
    if len({notice.key for notice in notices}) != len(notices):
        raise Unreadable("SoThongBaoThue", "stands there twice")
    return DossierNews(
        SYSTEM,
        NewsKind.TAX_NOTICE,
        door.key,
        code,
        at=fields.moment("NgayCoKetQuaThue", utc=door.utc),
        officer=fields.text("NguoiXuLy"),
        note=fields.text("GhiChu"),
        facts=door.facts(notices=[to_json(notice) for notice in notices]),
    )


def ended(fields: Fields, door: Door) -> DossierNews:
    """KetThucHoSo, with links to the results, which must be fetched (``client.fetch``)."""
    at = fields.moment("NgayKetThuc", utc=door.utc)
    code = str(a_whole(fields.get("TrangThaiKetThuc"), "TrangThaiKetThuc", most=1_000))
    return DossierNews(
        SYSTEM,
        NewsKind.FINISHED,
        door.key,
        _dossier(fields),
        state=_state(END, code, at, door),
        their_state=code,
        at=at,
        officer=fields.text("MaCanBoXuLy"),
        note=fields.text("GhiChu"),
        results=tuple(_result(row) for row in fields.rows("DanhSachGiayToKetQua")),
        facts=door.facts(),
    )


def update_asked(fields: Fields, door: Door) -> DossierNews:
    """YeuCauCapNhatHoSo: something in the dossier must be put right by us."""
    return DossierNews(
        SYSTEM,
        NewsKind.UPDATE_ASKED,
        door.key,
        _dossier(fields),
        officer=fields.text("MaCanBoXuLy"),
        note=fields.text("GhiChu"),
        facts=door.facts(),
    )


def wrong_tax(fields: Fields, door: Door) -> DossierNews:
    """A tax result that was handed back as wrong."""
    return DossierNews(
        SYSTEM,
        NewsKind.WRONG_TAX_RESULT,
        door.key,
        _dossier(fields),
        note=fields.text("GhiChu"),
        facts=door.facts(),
    )


def born_there(fields: Fields, door: Door) -> DossierNews:
    """TiepNhanHoSoChoMotCua: a dossier that began in the register and wants a receipt number from us.

    Its fields are assumed to be those of our hand-over. ``dossier_code`` is empty where we must give one.
    """
    code = fields.text("SoBienNhan", most=LONGEST_CODE)
    process = _object(fields, "ThongTinQuyTrinh")
    place = _place(fields)
    parcels = tuple(_parcel(row) for row in fields.rows("ThongTinThuaDat"))
    file = DossierFile(
        code=code,
        version=1,
        procedure=process.text("MaQuyTrinh", needed=True, most=LONGEST_CODE),
        procedure_name=process.text("TenQuyTrinh"),
        field="",
        field_name="",
        agency=door.agency,
        agency_name="",
        applicant=_applicant(_object(fields, "ThongTinNguoiNopDon"), place),
        state=DossierState.RECEIVED,
        receipt_number=code,
        received_at=fields.moment("NgayTiepNhan", utc=door.utc, needed=False),
        due_at=fields.moment("NgayHenTra", utc=door.utc, needed=False),
        officer=fields.text("NguoiTiepNhan"),
        papers=tuple(_paper(row) for row in fields.rows("DanhSachGiayToDinhKem")),
        parcels=parcels,
    )
    return DossierNews(
        SYSTEM,
        NewsKind.NEW_DOSSIER,
        door.key,
        code,
        state=DossierState.RECEIVED,
        at=file.received_at,
        officer=file.officer,
        facts=door.facts(),
        dossier=file,
    )


def attachments(fields: Fields) -> dict[str, bytes]:
    """Files that a message of :func:`born_there` carries inside: id as in its papers → bytes.

    Raises:
        Unreadable: not base64.
    """
    found: dict[str, bytes] = {}
    for row in fields.rows("DanhSachGiayToDinhKem"):
        for file, content in _inside(row):
            found[file.id] = content
    return found


def _dossier(fields: Fields) -> str:
    return fields.text("SoBienNhan", needed=True, most=LONGEST_CODE)


def _state(of: str, code: str, at: datetime | None, door: Door) -> DossierState:
    if at is None:
        return DossierState.PENDING
    return meaning_or_pending(of, code, at.astimezone(VIETNAM).date(), door.system.status_overrides)


def _notice(dossier: str, row: Fields) -> TaxNotice:
    link = row.text("DuongDanThongBaoThue", "DuongDanTBT")
    number = row.text("SoThongBaoThue", needed=True, most=LONGEST_CODE)
    return TaxNotice(
        dossier_code=dossier,
        tax_code=row.text("MaSoThue", most=20),
        decision=number,
        item=row.text("LoaiThue"),
        owner_name=row.text("HoTenChu", "HoVaChu", needed=True),
        file=_link(link, "") if link else None,
    )


def _result(row: Fields) -> ResultPaper:
    file = _link(row.text("LinkFile", needed=True), row.text("KieuFile"))
    return ResultPaper(code="", name=row.text("TenGiayTo", "TenFile") or file.name, file=file)


def _link(link: str, kind: str) -> FileRef:
    name = link.partition("?")[0].rstrip("/").rpartition("/")[2] or "ket-qua"
    ending = (kind or name.rpartition(".")[2]).casefold().lstrip(".")
    mark = hashlib.sha256(link.encode()).hexdigest()[:32]
    return FileRef(f"link:{mark}", name, _MEDIA.get(ending, "application/octet-stream"), url=link)


def _object(fields: Fields, name: str) -> Fields:
    return Fields(an_object(fields.get(name), name))


def _place(fields: Fields) -> Place:
    district = fields.text("HuyenId", most=3)
    ward = fields.text("XaId", most=30).rpartition(".")[2]
    return Place(
        province=_padded(fields.text("TinhId", most=2), 2),
        district="" if not district.strip("0") else _padded(district, 3),
        commune=_padded(ward, 5),
        text=fields.text("DiaChiTaiSan"),
    )


def _padded(code: str, length: int) -> str:
    """A number lost the zeros that a code begins with."""
    return code.rjust(length, "0") if code.isascii() and code.isdigit() else code


def _applicant(fields: Fields, place: Place) -> Party:
    number = fields.text("SoChungMinh", most=20)
    return Party(
        PartyKind.CITIZEN,
        PersonName(fields.text("HoTen", needed=True, most=300)),
        personal_number=number if len(number) == 12 else "",
        old_number=number if len(number) == 9 else "",
        place=Place(province=place.province, text=fields.text("DiaChiChiTiet")),
        phone=fields.text("SoDienThoai", most=30),
        email=fields.text("Email", most=200),
    )


def _parcel(row: Fields) -> Parcel:
    area = row.get("DienTich")
    return Parcel(
        map_sheet=row.text("SoHieuBanDo"),
        number=row.text("SoThuTuThua", needed=True),
        area=str(area) if not isinstance(area, str) and area is not None else row.text("DienTich"),
        place=Place(text=row.text("DiaChiChiTiet")),
    )


def _paper(row: Fields) -> Paper:
    originals = a_whole(row.get("SoBanChinh") or 0, "SoBanChinh", most=1_000)
    copies = a_whole(row.get("SoBanSao") or 0, "SoBanSao", most=1_000)
    link = row.text("LinkFile")
    files = tuple(file for file, _ in _inside(row)) + ((_link(link, ""),) if link else ())
    return Paper(
        code="",
        name=row.text("TenGiayTo", needed=True),
        copy=CopyKind.ORIGINAL if originals else CopyKind.COPY,
        quantity=originals or copies or 1,
        files=files,
    )


def _inside(row: Fields) -> list[tuple[FileRef, bytes]]:
    held = row.get("TapTin")
    if held is None:
        return []
    raw: Mapping[str, Any] = an_object(held, "TapTin")
    file = Fields(raw)
    data = file.get("data")
    if not isinstance(data, str) or not data:
        raise Unreadable("TapTin.data", "a base64 text is expected")
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable("TapTin.data", "is not base64") from exc
    digest = hashlib.sha256(content).hexdigest()
    name = file.text("name") or "tep"
    media = _MEDIA.get(name.rpartition(".")[2].casefold(), "application/octet-stream")
    return [(FileRef(f"sha256:{digest}", name, media, len(content), digest), content)]
