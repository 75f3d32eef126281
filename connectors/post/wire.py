"""The Post's messages as they stand on the wire. Names are theirs; what is personal is tagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.kit.reading import Unreadable, a_list, a_text, a_whole, an_object

FIRST_CURSOR = "0" * 24
_HEX = frozenset("0123456789abcdef")

PERSONAL = frozenset(
    {
        *(
            f"{who}{what}"
            for who in ("Sender", "Receiver")
            for what in ("Name", "Tel", "Email", "Address", "Desc")
        ),
        *("Name", "Phone", "Address", "Email"),
        *("ChuHoSo", "NguoiNop", "CMT", "DiaChi"),
    }
)
"""Fields of orders, documents and notices that hold a person."""


@dataclass(frozen=True, slots=True)
class Reply:
    """{Status, Message}. ``message`` is free text and may hold anything: never shown, never logged."""

    status: str
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the feed, texts as they stand. ``id``: _id.$oid, lower-case."""

    id: str
    customer: str
    order_number: str
    event_time: str
    post_point: str
    item_code: str
    status: str
    message: str
    notes: str


def reply(value: Any) -> Reply:
    """An answer to a write.

    Raises:
        Unreadable
    """
    found = an_object(value)
    if "Status" not in found:
        raise Unreadable("Status", "is missing")
    message = found.get("Message")
    return Reply(_code(found["Status"], "Status"), message if isinstance(message, str) else "")


def feed(value: Any) -> list[Any]:
    """The raw lines of a page, as many as it says.

    Raises:
        Unreadable: not a page, or another number of lines than announced.
    """
    found = an_object(value)
    embedded = an_object(found.get("_embedded"), "_embedded")
    lines = a_list(embedded.get("rh:doc"), "rh:doc")
    if "_returned" not in found:
        raise Unreadable("_returned", "is missing")
    if a_whole(found["_returned"], "_returned") != len(lines):
        raise Unreadable("_returned", "another number of lines than announced")
    return lines


def line_id(value: Any) -> str:
    """The id of a line, needed even where the rest cannot be read: it is the cursor.

    Raises:
        Unreadable
    """
    text = a_text(an_object(an_object(value, "rh:doc").get("_id"), "_id"), "$oid").lower()
    if len(text) != 24 or not set(text) <= _HEX:
        raise Unreadable("_id", "24 hexadecimal digits are expected")
    return text


def line(value: Any) -> Line:
    """One line of the feed.

    Raises:
        Unreadable
    """
    found = an_object(value, "rh:doc")
    return Line(
        id=line_id(value),
        customer=a_text(found, "CustomerCode", empty=False),
        order_number=a_text(found, "OrderNumber", empty=False),
        event_time=a_text(found, "EventTime", empty=False),
        post_point=_loose(found.get("POSID"), "POSID"),
        item_code=_loose(found.get("ItemCode"), "ItemCode"),
        status=_code(found.get("StatusCode"), "StatusCode"),
        message=_loose(found.get("StatusMessage"), "StatusMessage"),
        notes=_loose(found.get("Notes"), "Notes"),
    )


def price(value: Any) -> int:
    """content.price in whole đồng.

    Raises:
        Unreadable
    """
    content = an_object(an_object(value).get("content"), "content")
    return a_whole(content.get("price"), "content.price")


def _code(value: Any, field: str) -> str:
    """A code that some façades write as a number and some as text."""
    if type(value) is int and abs(value) < 10**9:
        return str(value)
    return a_text({field: value}, field, most=20, empty=False)


def _loose(value: Any, field: str) -> str:
    return str(value) if type(value) is int else a_text({field: value}, field)
