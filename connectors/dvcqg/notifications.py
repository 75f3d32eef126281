"""What the portal pushes to a one-stop system: a new dossier, a land-tax notice, a land-tax receipt; and our answer.

Who calls is told by a secret in a header (how the portal really signs in at a province is not public). The raw body is what is
kept and hashed; nothing in it is used before the secret was found right. Files come inside the message: the news names
them by digest, and :func:`files` takes the bytes out of the same body for the file store.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lxml import etree

from connectors.dvcqg.settings import Settings
from connectors.dvcqg.wire import HIDDEN, needed_text, text, time
from connectors.errors import Forged
from connectors.kit import xml
from connectors.kit.reading import Unreadable, a_day, a_list, a_whole, an_object, json_value
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import Channel, DossierFile, FileRef, Paper, ResultPaper
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.party import Party, PartyKind, PersonName, Place

SYSTEM = "dvcqg"
MOST_BYTES = 20_000_000
FORM_NAME = "Đơn đăng ký"
TAKEN, DOUBLE, FAILED = 0, 1, -1
"""error_code of our answer: taken over (or had before, changing nothing), a duplicate, an error."""


def new_dossier(
    raw_body: bytes, headers: Mapping[str, str], *, settings: Settings
) -> tuple[DossierNews, ...]:
    """A dossier of an enterprise. Its account (TechID) is asked for before it is taken in: ``Client.with_account``.

    Raises:
        Forged: not from them. Nothing in it was used.
        Unreadable: from them (a ``ValueError``), but a field is missing or not as agreed.
    """
    found = _verified(raw_body, headers, settings)
    code = _code(found)
    place = an_object(found.get("DiaChiDoanhNghiep") or {}, "DiaChiDoanhNghiep")
    file = DossierFile(
        code=code,
        version=1,
        procedure=needed_text(found, "MaTTHC"),
        procedure_name="",
        field="",
        field_name="",
        agency="",
        agency_name="",
        applicant=Party(
            kind=PartyKind.ENTERPRISE,
            name=PersonName(_name(found, "TenThuongNhan", needed=True)),
            tax_code=_tax_code(found, "MaSoThue"),
            place=Place(
                province=text(place, "MaTinh"),
                district=text(place, "MaHuyen"),
                commune=text(place, "MaXa"),
                detail=_name(place, "DiaChiChiTiet"),
            ),
        ),
        state=DossierState.RECEIVED,
        channel=Channel.ONLINE,
        papers=tuple(Paper(code="", name=ref.name, files=(ref,)) for ref, _ in _attached(found)),
    )
    news = DossierNews(
        system=SYSTEM,
        kind=NewsKind.NEW_DOSSIER,
        key=f"new-dossier:{code}",
        dossier_code=code,
        state=DossierState.RECEIVED,
        dossier=file,
    )
    return (news,)


def files(raw_body: bytes) -> dict[str, bytes]:
    """The bytes inside a message of :func:`new_dossier`, by the id that its news gives them.

    Raises:
        Unreadable
    """
    return {ref.id: content for ref, content in _attached(an_object(json_value(raw_body)))}


def tax_notice(raw_body: bytes, headers: Mapping[str, str], *, settings: Settings) -> tuple[DossierNews, ...]:
    """Land tax to be paid: one piece of news per (dossier, tax code, decision), with all its lines.

    Raises:
        As :func:`new_dossier`.
    """
    found = _verified(raw_body, headers, settings)
    code = _code(found)
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in _tax_rows(_content(found, "FileThongBaoThue"), code, settings):
        grouped.setdefault((row["tax_code"], row["decision"]), []).append(row)
    return tuple(
        DossierNews(
            system=SYSTEM,
            kind=NewsKind.TAX_NOTICE,
            key=f"tax-notice:{code}:{tax_code}:{decision}",
            dossier_code=code,
            facts={
                "tax_code": tax_code,
                "decision": decision,
                "decided_on": rows[0]["decided_on"],
                "amount": sum(row["amount"] for row in rows),
                "lines": [{"name": row["item"], "amount": row["amount"]} for row in rows],
            },
        )
        for (tax_code, decision), rows in grouped.items()
    )


def tax_receipt(
    raw_body: bytes, headers: Mapping[str, str], *, settings: Settings
) -> tuple[DossierNews, ...]:
    """Land tax that was paid. Whether it is the amount of the notice is for the ledger to compare.

    Raises:
        As :func:`new_dossier`.
    """
    found = _verified(raw_body, headers, settings)
    code = _code(found)
    paid = an_object(found.get("ThongTinThanhToan"), "ThongTinThanhToan")
    notice, state = needed_text(paid, "MaThongBaoThue"), needed_text(paid, "TrangThaiThanhToan")
    url = text(found, "UrlFileChungTu")
    if url and not url.startswith("https://") and not settings.plain_files:
        raise Unreadable("UrlFileChungTu", "is no https address")
    tax_code = _tax_code(found, "MaSoThue")
    news = DossierNews(
        system=SYSTEM,
        kind=NewsKind.TAX_RECEIPT,
        key=f"tax-receipt:{code}:{tax_code}:{notice}:{state}",
        dossier_code=code,
        their_state=state,
        at=time(paid, "ThoiGianThanhToan"),
        results=(
            ResultPaper(code="", name="Chứng từ nộp thuế", file=FileRef(_id(url.encode()), "", url=url)),
        )
        if url
        else (),
        facts={
            "tax_code": tax_code,
            "notice": notice,
            "amount": a_whole(paid.get("SoTien"), "SoTien", least=1),
            "content": _name(paid, "NoiDungThanhToan"),
            "payer_name": _name(found, "HoTenNguoiNopTien"),
            "payer_id": text(found, "SoCMTNguoiNopTien"),
            "payer_address": ", ".join(
                part
                for name in ("DiaChi", "Xa", "Huyen", "Tinh")
                if (part := _name(found, f"{name}NguoiNopTien"))
            ),
        },
    )
    return (news,)


def answer(code: int, words: str, settings: Settings) -> bytes:
    """Our answer: :data:`TAKEN`, :data:`DOUBLE` or :data:`FAILED`, at HTTP 200."""
    told: dict[str, Any] = {"error_code": str(code) if settings.answer_as_text else code, "message": words}
    return json.dumps(told, ensure_ascii=False).encode()


DOORS: Mapping[str, Callable[..., tuple[DossierNews, ...]]] = {
    "dossier": new_dossier,
    "tax-notice": tax_notice,
    "tax-receipt": tax_receipt,
}
"""Door → what verifies and reads what comes in there: (raw body, headers in lower case, settings=…)."""


def _verified(raw_body: bytes, headers: Mapping[str, str], settings: Settings) -> dict[str, Any]:
    given = {name.lower(): value for name, value in headers.items()}.get(settings.inbound_header, "")
    if settings.inbound_header == "authorization":
        scheme, _, given = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Forged("dvcqg: no bearer token")
    right = False
    for secret in settings.inbound_secrets:
        right |= hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())
    if not right:
        raise Forged("dvcqg: the secret is missing or wrong")
    return an_object(json_value(raw_body, most_bytes=MOST_BYTES))


def _code(found: Mapping[str, Any]) -> str:
    code = needed_text(found, "MaHoSo")
    if len(code) > 100 or not code.isascii() or not code.isprintable() or " " in code:
        raise Unreadable("MaHoSo", "is no dossier code")
    return code


def _tax_code(found: Mapping[str, Any], field: str) -> str:
    code = needed_text(found, field)
    if not code.isascii() or not code.replace("-", "").isdigit() or len(code) > 14:
        raise Unreadable(field, "is no tax code")
    return code


def _name(found: Mapping[str, Any], field: str, *, needed: bool = False) -> str:
    value = needed_text(found, field) if needed else text(found, field)
    if HIDDEN.search(value):
        raise Unreadable(field, "holds invisible or reversing characters")
    if len(value) > 1_000:
        raise Unreadable(field, "is too long")
    return value


def _attached(found: Mapping[str, Any]) -> Iterator[tuple[FileRef, bytes]]:
    """Every file in the message: the form first, then the papers."""
    if found.get("TepDonDangKy"):
        content = _content(found, "TepDonDangKy")
        yield _ref(FORM_NAME, content), content
    papers = found.get("TaiLieuNop")
    for item in a_list(papers, "TaiLieuNop") if papers is not None else ():
        paper = an_object(item, "TaiLieuNop[]")
        name, content = _name(paper, "TenTepDinhKem", needed=True), _content(paper, "Base64")
        yield _ref(name, content), content


def _ref(name: str, content: bytes) -> FileRef:
    return FileRef(id=_id(content), name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def _id(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _content(found: Mapping[str, Any], field: str) -> bytes:
    """Base64, strictly; line breaks inside are usual."""
    packed = needed_text(found, field).translate({10: None, 13: None})
    try:
        content = base64.b64decode(packed.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise Unreadable(field, "is no base64") from exc
    if not content:
        raise Unreadable(field, "is empty")
    return content


def _tax_rows(content: bytes, code: str, settings: Settings) -> list[dict[str, Any]]:
    """ROW_LIST › MA_HSO › LIST[]: the lists stand in MA_HSO, or beside it where it holds the code."""
    try:
        root = xml.parse(content)
    except xml.XmlRefused as exc:
        raise Unreadable("FileThongBaoThue", f"XML is refused: {exc.reason}") from exc
    if _local(root) != "ROW_LIST":
        raise Unreadable("FileThongBaoThue", "ROW_LIST is missing")
    lists: list[etree._Element] = []
    for child in root:
        match _local(child):
            case "LIST":
                lists.append(child)
            case "MA_HSO":
                inner = [each for each in child if _local(each) == "LIST"]
                named = (child.text or "").strip()
                if named and named != code:
                    raise Unreadable("MA_HSO", "is another dossier")
                if not inner and not named:
                    raise Unreadable("MA_HSO", "is empty")
                lists += inner
            case other:
                raise Unreadable("FileThongBaoThue", f"{other[:40]} is not agreed")
    if not lists:
        raise Unreadable("LIST", "is missing")
    return [_tax_row(each, settings) for each in lists]


def _tax_row(node: etree._Element, settings: Settings) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for child in node:
        name, value = _local(child), xml.value(child)
        if value is None or name in values:
            raise Unreadable(name[:40], "is no plain value, or stands there twice")
        values[name] = value.strip()
    day = needed_text(values, "NGAY_QUYET_DINH")
    return {
        "tax_code": _tax_code(values, "MA_SO_THUE"),
        "decision": _name(values, "SO_QUYET_DINH", needed=True),
        "decided_on": _decided_on(day, settings),
        "amount": a_whole(values.get("SO_TIEN"), "SO_TIEN", least=1),
        "item": _name(values, "TEN_TIEU_MUC", needed=True),
    }


def _decided_on(day: str, settings: Settings) -> str:
    for form in settings.tax_day_forms:
        try:
            return a_day(day, "NGAY_QUYET_DINH", form).isoformat()
        except Unreadable:
            continue
    raise Unreadable("NGAY_QUYET_DINH", "is in none of the agreed forms")


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname
