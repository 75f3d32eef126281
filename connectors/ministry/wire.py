"""The adapter's shapes as they stand on the wire: its answers, and three forms of dates inside one message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from connectors.kit.reading import VIETNAM, Unreadable, an_object, fourteen_digits, json_value
from connectors.ministry.settings import Settings

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)
"""Control, invisible and reversing characters, and halves of pairs: refused in both directions."""
HTTP_MEANINGS = {
    "400": "a field is missing",
    "403": "we may not do this",
    "404": "there is no such address or dossier",
}
_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})", re.ASCII)
_SPACED = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", re.ASCII)


class Says(Enum):
    """What an answer means."""

    YES = "yes"
    EXISTS = "exists"
    NO = "no"
    TOKEN = "token"  # noqa: S105 - it names the trouble
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, understood. ``code`` is theirs; ``data`` what came with it."""

    says: Says
    code: str
    data: Any


def verdict(content: bytes, settings: Settings) -> Verdict:
    """Read ``{code, message, data}``.

    Raises:
        Unreadable: not JSON, no object, or no code.
    """
    found = an_object(json_value(content))
    code = found.get("code")
    if type(code) is not int and not (isinstance(code, str) and 0 < len(code.strip()) <= 20):
        raise Unreadable("code", "is missing or no code")
    shown = str(code).strip()
    words = found.get("message")
    if words is not None and not isinstance(words, str):
        raise Unreadable("message", "a text is expected")
    folded = unicodedata.normalize("NFC", words or "").casefold()
    exists = any(text in folded for text in settings.exists_texts)
    if shown in settings.success_codes:
        if exists:
            raise Unreadable("message", "says that it exists, beside a code of success")
        return Verdict(Says.YES, shown, found.get("data"))
    if exists:
        return Verdict(Says.EXISTS, shown, None)
    if shown == "401":
        return Verdict(Says.TOKEN, shown, None)
    return Verdict(Says.UNSURE if shown in settings.undecided_codes else Says.NO, shown, None)


# ---- dates: steps in the first form, days of the dossier in the second, days of people in the third ----------------------


def iso_milliseconds(at: datetime) -> str:
    """``2026-06-08T07:47:28.329``: ThoiDiemXuLy, NgayBatDau, NgayKetThucTheoQuyDinh. Local, no zone.

    Raises:
        ValueError: no zone.
    """
    return _local(at).replace(tzinfo=None).isoformat(timespec="milliseconds")


def spaced(at: datetime) -> str:
    """``2026-06-08 14:07:53``: NgayNop, NgayTiepNhan.

    Raises:
        ValueError: no zone.
    """
    return _local(at).replace(tzinfo=None, microsecond=0).isoformat(sep=" ")


def digits(at: datetime) -> str:
    """``20241231000000``: NgayCapDinhDanh, NgaySinh.

    Raises:
        ValueError: no zone.
    """
    return spaced(at).translate({ord(mark): None for mark in "-: "})


def from_iso(text: str, field: str) -> datetime | None:
    """First form read back; empty is unknown.

    Raises:
        Unreadable
    """
    if not text:
        return None
    if not _ISO.fullmatch(text):
        raise Unreadable(field, "yyyy-MM-ddTHH:mm:ss.SSS is expected")
    return _moment(text, field)


def from_spaced(text: str, field: str) -> datetime | None:
    """Second form read back; empty is unknown.

    Raises:
        Unreadable
    """
    if not text:
        return None
    if not _SPACED.fullmatch(text):
        raise Unreadable(field, "yyyy-MM-dd HH:mm:ss is expected")
    return _moment(text, field)


def from_digits(text: str, field: str) -> datetime | None:
    """Third form read back, in local time; empty is unknown.

    Raises:
        Unreadable
    """
    return fourteen_digits(text, field).astimezone(VIETNAM) if text else None


# ---- fields --------------------------------------------------------------------------------------------------------------


def text(values: Mapping[str, Any], field: str) -> str:
    """A text in NFC; a whole number counts as text, missing and ``null`` as empty.

    Raises:
        Unreadable: another type, or characters that hide something.
    """
    value = values.get(field)
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise Unreadable(field, f"a text is expected, not {type(value).__name__}")
    if HIDDEN.search(value):
        raise Unreadable(field, "holds invisible or reversing characters")
    return value if value.isascii() else unicodedata.normalize("NFC", value)


def needed_text(values: Mapping[str, Any], field: str) -> str:
    """As :func:`text`, but it must be there.

    Raises:
        Unreadable
    """
    value = text(values, field)
    if not value.strip():
        raise Unreadable(field, "is missing or empty")
    return value


def _local(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone is nobody's time")
    return at.astimezone(VIETNAM)


def _moment(text: str, field: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)
    except ValueError as exc:
        raise Unreadable(field, "there is no such moment") from exc
