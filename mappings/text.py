"""Vietnamese words compared and folded: one rule for every table and screen. Pure.

Two spellings of one name differ in Unicode form, in the place of the tone mark (Hòa, Hoà), in letter case, in dashes and in
the zero before a number. None of that makes another name; another letter (Phó, Phố) does.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_TONES = {"\u0300": "f", "\u0301": "s", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
"""Combining mark → the letter that stands for it in a key: huyền, sắc, hỏi, ngã, nặng."""
_SAME = str.maketrans({"–": "-", "—": "-", "‑": "-", "−": "-", "’": "'", "‘": "'", "`": "'", "´": "'"})


def nfc(text: str) -> str:
    """The text in NFC with single blanks: how names are kept."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(maxsize=16_384)
def _syllable(word: str) -> str:
    """Letters with their quality marks first, then the tone: where the mark stood is lost, nothing else."""
    letters, tones = [], []
    for mark in unicodedata.normalize("NFD", word):
        tone = _TONES.get(mark)
        if tone is None:
            letters.append(mark)
        else:
            tones.append(tone)
    base = unicodedata.normalize("NFC", "".join(letters))
    if base.isdigit():
        base = base.lstrip("0") or "0"
    return f"{base}{''.join(f'.{tone}' for tone in tones)}"


def alike(text: str) -> str:
    """The key by which two spellings of one name are equal.

    >>> alike("Phường Hoà An") == alike("PHƯỜNG  Hòa  an")
    True
    >>> alike("Phó Bảng") == alike("Phố Bảng")
    False
    """
    words = unicodedata.normalize("NFC", text).translate(_SAME).casefold().replace("-", " - ").split()
    return " ".join(_syllable(word) for word in words)


def folded(text: str) -> str:
    """Lower case without marks, ``đ`` as ``d``, single blanks: for searching, never for deciding.

    >>> folded("Đắk Lắk")
    'dak lak'
    """
    plain = unicodedata.normalize("NFD", text.translate(_SAME).casefold())
    bare = "".join(mark for mark in plain if not unicodedata.combining(mark)).replace("đ", "d")
    return " ".join(bare.split())


__all__ = ["alike", "folded", "nfc"]
