"""Banks and wallets of Việt Nam by their BIN at NAPAS 247. The list is ``banks.csv`` beside this file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

from mappings.errors import MappingError

AS_OF = date(2026, 11, 23)
"""The day of the list; a bank that was renamed or joined later is not in it."""


class Vietqr(StrEnum):
    """What a bank can do with VietQR."""

    BOTH = "TRANSFER_SUPPORTED"
    RECEIVES = "RECEIVE_ONLY"
    NOTHING = "NOT_SUPPORTED"


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank or wallet.

    Attributes:
        code: short name that programs use (``VCB``).
        bin: six digits at NAPAS; empty for the one that has none.
        swift: BIC, or empty.
        names_holders: whether the holder's name of an account can be asked.
        former: the name stands for a bank that is called otherwise now.
    """

    code: str
    bin: str
    short_name: str
    name: str
    swift: str
    vietqr: Vietqr
    names_holders: bool
    former: bool


@cache
def banks() -> tuple[Bank, ...]:
    """The whole list, as published."""
    text = resources.files(__name__).joinpath("banks.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        Bank(
            code=row["code"],
            bin=row["bin"],
            short_name=row["short_name"],
            name=row["name"],
            swift=row["swift"],
            vietqr=Vietqr(row["vietqr"]),
            names_holders=row["lookup"] == "1",
            former=row["deprecated"] == "yes",
        )
        for row in csv.DictReader(lines)
    )


@cache
def _by_bin() -> dict[str, Bank]:
    # Of two names for one BIN the one in use: not a former one, and one that still pays.
    ranked = sorted(banks(), key=lambda bank: (not bank.former, bank.vietqr is Vietqr.BOTH))
    return {bank.bin: bank for bank in ranked if bank.bin}


def bank_of(bin_: str) -> Bank:
    """The bank that has a BIN today.

    Raises:
        MappingError: the list does not know it.
    """
    try:
        return _by_bin()[bin_]
    except KeyError:
        raise MappingError("banks", bin_, f"the list is of {AS_OF.isoformat()}") from None


def bank_called(code: str) -> Bank:
    """The bank with a short code such as ``VCB``.

    Raises:
        MappingError: the list does not know it.
    """
    for bank in banks():
        if bank.code == code:
            return bank
    raise MappingError("banks", code, f"the list is of {AS_OF.isoformat()}")
