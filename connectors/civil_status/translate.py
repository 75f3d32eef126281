"""Our words → the messages of civil status, in both generations. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from connectors.civil_status.rules import LinkedState
from connectors.civil_status.settings import Settings
from connectors.kit.reading import VIETNAM
from mappings.canonical.file import DossierFile
from mappings.canonical.party import Birth, BirthPrecision, Party, PersonName, Place

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,59}")
MOMENT_FORM = "%d/%m/%Y %H:%M:%S"


@dataclass(frozen=True, slots=True)
class StateReport:
    """What is told to the linked services about one dossier; the state itself is told apart from it.

    Attributes:
        procedure: maTTHC; ``dossier_code``: ours; ``linked_code``: soHoSoLT, theirs.
        at: when it happened; each state that is sent for its order's sake carries the same moment.
        officer: personal; must not be empty.
        supplement_due: until when the citizen may hand in.
        result: ``ketQuaXuLy`` as made by ``results.told``; needed by state 4.
    """

    procedure: str
    dossier_code: str
    linked_code: str
    at: datetime
    officer: str
    content: str = ""
    unit_name: str = ""
    position: str = ""
    note: str = ""
    started_at: datetime | None = None
    due_at: datetime | None = None
    supplement_due: datetime | None = None
    result: dict[str, Any] | None = None


def registration(
    settings: Settings,
    *,
    code: str,
    linked_code: str,
    module: str,
    unit: str,
    received_at: datetime,
    form: Mapping[str, Any],
) -> dict[str, Any]:
    """The body of dangKyHoTich or nhanHoSoDKHT.

    Raises:
        ValueError: what must not leave us.
    """
    if not code or not module or not form:
        raise ValueError("a registration needs its code, its module and its form")
    if not (unit.isascii() and unit.isdigit()):
        raise ValueError("maDonVi is digits; add the agency to civil_status.units")
    if received_at.tzinfo is None:
        raise ValueError("a time without a zone is nobody's time")
    day = received_at.astimezone(VIETNAM)
    where: str | int = int(unit) if settings.unit_as_number else unit
    data = form_xml(form) if settings.generation == "xml" else form_json(form)
    if len(data) > settings.longest_form:
        raise ValueError(f"the form has {len(data)} characters; {settings.longest_form} are taken")
    if settings.generation == "xml":
        return {
            "maDonVi": where,
            "module": module,
            "maHoSo": code,
            "ngayTiepNhan": day.strftime("%Y-%m-%d"),
            "data": data,
        }
    return {
        "maHoSoMCDT": code,
        "maHoSoLT": linked_code,
        "data": data,
        "module": module,
        "ngayTiepNhan": day.strftime("%d/%m/%Y"),
        "maDonVi": where,
    }


def form_json(form: Mapping[str, Any]) -> str:
    """``data`` of 2025: the form as a JSON text inside the JSON.

    Raises:
        ValueError: a value that is neither text, whole number, list nor object.
    """
    _plain(form)
    return json.dumps(form, ensure_ascii=False, separators=(",", ":"))


def form_xml(form: Mapping[str, Any]) -> str:
    """``data`` of the older generation: hotich › hoso, an element per field.

    Raises:
        ValueError: as :func:`form_json`, or a character that XML has not.
    """
    _plain(form)
    root = etree.Element("hotich")
    _fill(etree.SubElement(root, "hoso"), form)
    return etree.tostring(root, encoding="unicode")


def with_requester(form: Mapping[str, Any], file: DossierFile) -> dict[str, Any]:
    """``form``, with what the dossier knows of the requester where the form says nothing."""
    who = file.applicant
    known = {
        "nycHoTen": name(who.name),
        "nycSoDienThoai": who.phone,
        "nycEmail": who.email,
        "nycNoiCuTru": None if who.place is None else address(who.place),
        "nycSoDDCN": _number(who),
    }
    added = {field: value for field, value in known.items() if value and not form.get(field)}
    return {**form, **added}


def name(of: PersonName) -> dict[str, str]:
    """{Ho, ChuDem, Ten}; a name in one field is split at its first and last word."""
    if of.given and of.family:
        return {"Ho": of.family, "ChuDem": of.middle, "Ten": of.given}
    words = of.full.split()
    if len(words) < 2:
        return {"Ho": "", "ChuDem": "", "Ten": of.full.strip()}
    return {"Ho": words[0], "ChuDem": " ".join(words[1:-1]), "Ten": words[-1]}


def birth(of: Birth) -> dict[str, str]:
    """{namSinh, thangSinh, ngaySinh}, as far as it is known."""
    month = "" if of.precision is BirthPrecision.YEAR else f"{of.on.month:02d}"
    day = f"{of.on.day:02d}" if of.precision is BirthPrecision.DAY else ""
    return {"namSinh": f"{of.on.year:04d}", "thangSinh": month, "ngaySinh": day}


def address(of: Place) -> dict[str, str]:
    """{dcChiTiet, quocGia, maTinh, maXa}: two levels."""
    return {
        "dcChiTiet": of.detail or of.text,
        "quocGia": of.country,
        "maTinh": of.province,
        "maXa": of.commune,
    }


def state_message(report: StateReport, state: LinkedState, settings: Settings) -> dict[str, Any]:
    """The body of capNhatTrangThaiHoSoDVCLTHoTich for one state.

    Raises:
        ValueError: a name or code that must not be empty is, or state 4 without a result.
    """
    if not (report.procedure and report.dossier_code and report.linked_code and report.officer.strip()):
        raise ValueError("procedure, both codes and the officer are needed")
    if state is LinkedState.REGISTERED and not report.result:
        raise ValueError("'registration done' is told with its result")
    done = state is LinkedState.REGISTERED
    return {
        "maTTHC": report.procedure,
        "coQuanXuLy": settings.deciding_level,
        "maHoSo": report.dossier_code,
        "soHoSoLT": report.linked_code,
        "trangThai": int(state),
        "thoiGianThucHien": _moment(report.at),
        "ngayBatDau": _moment(report.started_at),
        "ngayKetThucTheoQuyDinh": _moment(report.due_at),
        "noiDungXuLy": report.content or _WORDS[state],
        "nguoiXuLy": report.officer,
        "ghiChu": report.note,
        "hanBoSungHoSo": _moment(report.supplement_due) if state is LinkedState.SUPPLEMENT else "",
        "phongBanXuLy": report.unit_name,
        "chucDanh": report.position,
        "ketQuaXuLy": json.dumps(report.result, ensure_ascii=False) if done else "",
    }


_WORDS = {
    LinkedState.RECEIVED: "Đã tiếp nhận vào hệ thống hộ tịch",
    LinkedState.SUPPLEMENT: "Yêu cầu bổ sung hồ sơ",
    LinkedState.ELIGIBLE: "Hồ sơ đủ điều kiện, Bộ phận Một cửa tiếp nhận",
    LinkedState.REGISTERED: "Đã đăng ký hộ tịch",
    LinkedState.RETURNED: "Đã trả kết quả",
    LinkedState.REFUSED: "Từ chối giải quyết",
    LinkedState.PASSED_ON: "Chuyển công chức tư pháp hộ tịch",
}


def _moment(at: datetime | None) -> str:
    if at is None:
        return ""
    if at.tzinfo is None:
        raise ValueError("a time without a zone is nobody's time")
    return at.astimezone(VIETNAM).strftime(MOMENT_FORM)


def _number(who: Party) -> str:
    return who.personal_number


def _plain(value: Any, depth: int = 0) -> None:
    """Nothing but texts, whole numbers, lists and objects with plain names; 6 levels are more than any form has."""
    if depth > 6:
        raise ValueError("the form is nested too deeply")
    if isinstance(value, Mapping):
        for field, item in value.items():
            if not isinstance(field, str) or not _FIELD.fullmatch(field):
                raise ValueError("a field's name is letters and digits")
            _plain(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _plain(item, depth + 1)
    elif value is not None and not isinstance(value, str) and type(value) is not int:
        raise ValueError("a form holds texts and whole numbers")


def _fill(parent: etree._Element, values: Mapping[str, Any]) -> None:
    for field, item in values.items():
        for one in item if isinstance(item, list | tuple) else (item,):
            child = etree.SubElement(parent, field)
            if isinstance(one, Mapping):
                _fill(child, one)
            elif one is not None:
                child.text = str(one)


__all__ = [
    "StateReport",
    "address",
    "birth",
    "form_json",
    "form_xml",
    "name",
    "registration",
    "state_message",
    "with_requester",
]
