"""Results of a registration and dossiers of the linked services, read into our words. Pure; everything in them is personal."""

from __future__ import annotations

import base64
import binascii
import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from connectors.civil_status.rules import Head
from connectors.kit.reading import VIETNAM, Unreadable, a_day, a_list, a_text, an_object
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import Channel, DossierFile, FileRef, Paper, ResultPaper
from mappings.canonical.party import Party, PartyKind, PersonName, Place

_LONGEST_CODE = 100
_PAPERS = ("fileDinhKem", "dsFileDinhKem", "tepDinhKem")
"""The list of attachments; the first name was seen (C), the others are guesses (D)."""


class Event(StrEnum):
    """What was registered."""

    BIRTH = "birth"
    DEATH = "death"


_CERTIFICATES = {
    Event.BIRTH: ("giayKhaiSinh", "KQ.G15.000031", "Giấy khai sinh"),
    Event.DEATH: ("giayKhaiTu", "KQ.G15.000034", "Trích lục khai tử"),
}
"""Event → field of the certificate, code of the result paper (B), its name."""


@dataclass(frozen=True, slots=True)
class CivilResult:
    """A registration that is done.

    Attributes:
        paper: the certificate; ``content``: its bytes, empty when none came.
        facts: soDinhDanh, nksHoTen, quyenSo and the like by their names, texts in NFC.
    """

    event: Event
    paper: ResultPaper
    facts: dict[str, str]
    content: bytes = field(repr=False)


def read(value: Any, *, largest: int) -> CivilResult:
    """A result as the civil-status system or a linked service tells it.

    Raises:
        Unreadable: neither a birth nor a death, no number or day, or a certificate that is no base64.
    """
    body = an_object(value, "value")
    code = _text(body, "maGiayToKetQua", needed=False)
    event = next(
        (
            event
            for event, (certificate, result, _) in _CERTIFICATES.items()
            if code == result or (not code and body.get(certificate))
        ),
        None,
    )
    if event is None:
        raise Unreadable("maGiayToKetQua", "neither a birth nor a death")
    certificate, result, name = _CERTIFICATES[event]
    content = _bytes(body.get(certificate), certificate, largest)
    day = a_day(_text(body, "ngayDangKy"), "ngayDangKy", "%d/%m/%Y")
    number = _text(body, "soDangKy")
    digest = hashlib.sha256(content).hexdigest()
    file = (
        FileRef(f"sha256:{digest}", f"{certificate}.pdf", "application/pdf", len(content), digest)
        if content
        else None
    )
    facts = {
        key: found
        for key in body
        if key not in (certificate, "maGiayToKetQua")
        and (found := _text(body, key, needed=False, strict=False))
    }
    issued = datetime.combine(day, time(), tzinfo=VIETNAM)
    return CivilResult(event, ResultPaper(result, name, file, number, issued), facts, content)


def told(result: CivilResult) -> dict[str, Any]:
    """``ketQuaXuLy`` for the linked services."""
    certificate, code, _ = _CERTIFICATES[result.event]
    return {
        **result.facts,
        certificate: base64.b64encode(result.content).decode(),
        "maGiayToKetQua": code,
    }


def head(row: Any) -> Head:
    """One row of the list. An empty module is kept: it is parked, not lost.

    Raises:
        Unreadable: without id, code, procedure or unit it cannot even be parked under its name.
    """
    body = an_object(row, "row")
    return Head(
        _text(body, "id"),
        _text(body, "maHoSo"),
        _text(body, "maTTHC"),
        _text(body, "maDonVi"),
        _text(body, "module", needed=False),
    )


@dataclass(frozen=True, slots=True)
class Inbound:
    """A dossier that was pulled.

    Attributes:
        file: under their code; ours is given when it is taken in.
        form: all fields as they came, for the registration later.
        contents: id of a file of ``file`` → its bytes.
    """

    head: Head
    file: DossierFile
    form: dict[str, Any] = field(repr=False)
    contents: dict[str, bytes] = field(repr=False)


def dossier(value: Any, of: Head, *, largest: int) -> Inbound:
    """A pulled dossier.

    Raises:
        Unreadable: not an object, no requester, or an attachment that is no base64; the whole dossier is then parked.
    """
    body = an_object(value, "data")
    contents: dict[str, bytes] = {}
    papers = []
    listed = next((name for name in _PAPERS if body.get(name) is not None), "")
    for row in a_list(body[listed], listed) if listed else []:
        held = an_object(row, listed)
        content = _bytes(held.get("duLieuTepDinhKem"), "duLieuTepDinhKem", largest)
        if not content:
            raise Unreadable("duLieuTepDinhKem", "is empty")
        digest = hashlib.sha256(content).hexdigest()
        file = FileRef(f"sha256:{digest}", _text(held, "tenTepDinhKem"), size=len(content), sha256=digest)
        contents[file.id] = content
        papers.append(Paper("", _text(held, "tenGiayTo"), files=(file,)))
    form = {key: item for key, item in body.items() if key != listed}
    return Inbound(
        of,
        DossierFile(
            code=of.code,
            version=1,
            procedure=of.procedure,
            procedure_name="",
            field="",
            field_name="",
            agency=of.unit,
            agency_name="",
            applicant=_requester(body),
            state=DossierState.RECEIVED,
            receipt_number=of.code,
            channel=Channel.ONLINE,
            papers=tuple(papers),
        ),
        form,
        contents,
    )


def _requester(body: Mapping[str, Any]) -> Party:
    number = _text(body, "nycSoDDCN", needed=False) or _text(body, "nycSoGiayToTuyThan", needed=False)
    return Party(
        PartyKind.CITIZEN,
        _name(body.get("nycHoTen")),
        personal_number=number if len(number) == 12 and number.isdigit() else "",
        old_number=number if len(number) == 9 and number.isdigit() else "",
        place=_place(body.get("nycNoiCuTru")),
        phone=_text(body, "nycSoDienThoai", needed=False),
        email=_text(body, "nycEmail", needed=False),
    )


def _name(value: Any) -> PersonName:
    if isinstance(value, dict):
        family, middle, given = (_text(value, part, needed=False) for part in ("Ho", "ChuDem", "Ten"))
        full = " ".join(part for part in (family, middle, given) if part)
    else:
        full = _text({"nycHoTen": value}, "nycHoTen", needed=False)
        family = middle = given = ""
    if not full:
        raise Unreadable("nycHoTen", "is missing")
    return PersonName(full, family, middle, given)


def _place(value: Any) -> Place | None:
    if value is None or value == "":
        return None
    if isinstance(value, dict):
        detail, province, commune = (
            _text(value, part, needed=False) for part in ("dcChiTiet", "maTinh", "maXa")
        )
        return Place(province=province, commune=commune, detail=detail)
    return Place(text=_text({"nycNoiCuTru": value}, "nycNoiCuTru", needed=False))


def _text(body: Mapping[str, Any], name: str, *, needed: bool = True, strict: bool = True) -> str:
    value = body.get(name)
    if type(value) is int:
        value = str(value)
    if value is not None and not isinstance(value, str) and not strict:
        return ""
    found = "" if value is None else a_text({name: value}, name, most=20_000 if not strict else 2_000)
    found = unicodedata.normalize("NFC", found).strip()
    if needed and not found:
        raise Unreadable(name, "is missing")
    return found


def _bytes(value: Any, name: str, largest: int) -> bytes:
    if value is None or value == "":
        return b""
    if not isinstance(value, str):
        raise Unreadable(name, "a base64 text is expected")
    if len(value) > largest * 4 // 3 + 4:
        raise Unreadable(name, "is too large")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable(name, "is not base64") from exc


__all__ = ["CivilResult", "Event", "Inbound", "dossier", "head", "read", "told"]
