"""Answers of the portal as they stand on the wire: the envelope, its codes in three spellings, their dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from connectors.dvcqg.settings import Settings, SuccessBy
from connectors.kit.reading import VIETNAM, Unreadable, a_list, an_object, json_value

LOGIN = "Login"
PROCEDURE = "LayThuTuc"
PROCEDURES = "LayDanhSachTTHC"
AGENCIES = "LayDanhMucCoQuan"
FIELDS = "LayDanhMucLinhVuc"
SERVICES = "LayDVC"
LOOK_UP = "TraCuuHoSo"
PUSH = "DongBoHoSoMC"
STEPS = "CapNhatTienDoHoSoMC"
FEED = "DongBoTrangThaiHoSo"
ACCOUNT = "TraCuuTechID"

HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)
"""Control, invisible and reversing characters, and halves of pairs: refused in both directions."""
_CODE = re.compile(r"-?[0-9]{1,6}")


class Says(Enum):
    """What an answer means."""

    YES = "yes"
    EXISTS = "exists"
    MISSING = "missing"
    EXPIRED = "expired"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer, unwrapped.

    Attributes:
        code: error_code as a whole number in its shortest spelling: 0, "0" and "00" are ``"0"``.
        message: NFC, folded for comparing; empty when there is none. It may name people: never shown.
        body: the whole answer.
    """

    code: str
    message: str
    body: Mapping[str, Any]

    @property
    def result(self) -> Any:
        """``result``, or ``None``."""
        return self.body.get("result")


def envelope(content: bytes) -> Envelope:
    """Read an answer.

    Raises:
        Unreadable: not JSON, no object, or no error_code.
    """
    found = an_object(json_value(content))
    return Envelope(_code(found.get("error_code")), _folded(found.get("message")), found)


def judged(answer: Envelope, settings: Settings, *, creating: bool = False, updating: bool = False) -> Says:
    """What the answer means by the profile.

    Args:
        creating: 'they have it' is an answer to a create only; for anything else it is no answer.
        updating: 'they do not have it' is an answer to an update.

    Raises:
        Unreadable: code and text contradict each other: what they did is not known.
    """
    failed = _holds(answer.message, settings.failure_texts)
    praised = not failed and _holds(answer.message, settings.success_texts)
    good_code = answer.code == "0"
    if _holds(answer.message, settings.exists_texts) and answer.code in settings.exists_codes:
        if creating:
            return Says.EXISTS
        if good_code:
            raise Unreadable("message", "says that it exists, which was no question")
    if not good_code and (
        answer.code in settings.expired_codes or _holds(answer.message, settings.expired_texts)
    ):
        return Says.EXPIRED
    if updating and not good_code and is_missing(answer, settings):
        return Says.MISSING
    if answer.code in settings.undecided_codes or _holds(answer.message, settings.undecided_texts):
        return Says.UNSURE
    if good_code and failed:
        raise Unreadable("message", "says that it failed, beside error_code 0")
    match settings.success_by:
        case SuccessBy.CODE:
            return Says.YES if good_code else Says.NO
        case SuccessBy.TEXT:
            return Says.YES if praised else Says.UNSURE if good_code else Says.NO
        case SuccessBy.BOTH:
            return Says.YES if praised and good_code else Says.UNSURE if praised or good_code else Says.NO


def is_missing(answer: Envelope, settings: Settings) -> bool:
    """Whether a look-up says that they do not know the code."""
    if answer.code == "0":
        empty = "result" in answer.body and answer.result in (None, [], {}, "")
        return empty or _holds(answer.message, settings.missing_texts)
    return answer.code in settings.missing_codes or _holds(answer.message, settings.missing_texts)


def items(answer: Envelope, field: str = "result") -> list[Any]:
    """``result`` as a list: a list, one object, or the list in ``data`` of an object (LayDVC).

    Raises:
        Unreadable
    """
    found = answer.result
    if isinstance(found, Mapping):
        return a_list(found["data"], f"{field}.data") if "data" in found else [found]
    return a_list(found, field)


def text(values: Mapping[str, Any], field: str) -> str:
    """A text as it stood in NFC; a whole number counts as text (their outputs mix both), missing and ``null`` as empty.

    Raises:
        Unreadable: another type.
    """
    value = values.get(field, "")
    if type(value) is str:  # nearly always, so first: this runs some seventy times a dossier
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    raise Unreadable(field, f"a text is expected, not {type(value).__name__}")


def needed_text(values: Mapping[str, Any], field: str) -> str:
    """As :func:`text`, but it must be there.

    Raises:
        Unreadable: missing, empty, or another type.
    """
    value = text(values, field)
    if not value or value.isspace():
        raise Unreadable(field, "is missing or empty")
    return value


def time(values: Mapping[str, Any], field: str) -> datetime | None:
    """The moment in ``field``; missing, ``null`` and empty are an unknown one.

    Raises:
        Unreadable
    """
    value = values.get(field)
    return moment(text(values, field), field) if value else None


def moment(value: str, field: str) -> datetime | None:
    """``yyyyMMddHHmmss`` of Việt Nam; an empty text is an unknown moment.

    Raises:
        Unreadable: anything else, 31/02 included.
    """
    if not value:
        return None
    if len(value) != 14 or not (value.isascii() and value.isdigit()):
        raise Unreadable(field, "14 digits yyyyMMddHHmmss are expected")
    try:
        # C code, on the way of every dossier; with 14 checked digits there is one reading only.
        return datetime.fromisoformat(f"{value[:8]}T{value[8:]}+07")
    except ValueError as exc:
        raise Unreadable(field, "there is no such moment") from exc


def fourteen(value: datetime) -> str:
    """``value`` as they want it; seconds, Việt Nam.

    Raises:
        ValueError: no zone: nobody's time.
    """
    if value.tzinfo is None:
        raise ValueError("a time without a zone is nobody's time")
    at = value.astimezone(VIETNAM)
    return "%04d%02d%02d%02d%02d%02d" % (at.year, at.month, at.day, at.hour, at.minute, at.second)  # noqa: UP031 - half the time of strftime


def shown_code(answer: Envelope) -> str:
    """Their code, short enough for a screen."""
    return answer.code[:20]


def _code(value: Any) -> str:
    if isinstance(value, str):
        value = value.strip()
    if type(value) is not int and not (isinstance(value, str) and _CODE.fullmatch(value)):
        raise Unreadable("error_code", "is missing or no whole number")
    return str(int(value))


def _folded(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable("message", "a text is expected")
    return unicodedata.normalize("NFC", value).casefold()


def _holds(message: str, texts: tuple[str, ...]) -> bool:
    return any(each in message for each in texts)
