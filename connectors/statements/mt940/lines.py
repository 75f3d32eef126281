"""The structured fields of MT940: ``:60x:``/``:62x:`` balances, ``:61:`` statement lines, ``:28C:`` numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from connectors.statements.amounts import minor_units, real_day

_BALANCE = re.compile(r"(R?[CD])([0-9]{6})([A-Z]{3})([0-9.,' ]*[0-9][0-9.,' ]*)")
# SWIFT: 6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]; banks leave blanks where optional parts are missing
_LINE = re.compile(
    r"(?P<value>[0-9]{6})\s*(?P<entry>[0-9]{4})?\s*(?P<mark>R[CD]|E[CD]|[CD])(?P<funds>[A-Z])?\s*"
    r"(?P<amount>[0-9][0-9.,']*|,[0-9]+)\s*(?P<kind>[NFS][A-Z0-9 ]{3})?(?P<rest>.*)"
)
_NUMBER = re.compile(r"([^/]*)(?:/\s*(.*))?")


@dataclass(frozen=True, slots=True)
class Line:
    """A ``:61:`` as written. ``problem`` names what is missing."""

    value: str
    entry: str
    mark: str
    amount: str
    kind: str
    customer: str
    bank: str
    complete: bool


def read_line(text: str) -> Line | None:
    """The parts of a ``:61:``, or ``None`` when even value date, mark or amount are not there."""
    match = _LINE.fullmatch(text.strip())
    if match is None:
        return None
    kind, rest = match["kind"] or "", match["rest"]
    customer, _, bank = rest.partition("//")
    return Line(
        value=match["value"],
        entry=match["entry"] or "",
        mark=match["mark"],
        amount=match["amount"],
        kind=kind.strip(),
        customer=customer.strip(),
        bank=bank.strip(),
        complete=bool(kind) and bool(rest.strip()),
    )


def read_balance(text: str) -> tuple[str, str, str, str] | None:
    """``(mark, yymmdd, currency, amount)`` or ``None``."""
    match = _BALANCE.fullmatch(text.strip())
    return (match[1], match[2], match[3], match[4].replace(" ", "")) if match else None


def read_amount(text: str, currency: str) -> tuple[int | None, str | None]:
    """Minor units of a SWIFT amount: digits, a comma, decimals (``229,2``, ``0,``).

    A point in place of the comma is taken where it cannot mean thousands; ``1.000`` is ``ambiguous-amount``.
    """
    if "'" in text or ("." in text and "," in text):
        return None, "unreadable-amount"
    if "." in text:
        whole, _, fraction = text.partition(".")
        if "." in fraction:
            return None, "unreadable-amount"
        if len(fraction) == 3:
            return None, "ambiguous-amount"
        return minor_units(f"{whole}.{fraction}", currency)
    whole, _, fraction = text.partition(",")
    if "," in fraction:
        return None, "unreadable-amount"
    return minor_units(f"{whole or '0'}.{fraction}" if fraction else whole, currency)


def short_day(text: str) -> date | None:
    """The day of ``yymmdd``: years 80 to 99 are of the last century, as SWIFT counts."""
    year = int(text[:2])
    return real_day(1900 + year if year >= 80 else 2000 + year, int(text[2:4]), int(text[4:6]))


def entry_day(text: str, value: date | None, near: date | None) -> date | None:
    """The day of ``mmdd``, in the year that brings it nearest to the value date (or the balance's date)."""
    anchor = value or near
    if anchor is None:
        return None
    days = [real_day(anchor.year + step, int(text[:2]), int(text[2:4])) for step in (0, -1, 1)]
    real = [day for day in days if day is not None]
    return min(real, key=lambda day: abs((day - anchor).days)) if real else None


def read_number(text: str) -> tuple[str, str]:
    """``(statement number, page)`` of ``:28C:``."""
    match = _NUMBER.fullmatch(text.strip())
    return (match[1].strip(), (match[2] or "").strip()) if match else (text.strip(), "")
