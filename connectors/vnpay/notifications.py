"""What VNPAY sends by itself: the IPN, and the Return URL of the payer's browser. Verified over the bytes as they came.

On the hot route, so plain code: one pass over the pairs, one HMAC.
"""

from __future__ import annotations

import re
from urllib.parse import quote_plus, unquote_plus

from connectors.errors import Forged
from connectors.kit.reading import Unreadable
from connectors.vnpay.settings import Settings
from connectors.vnpay.translate import meaning, payment_news, verdict_of_notice
from connectors.vnpay.wire import HASH, holds
from mappings.canonical.payment import PaymentNews

MOST_BYTES = 4_096
_NAME = re.compile(r"vnp_[A-Za-z0-9_]{1,40}").fullmatch
_USUAL = frozenset(
    {
        "vnp_Amount", "vnp_BankCode", "vnp_BankTranNo", "vnp_CardType", "vnp_OrderInfo", "vnp_PayDate", "vnp_ResponseCode",
        "vnp_TmnCode", "vnp_TransactionNo", "vnp_TransactionStatus", "vnp_TxnRef", HASH,
    }
)  # fmt: skip
_NOT_SIGNED = frozenset({HASH, "vnp_SecureHashType"})
_NEEDED = ("vnp_TxnRef", "vnp_Amount", "vnp_ResponseCode", "vnp_TransactionStatus")
_LONGEST = {"vnp_TxnRef": 100, "vnp_TransactionNo": 50, "vnp_BankTranNo": 255, "vnp_BankCode": 20}


def verified(raw_query: bytes, settings: Settings) -> PaymentNews:
    """The news in a signed query string, as it came over the wire (without ``?``).

    Raises:
        Forged: no hash, a wrong one, a terminal that is not ours, or a doubled name: not from them, changes nothing.
        Unreadable: signed by them (a ``ValueError``), but a field is missing or not as agreed.
    """
    if len(raw_query) > MOST_BYTES:
        raise Forged("longer than any notice of theirs")
    try:
        text = raw_query.decode("ascii")
    except UnicodeDecodeError as exc:
        raise Forged("not encoded as an address") from exc
    fields, signed = _read(text)
    given = fields.pop(HASH, "")
    keys = settings.keys_to_check.get(fields.get("vnp_TmnCode", ""))
    if not given or not keys:
        raise Forged("for a terminal that is not ours" if given else "without a hash")
    if not holds(keys, "&".join(signed).encode(), given) and not holds(keys, _as_signed(fields), given):
        raise Forged("its hash does not hold")
    return _news(fields)


def _read(text: str) -> tuple[dict[str, str], list[str]]:
    """Values by name, and the pairs that are signed, as they came, in order of signing."""
    fields: dict[str, str] = {}
    signed: list[str] = []
    for pair in text.split("&"):
        if pair[:4] != "vnp_":
            if "%" in pair.partition("=")[0] or "vnp_" in pair.partition("=")[0].lower():
                raise Forged("a name hides what it is")
            continue
        name, _, value = pair.partition("=")
        if name in fields or (name not in _USUAL and not _NAME(name)):
            raise Forged("a name stands there twice, or in a form that hides it")
        if value and name not in _NOT_SIGNED:
            signed.append(pair)
        if "%" in value or "+" in value:
            try:
                value = unquote_plus(value, errors="strict")
            except UnicodeDecodeError as exc:
                raise Forged("a value is not UTF-8") from exc
        fields[name] = value
    signed.sort()
    return fields, signed


def _as_signed(fields: dict[str, str]) -> bytes:
    """The text that VNPAY signed, made anew from the values.

    Something between us may have written %20 for + or %2d for -: the values are the same, and so is what was signed.
    """
    return "&".join(
        f"{name}={quote_plus(value)}"
        for name, value in sorted(fields.items())
        if value and name not in _NOT_SIGNED
    ).encode()


def _news(fields: dict[str, str]) -> PaymentNews:
    for name in _NEEDED:
        if not fields.get(name):
            raise Unreadable(name, "is missing")
    for name, longest in _LONGEST.items():
        value = fields.get(name, "")
        if len(value) > longest or not value.isprintable():
            raise Unreadable(name, "is too long or not printable")
    response, status = fields["vnp_ResponseCode"], fields["vnp_TransactionStatus"]
    if len(response) > 4 or len(status) > 4:
        raise Unreadable("vnp_ResponseCode", "is no code")
    return payment_news(
        fields,
        verdict_of_notice(response, status),
        source="ipn",
        code=f"{response}/{status}",
        message=meaning("payment", response).vi,
    )
