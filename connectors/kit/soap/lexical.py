"""Values as they stand in elements, read by our own rules: themselves, or an error that names the field.

What is looked at is the raw text of an element that holds nothing else. XML white space around a number, a date or a
flag has no meaning (XML Schema collapses it); other white space, other digits and other spellings are refused.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from connectors.kit.reading import MOST_MONEY, VIETNAM, Unreadable, a_day

Take = Callable[[str, str], Any]
"""(text, field) → value, or :class:`Unreadable` with the field's name."""

_BLANK = " \t\r\n"
_MOST_DIGITS = 19
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_MONEY = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.0{1,4})?")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?")
_DOUBLE = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def text(raw: str, field: str) -> str:
    """As sent, in NFC. Empty is empty."""
    del field
    return raw if raw.isascii() else unicodedata.normalize("NFC", raw)


def whole(raw: str, field: str) -> int:
    """A whole number in plain digits. ``1_000``, ``007``, ``+1``, full-width digits are none.

    Raises:
        Unreadable
    """
    if raw.isascii() and raw.isdigit() and raw[0] != "0" and len(raw) < _MOST_DIGITS:
        return int(raw)  # nearly all of them
    if _WHOLE.fullmatch(raw.strip(_BLANK)) is not None:
        return int(raw)
    raise Unreadable(field, "a whole number is expected")


def money(raw: str, field: str) -> int:
    """Whole đồng, 0 or more; ``20000.00`` is 20000, ``20000.5`` is no amount.

    Raises:
        Unreadable
    """
    found = _MONEY.fullmatch(raw.strip(_BLANK))
    if found is None:
        raise Unreadable(field, "an amount in whole đồng is expected")
    amount = int(found[1])
    if amount > MOST_MONEY:
        raise Unreadable(field, f"is more than {MOST_MONEY}")
    return amount


def decimal(raw: str, field: str) -> Decimal:
    """An exact number without exponent; NaN and INF are none.

    Raises:
        Unreadable
    """
    if _DECIMAL.fullmatch(raw) is not None or _DECIMAL.fullmatch(raw.strip(_BLANK)) is not None:
        return Decimal(raw)
    raise Unreadable(field, "a number is expected")


def double(raw: str, field: str) -> Decimal:
    """What others send as ``double``: exact here, with an exponent where they write one; NaN and INF are none.

    Raises:
        Unreadable
    """
    stripped = raw.strip(_BLANK)
    if _DOUBLE.fullmatch(stripped) is None:
        raise Unreadable(field, "a number is expected")
    return Decimal(stripped)


def flag(raw: str, field: str) -> bool:
    """``true``, ``false``, ``1`` or ``0``, to the letter: ``TRUE`` is an error, never no.

    Raises:
        Unreadable
    """
    found = _FLAGS.get(raw)
    if found is None:
        found = _FLAGS.get(raw.strip(_BLANK))
    if found is None:
        raise Unreadable(field, "true or false is expected")
    return found


def day(raw: str, field: str) -> date:
    """``yyyy-MM-dd`` without a zone.

    Raises:
        Unreadable
    """
    stripped = raw.strip(_BLANK)
    if _DAY.fullmatch(stripped) is None:
        raise Unreadable(field, "a day as yyyy-MM-dd is expected")
    try:
        return date.fromisoformat(stripped)
    except ValueError as exc:
        raise Unreadable(field, "there is no such day") from exc


def day_as(form: str) -> Take:
    """Days written exactly as ``form`` (``%d/%m/%Y``)."""

    def read(raw: str, field: str) -> date:
        stripped = raw.strip(_BLANK)
        if not stripped.isascii():
            raise Unreadable(field, f"a day as {form} is expected")
        return a_day(stripped, field, form)

    return read


def moment(raw: str, field: str) -> datetime:
    """A moment with its zone, given in UTC; finer than microseconds is cut.

    Raises:
        Unreadable: also without a zone: nobody guesses one.
    """
    if _MOMENT.fullmatch(raw) is not None:
        try:
            found = datetime.fromisoformat(raw)
            if found.tzinfo is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError) as exc:
            raise Unreadable(field, "there is no such moment") from exc
    return _moment(raw, field, None)


def moment_here(raw: str, field: str) -> datetime:
    """As :func:`moment`, but without a zone it is the time of Việt Nam: only where that was agreed.

    Raises:
        Unreadable
    """
    return _moment(raw, field, VIETNAM)


def _moment(raw: str, field: str, zone: tzinfo | None) -> datetime:
    matched = _MOMENT.fullmatch(raw)
    if matched is None:
        raw = raw.strip(_BLANK)
        matched = _MOMENT.fullmatch(raw)
        if matched is None:
            raise Unreadable(field, "a moment as yyyy-MM-ddTHH:mm:ss with its zone is expected")
    try:
        found = datetime.fromisoformat(raw)
        if found.tzinfo is None:
            if zone is None:
                raise Unreadable(field, "has no zone")
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        if isinstance(exc, Unreadable):
            raise
        raise Unreadable(field, "there is no such moment") from exc


def octets(raw: str, field: str) -> bytes:
    """Base64, strictly: nothing skipped, nothing missing at the end. White space between lines is allowed.

    Raises:
        Unreadable
    """
    plain = "".join(raw.split()) if not raw.isascii() or any(mark in raw for mark in _BLANK) else raw
    if len(plain) % 4 or _BASE64.fullmatch(plain) is None:
        raise Unreadable(field, "base64 is expected")
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unreadable(field, "base64 is expected") from exc
