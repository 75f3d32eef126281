"""Their messages: names, types and what must be there, as ``lgsp_schema.xsd`` and one client have them (seen once: C)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.kit.reading import (
    Unreadable,
    a_list,
    a_text,
    a_whole,
    an_object,
    json_value,
)

MOST_STATUS = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    Attributes:
        kind: ``text``, ``whole``, ``flag``, ``price`` or the name of a list in :data:`LISTS`.
        optional: may be left out.
        personal: of a person; never shown, never logged.
    """

    name: str
    kind: str = "text"
    optional: bool = False
    personal: bool = False


def _maybe(name: str, kind: str = "text", *, personal: bool = False) -> Field:
    return Field(name, kind, optional=True, personal=personal)


ATTACHMENT = (
    Field("AttachmentId", "whole"),  # the name itself is a setting
    Field("AttachmentName", personal=True),
    _maybe("IsDeleted", "flag"),
    Field("Base64", personal=True),
    Field("IsVerified", "flag"),
)
FEE = (Field("FeeName"), Field("FeeType", "whole"), Field("Price", "price"))
PAPER = (Field("PaperName"), Field("Amount", "whole"), Field("PaperType", "whole"))
SUPPLEMENT = (
    Field("SupplementaryId", "whole"),
    Field("SendUser", personal=True),
    Field("SendComment", personal=True),
    Field("SendDate"),
    _maybe("ReceivedUser", personal=True),
    _maybe("ReceivedComment", personal=True),
    Field("ReceivedDate"),
    Field("IsReceived", "flag"),
    Field("Papers", "papers"),
    Field("Fees", "fees"),
    Field("OldDateAppointed"),
    _maybe("NewDateAppointed"),
)
DOCUMENT = (
    Field("DocTypeCode"),
    Field("DocTypeName"),
    Field("DocCode"),
    Field("CitizenName", personal=True),
    _maybe("CitizenInfo", personal=True),
    Field("ApplicantsId", personal=True),
    Field("ApplicantsType", "whole"),
    _maybe("Address", personal=True),
    _maybe("Email", personal=True),
    Field("Phone", personal=True),
    _maybe("Compendium", personal=True),
    Field("DateReceived"),
    Field("DateAppointed"),
    Field("IsSuccess", "flag"),
    Field("SuccessDate"),
    _maybe("ApproverName", personal=True),
    _maybe("ApproverPosition"),
    _maybe("SuccessNote", personal=True),
    Field("IsReturned", "flag"),
    Field("ReturnedDate"),
    _maybe("ReturnNote", personal=True),
    Field("ReturnedType", "whole"),
    _maybe("FinishedDate"),
    Field("Status", "whole"),
    Field("ProcessingOrganName"),
    _maybe("HasSupplementary", "flag"),
    _maybe("RequireSupplementaryDate"),
    _maybe("Note", personal=True),
    Field("Attachments", "attachments"),
    Field("DocFees", "fees"),
    Field("DocPapers", "papers"),
    Field("Supplementaries", "supplements"),
    Field("OrganInchargeIdLevel1"),
    Field("OrganInchargeName"),
)
TRACE = (
    Field("DocumentId"),
    Field("DocCode"),
    Field("UserName", personal=True),
    Field("UserPosition"),
    Field("DateCreated"),
    _maybe("Comment", personal=True),
    _maybe("Status", "whole"),
    Field("OrganizationInchargeIdLevel1"),
    Field("OrganizationInchargeName"),
)
LISTS: Mapping[str, Sequence[Field]] = {
    "attachments": ATTACHMENT,
    "fees": FEE,
    "papers": PAPER,
    "supplements": SUPPLEMENT,
}

Facts = Mapping[str, Any]
"""Our values under their names: texts, whole numbers, ``bool`` for yes/no, lists of such; ``None`` or an empty text: nothing to tell."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a province writes what the schema leaves open."""

    attachment_id: str
    text_flags: frozenset[str]
    flag_words: tuple[str, str]
    price_as_decimal: bool


def written(fields: Sequence[Field], facts: Facts, spelling: Spelling) -> dict[str, Any]:
    """The message of ``facts``, in the order of the schema; optional fields with nothing to tell are left out.

    Raises:
        ValueError: a needed field was not given, or a value has another type than the schema's.
    """
    unknown = facts.keys() - {field.name for field in fields}
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))}: not in the schema")
    message: dict[str, Any] = {}
    for field in fields:
        value = facts.get(field.name)
        if field.optional and value in (None, ""):
            continue
        if value is None:
            raise ValueError(f"{field.name} is needed")
        name = spelling.attachment_id if field.name == "AttachmentId" else field.name
        message[name] = _value(field, value, spelling)
    return message


def _value(field: Field, value: Any, spelling: Spelling) -> Any:
    match field.kind:
        case "text" if isinstance(value, str):
            return value
        case "whole" if type(value) is int:
            return value
        case "price" if type(value) is int:
            # Whole đồng below 2^53 are the same number as a double: nothing is rounded.
            return float(value) if spelling.price_as_decimal else value
        case "flag" if isinstance(value, bool):
            return spelling.flag_words[not value] if field.name in spelling.text_flags else value
        case kind if kind in LISTS:
            return [written(LISTS[kind], each, spelling) for each in value]
    raise ValueError(f"{field.name}: {field.kind} is expected, not {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Their answer to a message about a dossier."""

    status: int
    message: str


def verdict(content: bytes) -> Verdict:
    """``{Status, Message}``.

    Raises:
        Unreadable
    """
    answer = an_object(json_value(content))
    if "Status" not in answer:
        raise Unreadable("Status", "is missing")
    words = a_text(answer, "Message") if "Message" in answer else ""
    return Verdict(a_whole(answer["Status"], "Status", least=-MOST_STATUS, most=MOST_STATUS), words)


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """Their answer to a write of category rows; ``Count`` is a text there."""

    words: str
    count: int


def write_answer(content: bytes) -> WriteAnswer:
    """``{MSG, Count}``.

    Raises:
        Unreadable
    """
    answer = an_object(json_value(content))
    words = a_text(answer, "MSG", empty=False)
    if "Count" not in answer:
        raise Unreadable("Count", "is missing")
    return WriteAnswer(words, a_whole(answer["Count"], "Count", most=10_000_000))


def rows(content: bytes, wrapper: str = "") -> list[dict[str, str]]:
    """Rows of a category or of its description; every cell as text, exactly as it stood.

    Raises:
        Unreadable: not a list of flat objects.
    """
    value = json_value(content)
    if wrapper:
        outer = an_object(value)
        if wrapper not in outer:
            raise Unreadable(wrapper, "is missing")
        value = outer[wrapper]
    found = []
    for number, row in enumerate(a_list(value, wrapper or "body")):
        where = f"row {number}"
        found.append({name: _cell(cell, f"{where}.{name}") for name, cell in an_object(row, where).items()})
    return found


def _cell(value: Any, field: str) -> str:
    if isinstance(value, dict | list):
        raise Unreadable(field, "a plain value is expected")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


__all__ = [
    "DOCUMENT",
    "LISTS",
    "TRACE",
    "Field",
    "Spelling",
    "Verdict",
    "WriteAnswer",
    "rows",
    "verdict",
    "write_answer",
    "written",
]
