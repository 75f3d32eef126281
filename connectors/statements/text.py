"""Bytes → text for files that do not say how they are written, and text that is safe to show."""

from __future__ import annotations

import re
import unicodedata

# Control characters and soft hyphens carry nothing; TAB becomes a space
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]"
)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MARKS_1258 = "\u0300\u0301\u0303\u0309\u0323"
_VOWELS = frozenset("aăâeêioôơuưyAĂÂEÊIOÔƠUƯY")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decode(raw: bytes) -> tuple[str, str]:
    """``(text, encoding)``: by byte order mark, else UTF-8, else Windows-1258 where its tone marks stand
    behind vowels, else Windows-1252 (Latin-1 for the bytes that it does not know). Never fails.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), encoding
            except UnicodeDecodeError:
                break
    if raw[1:40:2].count(0) > 10:
        return raw.decode("utf-16-le", "replace"), "utf-16-le"
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    if _looks_vietnamese(raw):
        return unicodedata.normalize("NFC", raw.decode("cp1258", "replace")), "windows-1258"
    try:
        return raw.decode("cp1252"), "windows-1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), "latin-1"


def _looks_vietnamese(raw: bytes) -> bool:
    """Windows-1258 writes tones as marks of their own: every one must follow a vowel, and some must exist."""
    text = raw.decode("cp1258", "replace")
    marks = [place for place, letter in enumerate(text) if letter in _MARKS_1258]
    return len(marks) >= 2 and all(place and text[place - 1] in _VOWELS for place in marks)


def shown(text: str) -> str:
    """NFC on one line, without control, invisible and direction-turning characters."""
    plain = _CONTROL.sub("", text.replace("\t", " ").replace("\r", " ").replace("\n", " "))
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain)


def turns(text: str) -> bool:
    """Whether the text holds characters that turn the direction of writing (used to disguise)."""
    return _TURNING.search(text) is not None
