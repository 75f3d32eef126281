"""Land tax as the National Portal passes it on: the notice (XML in base64) and the receipt (JSON), read and written.

Facts: one program (C), forms of dates and the words of a receipt's state are assumed and therefore parameters. Pure.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from lxml import etree

from connectors.kit.reading import (
    VIETNAM,
    Unreadable,
    a_day,
    a_whole,
    an_object,
    fourteen_digits,
    json_value,
)
from connectors.kit.xml import XmlRefused, parse, value
from connectors.land.wire import LONGEST_CODE, Fields
from mappings.canonical.tax import Key, TaxNotice, TaxReceipt

DAY_FORM = "%d/%m/%Y"
PAID_STATES = frozenset({"1"})
_MOST_FILE = 20_000_000


def read_notices(raw: bytes, *, day_form: str = DAY_FORM) -> tuple[TaxNotice, ...]:
    """The notices of a message {MaHoSo, FileThongBaoThue}.

    Raises:
        Unreadable: not as agreed, about another dossier inside than outside, or a key twice; the error names the field.
    """
    fields = Fields(an_object(json_value(raw)))
    code = fields.text("MaHoSo", needed=True, most=LONGEST_CODE)
    held = fields.get("FileThongBaoThue")
    if not isinstance(held, str) or not held or len(held) > _MOST_FILE:
        raise Unreadable("FileThongBaoThue", "a base64 text is expected")
    try:
        document = base64.b64decode(held, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable("FileThongBaoThue", "is not base64") from exc
    return read_notice_xml(document, code, day_form=day_form)


def read_notice_xml(document: bytes, dossier_code: str, *, day_form: str = DAY_FORM) -> tuple[TaxNotice, ...]:
    """The rows of ROW_LIST; LIST may stand beside MA_HSO or inside it.

    Raises:
        Unreadable
    """
    try:
        root = parse(document)
    except XmlRefused as exc:
        raise Unreadable("FileThongBaoThue", f"is not XML as agreed ({exc.reason})") from exc
    if _name(root) != "ROW_LIST":
        raise Unreadable("FileThongBaoThue", "ROW_LIST is expected")
    heads = [each for each in root if _name(each) == "MA_HSO"]
    if len(heads) != 1:
        raise Unreadable("MA_HSO", "is expected once")
    if (heads[0].text or "").strip() != dossier_code:
        raise Unreadable("MA_HSO", "is not the dossier that the message names")
    rows = [each for parent in (root, heads[0]) for each in parent if _name(each) == "LIST"]
    notices = tuple(_row(row, dossier_code, day_form) for row in rows)
    if not notices:
        raise Unreadable("LIST", "is missing")
    if len({notice.key for notice in notices}) != len(notices):
        raise Unreadable("SO_QUYET_DINH", "stands there twice")
    return notices


def notice_message(notices: Sequence[TaxNotice], *, day_form: str = DAY_FORM) -> dict[str, str]:
    """{MaHoSo, FileThongBaoThue} for ``notices`` of one dossier.

    Raises:
        ValueError: of several dossiers or none, or one without amount, day or tax code.
    """
    codes = {notice.dossier_code for notice in notices}
    if len(codes) != 1:
        raise ValueError("a message is about one dossier")
    [code] = codes
    root = etree.Element("ROW_LIST")
    etree.SubElement(root, "MA_HSO").text = code
    for notice in notices:
        if notice.amount is None or notice.decided_on is None or not notice.tax_code:
            raise ValueError(f"notice {notice.decision} has no amount, day or tax code")
        row = etree.SubElement(root, "LIST")
        for name, text in (
            ("MA_SO_THUE", notice.tax_code),
            ("SO_QUYET_DINH", notice.decision),
            ("NGAY_QUYET_DINH", notice.decided_on.strftime(day_form)),
            ("SO_TIEN", str(notice.amount)),
            ("TEN_TIEU_MUC", notice.item),
        ):
            etree.SubElement(row, name).text = text
    document = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return {"MaHoSo": code, "FileThongBaoThue": base64.b64encode(document).decode()}


def read_receipt(raw: bytes, *, paid_states: Collection[str] = PAID_STATES) -> TaxReceipt:
    """The receipt of a message.

    Raises:
        Unreadable: the error names the field.
    """
    fields = Fields(an_object(json_value(raw)))
    paid = Fields(an_object(fields.get("ThongTinThanhToan"), "ThongTinThanhToan"))
    state = paid.text("TrangThaiThanhToan", needed=True, most=20)
    parts = (fields.text(f"{part}NguoiNopTien") for part in ("DiaChi", "Xa", "Huyen", "Tinh"))
    return TaxReceipt(
        dossier_code=fields.text("MaHoSo", needed=True, most=LONGEST_CODE),
        tax_code=fields.text("MaSoThue", needed=True, most=20),
        decision=paid.text("MaThongBaoThue", needed=True, most=LONGEST_CODE),
        amount=a_whole(paid.get("SoTien"), "SoTien", least=1),
        paid_at=fourteen_digits(paid.text("ThoiGianThanhToan", needed=True), "ThoiGianThanhToan"),
        paid=state in paid_states,
        their_state=state,
        content=paid.text("NoiDungThanhToan"),
        payer_name=fields.text("HoTenNguoiNopTien", needed=True, most=300),
        payer_number=fields.text("SoCMTNguoiNopTien", most=20),
        payer_address=", ".join(part for part in parts if part),
        url=fields.text("UrlFileChungTu"),
    )


def receipt_message(receipt: TaxReceipt) -> dict[str, Any]:
    """The message that passes ``receipt`` on; the address goes in one piece."""
    return {
        "MaHoSo": receipt.dossier_code,
        "HoTenNguoiNopTien": receipt.payer_name,
        "SoCMTNguoiNopTien": receipt.payer_number,
        "DiaChiNguoiNopTien": receipt.payer_address,
        "TinhNguoiNopTien": "",
        "HuyenNguoiNopTien": "",
        "XaNguoiNopTien": "",
        "MaSoThue": receipt.tax_code,
        "UrlFileChungTu": receipt.url,
        "ThongTinThanhToan": {
            "MaThongBaoThue": receipt.decision,
            "ThoiGianThanhToan": receipt.paid_at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S"),
            "SoTien": str(receipt.amount),
            "NoiDungThanhToan": receipt.content,
            "TrangThaiThanhToan": receipt.their_state,
        },
    }


def may_leave(receipts: Iterable[TaxReceipt], acknowledged: Collection[Key]) -> list[TaxReceipt]:
    """The receipts that may be passed on: only after the notice that they pay was acknowledged there."""
    return [receipt for receipt in receipts if receipt.key in acknowledged]


def _row(row: etree._Element, dossier_code: str, day_form: str) -> TaxNotice:
    found: dict[str, str] = {}
    for each in row:
        text = value(each)
        name = _name(each)
        if text is None or name in found:
            raise Unreadable(name, "holds more than a text, or stands there twice")
        found[name] = text.strip()
    fields = Fields(found)
    return TaxNotice(
        dossier_code=dossier_code,
        tax_code=fields.text("MA_SO_THUE", needed=True, most=20),
        decision=fields.text("SO_QUYET_DINH", needed=True, most=LONGEST_CODE),
        amount=a_whole(fields.text("SO_TIEN", needed=True), "SO_TIEN", least=1),
        decided_on=_day(fields.text("NGAY_QUYET_DINH", needed=True), day_form),
        item=fields.text("TEN_TIEU_MUC"),
    )


def _day(text: str, form: str) -> date:
    return a_day(text, "NGAY_QUYET_DINH", form)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


__all__ = [
    "may_leave",
    "notice_message",
    "read_notice_xml",
    "read_notices",
    "read_receipt",
    "receipt_message",
]
