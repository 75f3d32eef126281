"""Amounts and dates as they stand in files → minor units and dates, by our own rules.

Nothing is guessed: what cannot be read is ``None`` with the name of what is wrong.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from mappings.codes.currencies import exponents

LARGEST_MINOR = 10**17  # fits a bigint with room for sums; a real statement never comes near it
_PLACES = exponents()
_DECIMAL = re.compile(r"([0-9]{1,24})(?:\.([0-9]{0,24}))?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def minor_units(text: str, currency: str) -> tuple[int | None, str | None]:
    """``(minor, None)`` or ``(None, trouble code)`` for an unsigned decimal with a point.

    Trailing zeros beyond the currency's decimals are harmless (``8.85000`` EUR is 885); a real fraction of
    the smallest unit is ``too-many-decimals``.
    """
    places = _PLACES.get(currency)
    if places is None:
        return None, "unknown-currency"
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return None, "negative-amount" if text.startswith("-") else "unreadable-amount"
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    if len(fraction) > places:
        return None, "too-many-decimals"
    minor = int(whole + fraction.ljust(places, "0"))
    return (minor, None) if minor <= LARGEST_MINOR else (None, "amount-too-large")


def read_amount(text: str, currency: str) -> tuple[int | None, str, str | None]:
    """``(minor, decimal text, None)`` or ``(None, text as it stood, trouble code)``; see :func:`minor_units`."""
    places = _PLACES.get(currency)
    if places is not None and len(text) <= 17 and text.isascii():  # the usual spelling, read without detours
        whole, point, fraction = text.partition(".")
        if whole.isdigit() and len(fraction) == places and (fraction.isdigit() or not point):
            return int(whole + fraction), text if whole[0] != "0" or whole == "0" else _trimmed(text), None
    minor, problem = minor_units(text, currency)
    return minor, text if minor is None else decimal_text(minor, currency), problem


def _trimmed(text: str) -> str:
    trimmed = text.lstrip("0")
    return trimmed if trimmed[:1].isdigit() else "0" + trimmed


def decimal_text(minor: int, currency: str) -> str:
    """``minor`` as decimal text with a point and the currency's decimals: ``-1194.00``."""
    places = _PLACES[currency]
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor))
    if places == 0:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def real_day(year: int, month: int, day: int) -> date | None:
    """The day, or ``None`` when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def iso_day(text: str) -> tuple[date | None, str | None]:
    """``(day, None)`` or ``(None, trouble code)`` for an XML date or date-time; the day is the bank's own."""
    match = _DAY.fullmatch(text) or _MOMENT.fullmatch(text)
    if match is None:
        return None, "unreadable-date"
    day = real_day(int(match[1]), int(match[2]), int(match[3]))
    if day is None:
        return None, "impossible-date"
    if match.lastindex == 6 and not (int(match[4]) <= 24 and int(match[5]) <= 59 and int(match[6]) <= 60):
        return None, "impossible-date"
    return day, None
