"""How the sandbox gateway signs, and what it refuses: its own reading of ``contract/facts.md``."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from connectors.vnpay.sandbox_books import ZONE


def pipe_hash(secret: str, names: list[str], body: dict[str, str]) -> str:
    text = "|".join(str(body.get(f"vnp_{name}", "")) for name in names)
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def query_hash(secret: str, fields: dict[str, str]) -> str:
    signed = [
        f"{quote_plus(name)}={quote_plus(fields[name])}"
        for name in sorted(fields)
        if name.startswith("vnp_") and name != "vnp_SecureHash" and fields[name] != ""
    ]
    return hmac.new(secret.encode(), "&".join(signed).encode(), hashlib.sha512).hexdigest()


def signed_query(fields: dict[str, str], secret: str) -> str:
    text = "&".join(f"{name}={quote_plus(value)}" for name, value in sorted(fields.items()))
    return f"{text}&vnp_SecureHash={query_hash(secret, fields)}"


def wrong_address(pairs: list[tuple[str, str]], fields: dict[str, str], secret: str | None) -> str:
    """What is wrong with a payment address, in the page's words; nothing when it is right."""
    if secret is None:
        return "72 wrong TmnCode"
    given = fields.get("vnp_SecureHash", "")
    if not hmac.compare_digest(given.lower().encode(), query_hash(secret, fields).encode()):
        return "70 wrong signature"
    if len(pairs) != len(fields) or "vnp_SecureHashType" in fields:
        return "03 wrong format: a doubled field or vnp_SecureHashType"
    wanted = {
        "vnp_Version": ("2.1.0",),
        "vnp_Command": ("pay",),
        "vnp_CurrCode": ("VND",),
        "vnp_Locale": ("vn", "en"),
    }
    if any(fields.get(name) not in values for name, values in wanted.items()):
        return "03 wrong format: version, command, currency or locale"
    needed = ("CreateDate", "IpAddr", "OrderInfo", "OrderType", "ReturnUrl", "TxnRef")
    if any(not fields.get(f"vnp_{name}") for name in needed):
        return "03 wrong format: a field is missing"
    amount = fields.get("vnp_Amount", "")
    if not amount.isdigit() or len(amount) > 12 or not 500_000 <= int(amount) < 100_000_000_000:
        return "04 the amount is not valid"
    info = fields["vnp_OrderInfo"]
    if not info.isascii() or len(info) > 255 or len(fields["vnp_TxnRef"]) > 100:
        return "03 wrong format: OrderInfo or TxnRef"
    for name in ("vnp_CreateDate", "vnp_ExpireDate"):
        if name in fields and not is_moment(fields[name]):
            return f"03 wrong format: {name}"
    return ""


def wrong_format(body: dict[str, str], names: list[str], now: datetime) -> str:
    if any(not body.get(f"vnp_{name}") for name in names if name != "TransactionNo"):
        return "Thieu truong du lieu"
    if body["vnp_Version"] != "2.1.0" or len(body["vnp_RequestId"]) > 32:
        return "Sai Version hoac RequestId"
    if not (is_moment(body["vnp_TransactionDate"]) and is_moment(body["vnp_CreateDate"])):
        return "Sai dinh dang ngay"
    created = datetime.strptime(body["vnp_CreateDate"], "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    if abs(created - now) > timedelta(hours=6):
        return "Sai CreateDate"
    if body["vnp_Command"] == "refund":
        amount = body["vnp_Amount"]
        if not amount.isdigit() or len(amount) > 12 or int(amount) % 100 or int(amount) < 100:
            return "Sai so tien"
        if body["vnp_TransactionType"] not in ("02", "03"):
            return "Sai TransactionType"
    return ""


def is_moment(text: str) -> bool:
    try:
        return len(text) == 14 and bool(datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZONE))
    except ValueError:
        return False
