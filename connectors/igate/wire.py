"""iGate's shapes as they stand on the wire: pages, times, names in two languages, the adapter's ways to say yes and no."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from connectors.kit.reading import Unreadable, a_list, a_whole, an_object, json_value

VIETNAMESE = 228
HANOI = timezone(timedelta(hours=7))
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})", re.ASCII
)
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SOURCE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a Spring answer.

    Attributes:
        last: what they say, else worked out from the size.
        total: ``None`` in a slice.
    """

    items: tuple[Any, ...]
    last: bool
    total: int | None


def page(content: bytes, size: int) -> Page:
    """Read a page or a slice.

    Raises:
        Unreadable
    """
    found = an_object(json_value(content))
    items = tuple(a_list(found.get("content"), "content"))
    last = found.get("last")
    if last is not None and not isinstance(last, bool):
        raise Unreadable("last", "yes or no is expected")
    total = found.get("totalElements")
    return Page(
        items,
        last if last is not None else len(items) < size,
        None if total is None else a_whole(total, "totalElements"),
    )


def moment(value: Any, field: str) -> datetime:
    """A time with its offset, with or without a colon in it (``+0700``), as a moment with zone.

    Raises:
        Unreadable: no text, no offset, or no such moment. A time without zone is nobody's time.
    """
    match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unreadable(field, "a time with its offset is expected")
    day, clock, fraction, offset = match.groups()
    if offset != "Z" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    micro = f".{(fraction or '0')[:6]:0<6}"
    try:
        return datetime.fromisoformat(f"{day}T{clock}{micro}{'+00:00' if offset == 'Z' else offset}")
    except ValueError as exc:
        raise Unreadable(field, "there is no such moment") from exc


def optional_moment(values: Mapping[str, Any], field: str) -> datetime | None:
    """As :func:`moment`; missing, ``null`` and empty are ``None``."""
    value = values.get(field)
    return None if value is None or value == "" else moment(value, field)


def a_name(value: Any, field: str) -> str:
    """A name as text in NFC: a plain text, or the Vietnamese one of a list ``[{languageId, name}]``; ``""`` for none.

    Raises:
        Unreadable: reversing or invisible characters, or another shape.
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        value = value.get("name", value.get("label"))
        return a_name(value, field)
    if isinstance(value, list):
        entries = [item for item in value if isinstance(item, Mapping)]
        chosen = next((item for item in entries if item.get("languageId") == VIETNAMESE), None)
        return a_name((chosen or (entries[0] if entries else {})).get("name"), field)
    if not isinstance(value, str):
        raise Unreadable(field, f"a name is expected, not {type(value).__name__}")
    text = " ".join(unicodedata.normalize("NFC", value).split())
    if _HIDDEN.search(text):
        raise Unreadable(field, "holds invisible or reversing characters")
    return text[:1000]


def code_of(value: Any, field: str) -> str:
    """A code or id: text or whole number as text; ``""`` for none.

    Raises:
        Unreadable
    """
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(field, "a code is expected")
    text = str(value).strip()
    if len(text) > 200 or _HIDDEN.search(text):
        raise Unreadable(field, "is no code")
    return text


def source_id(value: Any, field: str = "id") -> str:
    """The case system's own id, fit to stand in a path.

    Raises:
        Unreadable
    """
    text = code_of(value, field)
    if not _SOURCE_ID.fullmatch(text):
        raise Unreadable(field, "is no id")
    return text


class Says(Enum):
    """What the adapter's answer means."""

    YES = "yes"
    ALREADY = "already"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer of the adapter, understood. ``code`` is theirs; ``data`` what came with a yes."""

    says: Says
    code: str
    data: Any = None


def verdict(
    content: bytes, *, success: frozenset[str], refused: tuple[str, ...], already: tuple[str, ...]
) -> Verdict:
    """JSON with ``code``, the plain text ``OK`` (with or without quotes), or a sentence.

    A sentence that is not agreed is ``UNSURE``: what they did is not known.

    Raises:
        Unreadable: empty, HTML, cut, or no JSON where it begins like JSON.
    """
    text = content.decode("utf-8-sig", "replace").strip()
    if not text or "\ufffd" in text:
        raise Unreadable("body", "empty or not UTF-8")
    if text.startswith("<"):
        raise Unreadable("body", "HTML where an answer was agreed")
    if text.startswith(("{", "[", '"')):
        value = json_value(content)
        return (
            _of_object(value, success, refused, already)
            if isinstance(value, dict)
            else _of_other(value, success, refused, already)
        )
    return _of_text(text, success, refused, already)


def _of_object(
    value: dict[str, Any], success: frozenset[str], refused: tuple[str, ...], already: tuple[str, ...]
) -> Verdict:
    code = value.get("code", value.get("error_code", value.get("status")))
    words = value.get("message")
    if code is None or isinstance(code, dict | list):
        raise Unreadable("code", "is missing")
    shown = str(code).strip()
    if shown in success:
        return Verdict(Says.YES, shown, value.get("data"))
    told = _of_text(words, frozenset(), refused, already) if isinstance(words, str) else None
    if told is not None and told.says is Says.ALREADY:
        return Verdict(Says.ALREADY, shown)
    if shown in ("408", "500", "502", "503", "504", "99"):
        return Verdict(Says.UNSURE, shown)
    return Verdict(Says.NO, shown)


def _of_other(
    value: Any, success: frozenset[str], refused: tuple[str, ...], already: tuple[str, ...]
) -> Verdict:
    if isinstance(value, str):
        return _of_text(value, success, refused, already)
    raise Unreadable("body", "an object or a text is expected")


def _of_text(
    text: str, success: frozenset[str], refused: tuple[str, ...], already: tuple[str, ...]
) -> Verdict:
    plain = unicodedata.normalize("NFC", text).strip()
    if plain.upper() in success:
        return Verdict(Says.YES, plain.upper())
    folded = plain.casefold()
    if any(words in folded for words in already):
        return Verdict(Says.ALREADY, "text")
    if any(folded.startswith(words) for words in refused):
        return Verdict(Says.NO, "text")
    return Verdict(Says.UNSURE, "text")
