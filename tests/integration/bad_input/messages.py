"""Notifications as the partners sign them, written from their papers and not with our code."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.payment_platform import settings as platform_settings
from connectors.vnpay import settings as vnpay_settings

SECRET, PARTNER_SECRET = "KHOABIMATCUAKIEMTHU0123456789ABC", "khoa-bi-mat-cua-nen-tang-0123"
TERMINAL, PARTNER, ORDER, AMOUNT = "LIENTH01", "DOITAC01", "ORDER00000000001", 100_000
VNPAY = vnpay_settings.Settings(
    base_url="http://127.0.0.1:1",
    payment_url="http://127.0.0.1:1/paymentv2/vpcpay.html",
    return_url="http://127.0.0.1:1/webhooks/vnpay/return",
    tmn_code=TERMINAL,
    hash_secret=SecretStr(SECRET),
)
PLATFORM = platform_settings.Settings(
    base_url="http://127.0.0.1:1", partner_code=PARTNER, hash_secret=SecretStr(PARTNER_SECRET)
)
IPN = {
    "vnp_Amount": str(AMOUNT * 100),
    "vnp_BankCode": "NCB",
    "vnp_BankTranNo": "VNP14000001",
    "vnp_CardType": "ATM",
    "vnp_OrderInfo": "Thu phi ho so H21",
    "vnp_PayDate": "20261123101500",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": TERMINAL,
    "vnp_TransactionNo": "14000001",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": ORDER,
}
CONFIRM = {
    "LoaiBanTin": "CONFIRM",
    "MaLoi": "00",
    "MaDoiTac": PARTNER,
    "MaThamChieu": ORDER,
    "SoTien": str(AMOUNT),
    "MaTienTe": "VND",
    "MaGiaoDich": "GD0001",
    "MaNganHang": "VCB",
    "ThoiGianGD": "20261123101500",
    "ThongTinGiaoDich": "Thu phi",
}


def hashed(query: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), query.encode(), hashlib.sha512).hexdigest()


def ipn(secret: str = SECRET, **changed: str | None) -> str:
    """A signed query string; a field given as ``None`` is left out."""
    fields = {name: value for name, value in (IPN | changed).items() if value is not None}
    query = urlencode(sorted((name, value) for name, value in fields.items() if value))
    return f"{query}&vnp_SecureHash={hashed(query, secret)}"


def confirm(secret: str = PARTNER_SECRET, **changed: Any) -> bytes:
    """A signed body; a field given as ``None`` is left out."""
    fields = {name: value for name, value in (CONFIRM | changed).items() if value is not None}
    order = [*CONFIRM]
    text = "|".join([*(str(fields.get(name, "")) for name in order), secret])
    return json.dumps(
        fields | {"MaXacThuc": hashlib.sha256(text.encode()).hexdigest()}, ensure_ascii=False
    ).encode()
