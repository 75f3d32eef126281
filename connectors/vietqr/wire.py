"""The text of a VietQR code: fields of two digits number, two digits length, value; checksum at the end. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from connectors.kit.reading import Unreadable

VERSION, METHOD, BENEFICIARY, CURRENCY, AMOUNT, COUNTRY, MORE, CHECKSUM = (
    "00",
    "01",
    "38",
    "53",
    "54",
    "58",
    "62",
    "63",
)
AID, BENEFICIARY_OF, SERVICE = "00", "01", "02"
BIN, NUMBER = "00", "01"
PURPOSE = "08"
NAPAS = "A000000727"
TO_ACCOUNT, TO_CARD = "QRIBFTTA", "QRIBFTTC"
ANY_TIMES, ONCE = "11", "12"
DONG, VIETNAM = "704", "VN"
LONGEST = 512
_HEAD = f"{CHECKSUM}04"

Fields: TypeAlias = dict[str, str]


def crc(raw: bytes) -> str:
    """CRC-16/CCITT-FALSE in four upper-case hexadecimal digits."""
    value = 0xFFFF
    for byte in raw:
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return f"{value:04X}"


def joined(fields: Iterable[tuple[str, str]]) -> str:
    """Fields in the order given; empty ones are left out.

    Raises:
        ValueError: a value that is too long, or not plain ASCII, on whose length programs disagree.
    """
    found = []
    for name, value in fields:
        if not value:
            continue
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"field {name} holds a character whose length programs count differently")
        if len(value) > 99:
            raise ValueError(f"field {name} is longer than its length can say")
        found.append(f"{name}{len(value):02d}{value}")
    return "".join(found)


def sealed(text: str) -> str:
    """``text`` with the checksum over everything up to and with its own head."""
    return f"{text}{_HEAD}{crc(f'{text}{_HEAD}'.encode())}"


def opened(text: str) -> Fields:
    """The outer fields of a code whose checksum holds, without the checksum.

    Lengths are counted in characters by some programs and in bytes by others: both are read, and a text that says two
    things is refused.

    Raises:
        Unreadable
    """
    if not text or len(text) > LONGEST or not text.isprintable():
        raise Unreadable("text", "is empty, too long or not printable")
    body, seal = text[:-4], text[-4:]
    if not body.endswith(_HEAD):
        raise Unreadable(CHECKSUM, "is missing at the end")
    if not seal.isascii() or crc(body.encode()) != seal.upper():
        raise Unreadable(CHECKSUM, "does not hold")
    return parted(body[: -len(_HEAD)], "text")


def parted(text: str, where: str) -> Fields:
    """Fields by their numbers, by whichever way of counting comes out even.

    Raises:
        Unreadable
    """
    by_characters = _counted(text, where)
    if text.isascii():
        if isinstance(by_characters, Unreadable):
            raise by_characters
        return by_characters
    by_bytes = _counted_in_bytes(text, where)
    if isinstance(by_characters, Unreadable):
        if isinstance(by_bytes, Unreadable):
            raise by_characters
        return by_bytes
    if not isinstance(by_bytes, Unreadable) and by_bytes != by_characters:
        raise Unreadable(where, "says one thing counted in characters and another in bytes")
    return by_characters


def _counted(text: str, where: str) -> Fields | Unreadable:
    found: Fields = {}
    at = 0
    while at < len(text):
        name, size = text[at : at + 2], text[at + 2 : at + 4]
        trouble = _trouble(name, size, found)
        if trouble:
            return Unreadable(where, trouble)
        value = text[at + 4 : at + 4 + int(size)]
        if len(value) != int(size):
            return Unreadable(f"{where}.{name}", "is shorter than its length says")
        found[name] = value
        at += 4 + int(size)
    return found


def _counted_in_bytes(text: str, where: str) -> Fields | Unreadable:
    # One byte becomes one character, and back.
    counted = _counted(text.encode().decode("latin-1"), where)
    if isinstance(counted, Unreadable):
        return counted
    try:
        return {name: value.encode("latin-1").decode() for name, value in counted.items()}
    except UnicodeDecodeError:
        return Unreadable(where, "is cut inside a character")


def _trouble(name: str, size: str, found: Fields) -> str:
    for digits in (name, size):
        if len(digits) != 2 or not (digits.isascii() and digits.isdigit()):
            return "holds no field number or length where one is due"
    if name in found:
        return f"field {name} stands there twice"
    return "field of length 0" if size == "00" else ""
