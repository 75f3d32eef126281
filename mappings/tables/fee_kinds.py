"""What kind of fee a name speaks of, and the national platform's number for it.

Source: the law's own words (Luật Phí và lệ phí 97/2015/QH13: every line of its two lists begins with 'Phí' or
'Lệ phí'); numbers 1 phí, 2 lệ phí as two programs of provinces send them (collected 2026-11-23, confidence C).
"""

from __future__ import annotations

import unicodedata

from mappings.canonical.dossier import FeeKind
from mappings.errors import MappingError

_FIRST_WORDS = (
    ("lệ phí", FeeKind.LE_PHI),
    ("phí", FeeKind.PHI),
    ("thuế", FeeKind.THUE),
    ("tiền phạt", FeeKind.PHAT),
    ("xử phạt", FeeKind.PHAT),
    ("phạt", FeeKind.PHAT),
)
_PLATFORM = {FeeKind.PHI: "1", FeeKind.LE_PHI: "2"}


def kind_of(name: str) -> FeeKind:
    """The kind that a fee's type or name begins with; ``OTHER`` where it begins with none of the law's words.

    >>> kind_of("Phí chứng thực").value
    'phí'
    """
    words = unicodedata.normalize("NFC", name).casefold().split()
    text = " ".join(words)
    for first, kind in _FIRST_WORDS:
        if text == first or text.startswith(first + " "):
            return kind
    return FeeKind.OTHER


def platform_number(kind: str) -> str:
    """The national payment platform's LoaiPhiLePhi: ``1`` phí, ``2`` lệ phí.

    Raises:
        MappingError: taxes and fines have no number there; they go by other messages.
    """
    try:
        return _PLATFORM[FeeKind(kind)]
    except (KeyError, ValueError):
        raise MappingError("fee_kinds", kind, "the platform takes phí and lệ phí only") from None
