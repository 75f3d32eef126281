"""Between the platform's messages and our words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from connectors.payment_platform import wire
from connectors.payment_platform.settings import Settings
from mappings.canonical.payment import PaymentNews, PaymentVerdict
from mappings.tables.fee_kinds import platform_number

PROVIDER = "payment_platform"
_STATES = {
    "1": PaymentVerdict.PAID,
    "3": PaymentVerdict.UNKNOWN,  # the platform itself does not know: never the end of asking
    "4": PaymentVerdict.FAILED,
}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_REFERENCE = re.compile(r"[A-Za-z0-9]{1,20}")
_TIME = re.compile(r"[0-9]{14}")


def verdict_of(state: str) -> PaymentVerdict:
    """What TrangThaiGD says; anything but 1, 3 and 4 has not been seen and is unknown, not failed."""
    return _STATES.get(state, PaymentVerdict.UNKNOWN)


def init_message(
    settings: Settings,
    *,
    reference: str,
    amount: int,
    request_time: str,
    description: str,
    payer_address: str,
    language: str,
    receipt: Mapping[str, Any],
) -> dict[str, Any]:
    """The INIT message, signed. SoTien is đồng as text, not multiplied.

    Raises:
        ValueError: what must not leave us: ``|`` or control characters in a free text, an amount that is no
            whole number of đồng, lines that do not add up to the amount, a malformed reference or time.
        MappingError: a line is neither phí nor lệ phí.
    """
    if type(amount) is not int or not 1 <= amount <= wire.LARGEST_AMOUNT:
        raise ValueError("the amount is not whole đồng above zero")
    message: dict[str, Any] = {
        **_head(settings, wire.INIT, reference, request_time),
        "SoTien": str(amount),
        "LoaiHinhThanhToan": settings.payment_kind,
        "MaKenhThanhToan": settings.channel,
        "MaThietBi": settings.device,
        "NgonNgu": _LANGUAGES.get(language, settings.language),
        "MaTienTe": wire.CURRENCY,
        "MaNganHang": settings.bank,
        "ThongTinGiaoDich": free_text(description, settings.longest_description),
        "Ip": payer_address,
        "ThongTinBienLai": receipt_block(settings, receipt, amount=amount, description=description),
    }
    return _signed(message, wire.INIT_FIELDS, settings)


def ask_message(settings: Settings, kind: str, reference: str, request_time: str) -> dict[str, Any]:
    """QUERY or GET_BILL: always the attempt's own reference and own time, never new ones.

    Raises:
        ValueError: a malformed reference or time.
    """
    return _signed(_head(settings, kind, reference, request_time), wire.ASK_FIELDS, settings)


def free_text(text: str, longest: int) -> str:
    """``text`` as it may leave us.

    Raises:
        ValueError: empty, too long, ``|`` or an invisible or reversing character.
    """
    plain = " ".join(text.split(" "))
    if not plain.strip() or len(plain) > longest:
        raise ValueError("the description is empty or too long")
    if "|" in plain:
        raise ValueError("'|' in the description is refused: two messages could have one hash")
    if _CONTROL.search(plain):
        raise ValueError("an invisible character in the description is refused")
    return plain


def receipt_block(
    settings: Settings, receipt: Mapping[str, Any], *, amount: int, description: str
) -> dict[str, Any]:
    """ThongTinBienLai of a fee payment. It is not under the hash: compare it with the receipt later.

    Raises:
        ValueError: no lines, or they do not add up to ``amount``.
        MappingError: a line is neither phí nor lệ phí.
    """
    lines = receipt.get("lines") or []
    amounts = [line.get("amount") for line in lines]
    if not lines or any(type(value) is not int or value < 1 for value in amounts):
        raise ValueError("every line needs whole đồng above zero")
    if sum(amounts) != amount:
        raise ValueError("the lines do not add up to the amount")
    place = receipt.get("payer_place") or {}
    if isinstance(place, str):
        place = {"address": place}
    return {
        "MaDichVu": settings.service,
        "MaDonVi": _word(receipt, "unit_code"),
        "TenDonVi": _word(receipt, "unit_name"),
        "MaHoSo": _word(receipt, "dossier_code"),
        "MaDVC": str(receipt.get("service_code") or _word(receipt, "procedure_code")),
        "TenDVC": str(receipt.get("service_name") or _word(receipt, "procedure_name")),
        "MaTTHC": _word(receipt, "procedure_code"),
        "TenTTHC": _word(receipt, "procedure_name"),
        "TKThuHuong": _needed(receipt, "account"),
        "MaNHThuHuong": _word(receipt, "account_bank"),
        "TenTKThuHuong": _word(receipt, "account_name"),
        "NoiDungThanhToan": description,
        "HoTenNguoiNop": _word(receipt, "payer_name"),
        "SoCMNDNguoiNop": _word(receipt, "payer_id"),
        "DiaChiNguoiNop": str(place.get("address") or ""),
        "HuyenNguoiNop": str(place.get("district") or ""),
        "TinhNguoiNop": str(place.get("province") or ""),
        "DSKhoanNop": [{"NoiDung": str(line["name"]), "SoTien": str(line["amount"])} for line in lines],
        "PhiLePhi": [
            {
                "LoaiPhiLePhi": platform_number(str(line["kind"])),
                "MaPhiLePhi": str(line.get("code") or ""),
                "TenPhiLePhi": str(line["name"]),
                "SoTien": str(line["amount"]),
            }
            for line in lines
        ],
    }


def confirmed(message: Mapping[str, Any], settings: Settings) -> PaymentNews:
    """News of a CONFIRM whose hash was found right.

    Raises:
        ValueError: a field is missing or cannot be read; the error names it.
    """
    code = wire.text(message, "MaLoi")
    if code == wire.SUCCESS:
        verdict = PaymentVerdict.PAID
    elif code in settings.failed_codes:
        verdict = PaymentVerdict.FAILED
    else:
        verdict = PaymentVerdict.UNKNOWN
    return _news(message, settings, verdict, source="ipn", code=code)


def queried(message: Mapping[str, Any], settings: Settings, *, reference: str) -> PaymentNews:
    """News of a QUERY answer with MaLoi 00. Whether the amount is the one that was asked is for the caller.

    Raises:
        ValueError: another reference or partner than asked, a field that is missing or cannot be read.
    """
    if wire.text(message, "MaThamChieu") != reference:
        raise ValueError("the answer is about another MaThamChieu")
    if wire.text(message, "MaDoiTac") != settings.partner_code:
        raise ValueError("the answer is for another MaDoiTac")
    state = wire.text(message, "TrangThaiGD")
    verdict = verdict_of(state)
    code = f"{wire.text(message, 'MaLoi')}/{state}"
    return _news(message, settings, verdict, source="query", code=code)


def no_state(settings: Settings, reference: str, code: str) -> PaymentNews:
    """News that they told no state, only ``code``."""
    return PaymentNews(
        provider=PROVIDER,
        terminal=settings.partner_code,
        reference=reference,
        amount=None,
        currency=wire.CURRENCY,
        verdict=PaymentVerdict.UNKNOWN,
        source="query",
        code=code[:20],
    )


def amount_checked(news: PaymentNews, asked: int) -> PaymentNews:
    """``news`` with the remark that another amount was paid than asked; the amount stays theirs."""
    if news.verdict is PaymentVerdict.PAID and news.amount != asked:
        return replace(news, message=f"paid {news.amount}, asked {asked}")
    return news


def _news(
    message: Mapping[str, Any], settings: Settings, verdict: PaymentVerdict, *, source: str, code: str
) -> PaymentNews:
    paid = verdict is PaymentVerdict.PAID
    raw_time = wire.text(message, "ThoiGianGD", needed=paid)
    moment = wire.received_time(raw_time, settings) if raw_time else None
    named = wire.text(message, "SoTien", needed=paid)
    return PaymentNews(
        provider=PROVIDER,
        terminal=wire.text(message, "MaDoiTac"),
        reference=wire.text(message, "MaThamChieu"),
        amount=wire.amount(message) if paid or named not in ("", "0") else None,
        currency=wire.text(message, "MaTienTe", needed=paid) or wire.CURRENCY,
        verdict=verdict,
        source=source,
        code=code,
        message=wire.text(message, "MoTaLoi", needed=False)[:200],
        provider_reference=wire.text(message, "MaGiaoDich", needed=False) or None,
        bank_code=wire.text(message, "MaNganHang", needed=False) or None,
        paid_at=moment if paid else None,
    )


_LANGUAGES = {"vi": "vi-VN", "en": "en-US", "vi-VN": "vi-VN", "en-US": "en-US"}


def _head(settings: Settings, kind: str, reference: str, request_time: str) -> dict[str, Any]:
    if not _REFERENCE.fullmatch(reference):
        raise ValueError("MaThamChieu is 1 to 20 letters and digits")
    if not _TIME.fullmatch(request_time):
        raise ValueError("ThoiGianGD is 14 digits, 24 hours")
    wire.received_time(request_time, settings)
    return {
        "LoaiBanTin": kind,
        "PhienBan": settings.version,
        "MaDoiTac": settings.partner_code,
        "MaThamChieu": reference,
        "ThoiGianGD": request_time,
    }


def _signed(message: dict[str, Any], fields: tuple[str, ...], settings: Settings) -> dict[str, Any]:
    values = [str(message[name]) for name in fields]
    secret = settings.hash_secret.get_secret_value()
    return {**message, "MaXacThuc": wire.signature(values, secret, settings.hash_algorithm)}


def _word(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return "" if value is None else str(value)


def _needed(facts: Mapping[str, Any], name: str) -> str:
    value = _word(facts, name)
    if not value:
        raise ValueError(f"the receipt needs {name}: without it the money goes nowhere")
    return value
