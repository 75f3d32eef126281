"""Messages of the platform as they stand on the wire: field order under the hash, strict reading, envelopes."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from connectors.payment_platform.settings import Envelope, HashAlgorithm, Settings

INIT = "INIT"
QUERY = "QUERY"
GET_BILL = "GET_BILL"
SUCCESS = "00"
TAKEN_OVER = "00"
CURRENCY = "VND"
PROXY_SUCCESS = "0"  # the proxy counts from one zero, the platform from two
HANOI = timezone(timedelta(hours=7))
LARGEST_AMOUNT = 10**15

INIT_FIELDS = (
    "LoaiBanTin",
    "PhienBan",
    "MaDoiTac",
    "MaThamChieu",
    "SoTien",
    "LoaiHinhThanhToan",
    "MaKenhThanhToan",
    "MaThietBi",
    "NgonNgu",
    "MaTienTe",
    "MaNganHang",
    "ThongTinGiaoDich",
    "ThoiGianGD",
    "Ip",
)
ASK_FIELDS = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
CONFIRM_FIELDS = (
    "LoaiBanTin",
    "MaLoi",
    "MaDoiTac",
    "MaThamChieu",
    "SoTien",
    "MaTienTe",
    "MaGiaoDich",
    "MaNganHang",
    "ThoiGianGD",
    "ThongTinGiaoDich",
)

_WHOLE = re.compile(r"[0-9]{1,16}(?:\.0+)?")
_DEEPEST = 16


class Numeral(str):
    """A JSON number, kept as the text that stood there: hashes are over text, and money is never a float."""

    __slots__ = ()


def read_object(raw: bytes | str) -> dict[str, Any]:
    """One JSON object; numbers stay text (:class:`Numeral`).

    Raises:
        ValueError: not UTF-8, not JSON, not an object, a key twice, NaN, or nested too deep.
    """
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(
            text,
            parse_int=Numeral,
            parse_float=Numeral,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    _shallow(value, _DEEPEST)
    return value


def unwrapped(answer: dict[str, Any], envelope: Envelope) -> tuple[dict[str, Any], str]:
    """The direct answer and the proxy's own error code, empty where there was no proxy.

    Raises:
        ValueError: neither envelope, or not the one that was agreed.
    """
    is_proxy = "error_code" in answer and "MaLoi" not in answer
    if envelope is Envelope.DIRECT and is_proxy:
        raise ValueError("a proxy's envelope where none was agreed")
    if not is_proxy:
        if envelope is Envelope.PROXY:
            raise ValueError("no proxy's envelope")
        return answer, ""
    code, message = answer["error_code"], answer.get("message")
    if not isinstance(code, str):
        raise ValueError("error_code is not a text or a number")
    if code != PROXY_SUCCESS:
        return {}, code
    if isinstance(message, Numeral) or not isinstance(message, str):
        raise ValueError("message is not a text")
    return read_object(message), ""


def text(message: Mapping[str, Any], name: str, *, needed: bool = True) -> str:
    """The text or number of field ``name`` as it stood.

    Raises:
        ValueError: missing (where needed), or neither text nor number.
    """
    value = message.get(name)
    if value is None:
        if needed:
            raise ValueError(f"{name} is missing")
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is neither text nor number")
    if needed and not value:
        raise ValueError(f"{name} is empty")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f"{name} holds NUL or half a character")
    return str(value)


def amount(message: Mapping[str, Any], name: str = "SoTien") -> int:
    """Whole đồng, at least 1; not multiplied by 100 here.

    Raises:
        ValueError: missing, a fraction, negative, zero, or larger than any fee.
    """
    raw = text(message, name)
    if not _WHOLE.fullmatch(raw):
        raise ValueError(f"{name} is not whole đồng")
    value = int(raw.partition(".")[0])
    if not 1 <= value <= LARGEST_AMOUNT:
        raise ValueError(f"{name} is out of range")
    return value


def sent_time(moment: datetime, settings: Settings) -> str:
    """ThoiGianGD as we send it: 24 hours, GMT+7, whatever zone ``moment`` is in.

    Raises:
        ValueError: ``moment`` has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is nobody's time")
    return moment.astimezone(HANOI).strftime(settings.time_formats[0])


def received_time(raw: str, settings: Settings) -> datetime:
    """ThoiGianGD as received, with zone.

    Raises:
        ValueError: in none of the agreed formats.
    """
    for pattern in settings.time_formats:
        try:
            found = datetime.strptime(raw, pattern)  # noqa: DTZ007 - the zone is GMT+7 by agreement
        except ValueError:
            continue
        if len(found.strftime(pattern)) == len(raw):  # strptime takes one digit where two are agreed
            return found.replace(tzinfo=HANOI)
    raise ValueError("ThoiGianGD is in none of the agreed forms")


def signature(values: Iterable[str], secret: str, algorithm: HashAlgorithm) -> str:
    """MaXacThuc over ``values`` in order.

    Raises:
        ValueError: a value holds ``|``, by which two messages could have one hash.
    """
    parts = list(values)
    if any("|" in part for part in parts):
        raise ValueError("'|' is refused: two messages could have one hash")
    match algorithm:
        case HashAlgorithm.SHA256:
            return hashlib.sha256("|".join([*parts, secret]).encode()).hexdigest()
        case HashAlgorithm.HMAC_SHA256:
            return hmac.new(secret.encode(), "|".join(parts).encode(), hashlib.sha256).hexdigest()


def is_signed(message: Mapping[str, Any], fields: tuple[str, ...], settings: Settings) -> bool:
    """Whether MaXacThuc is right for ``fields`` with the secret or the one before it. In constant time.

    A number may be hashed as it stands (``100000.0``) or as whole đồng: both say the same amount.
    """
    claimed = message.get("MaXacThuc")
    if not isinstance(claimed, str) or isinstance(claimed, Numeral):
        return False
    given = claimed.encode("utf-8", "surrogatepass")
    right = False
    for values in _readings(message, fields):
        for secret in _secrets(settings):
            try:
                made = signature(values, secret, settings.hash_algorithm)
            except (ValueError, UnicodeEncodeError):
                continue
            right |= hmac.compare_digest(given, made.encode())
    return right


def _readings(message: Mapping[str, Any], fields: tuple[str, ...]) -> list[list[str]]:
    values = [message.get(name) for name in fields]
    if not all(value is None or isinstance(value, str) for value in values):
        return []
    plain = [str(value or "") for value in values]
    whole = [
        part.partition(".")[0] if isinstance(value, Numeral) and _WHOLE.fullmatch(part) else part
        for part, value in zip(plain, values, strict=True)
    ]
    return [plain] if whole == plain else [plain, whole]


def _secrets(settings: Settings) -> list[str]:
    kept = (settings.hash_secret, settings.previous_hash_secret)
    return [secret.get_secret_value() for secret in kept if secret is not None]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _shallow(value: Any, left: int) -> None:
    if left == 0:
        raise ValueError("nested too deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, dict | list):
            _shallow(item, left - 1)
