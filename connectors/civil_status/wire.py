"""Answers of the civil-status system as they stand on the wire, and what each means. Sources: ``contract/README.md``."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connectors.civil_status import causes
from connectors.civil_status.settings import Settings
from connectors.civil_status.tables import Class, TextMeaning, codes, text_meaning
from connectors.kit.reading import Unreadable, a_text, a_whole, an_object, json_value

PERSONAL_PREFIXES = ("nks", "nkt", "nyc", "cbs", "cha", "me")
"""Fields of persons begin so; with ``data``, ``ketQuaXuLy``, ``inputSend`` and certificates they are never shown."""

SHOWN = frozenset(
    {"maHoSo", "maHoSoMCDT", "maHoSoLT", "soHoSoLT", "module", "maDonVi", "maTTHC", "trangThai", "status"}
)
_MOST_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``errors``: one long text, or texts by field; ``message`` and ``errors`` may hold a person."""

    status: int
    value: Any
    code: str
    message: str
    errors: str | Mapping[str, Any]


class Ending(StrEnum):
    """What an answer means for whoever asked."""

    DONE = "done"
    EXISTED = "existed"
    REJECTED = "rejected"
    ABSENT = "absent"
    UNFINISHED = "unfinished"
    CREDENTIALS = "credentials"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """``code``: theirs, or the causes by field, or the row of our table that fitted; never a sentence of theirs."""

    ending: Ending
    code: str


def reply(raw: bytes, settings: Settings) -> Reply:
    """The answer.

    Raises:
        Unreadable: not an object with a whole number for its status.
    """
    body = an_object(json_value(raw, most_bytes=settings.largest_answer_bytes))
    status = a_whole(_first(body, settings.status_fields), settings.status_fields[0], most=1_000)
    errors = body.get("errors")
    if errors is None:
        errors = ""
    if not isinstance(errors, str | dict):
        raise Unreadable("errors", "a text or texts by field are expected")
    if isinstance(errors, str):
        errors = a_text({"errors": errors}, "errors", most=_MOST_TEXT)
    return Reply(
        status,
        _first(body, settings.value_fields),
        _plain(_first(body, settings.code_fields), "code"),
        _plain(_first(body, settings.message_fields), "message"),
        errors,
    )


def judged(answer: Reply, ok: Collection[int]) -> Judged:
    """What the answer means. ``ok``: statuses that say done of this call. What nothing explains is ``UNKNOWN``."""
    if answer.errors:
        return _with_errors(answer.errors)
    meaning = text_meaning(answer.message)
    if answer.status in ok:
        if meaning is None or (meaning.cls is Class.TERMINAL and meaning.ending == "done"):
            return Judged(Ending.DONE, str(answer.status))
        return _by_text(meaning)
    row = codes().get(answer.code)
    if meaning is not None and (row is None or meaning.cls in (Class.RETRY, Class.PERMANENT)):
        return _by_text(meaning)
    if meaning is not None and meaning.ending == "done" and answer.code == "500":
        return _by_text(meaning)  # 500 is their word for anything; 'it exists' is no fault of the data
    if row is None:
        return Judged(Ending.UNKNOWN, "")
    if row.code == "500":
        found = causes.split(answer.message)
        return Judged(Ending.REJECTED, causes.as_code(found) or row.code)
    branch = {
        "credentials": Ending.CREDENTIALS,
        "not_found": Ending.ABSENT,
        "unfinished": Ending.UNFINISHED,
    }.get(row.branch, Ending.REJECTED)
    return Judged(branch, row.code)


def _with_errors(errors: str | Mapping[str, Any]) -> Judged:
    if isinstance(errors, str):
        found = causes.split(errors)
        meaning = None if found else text_meaning(errors)
    else:
        found = causes.by_field(errors)
        texts = " ".join(str(text) for text in errors.values())
        meaning = text_meaning(texts)
        if meaning is not None and meaning.cls is Class.TERMINAL and meaning.ending != "done":
            meaning = None  # 'không tồn tại' of one field speaks of its catalogue
    if meaning is not None:
        return _by_text(meaning)
    return Judged(Ending.REJECTED, causes.as_code(found) or "errors")


def _by_text(meaning: TextMeaning) -> Judged:
    match meaning.cls:
        case Class.TERMINAL if meaning.ending == "done":
            ending = Ending.EXISTED
        case Class.TERMINAL:
            # It has ended there, but not as done: nothing is shown as done that was not.
            ending = Ending.ABSENT if meaning.ending == "absent" else Ending.REJECTED
        case Class.PERMANENT:
            ending = Ending.REJECTED
        case Class.RETRY if meaning.branch == "unavailable":
            ending = Ending.UNAVAILABLE
        case _:
            ending = Ending.UNKNOWN
    return Judged(ending, meaning.text)


def _first(body: Mapping[str, Any], names: Collection[str]) -> Any:
    return next((body[name] for name in names if body.get(name) is not None), None)


def _plain(value: Any, field: str) -> str:
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    return unicodedata.normalize("NFC", a_text({field: value}, field, most=_MOST_TEXT)).strip()


__all__ = ["SHOWN", "Ending", "Judged", "Reply", "judged", "reply"]
