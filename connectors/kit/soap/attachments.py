"""Files in SOAP messages: base64 inside, or MTOM/XOP parts beside the envelope; both limited, neither half.

MTOM: https://www.w3.org/TR/soap12-mtom/, XOP: https://www.w3.org/TR/xop10/, multipart/related: RFC 2387.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import IO, Any
from urllib.parse import unquote

from lxml import etree

from connectors.kit.reading import Unreadable
from connectors.kit.soap import lexical
from connectors.kit.soap.versions import Version

XOP = "http://www.w3.org/2004/08/xop/include"
XOP_MEDIA = "application/xop+xml"
_INCLUDE = f"{{{XOP}}}Include"
_MOST_PARTS = 100
_MOST_HEAD = 8_192
_CHUNK = 98_304  # a multiple of 3 and of 4
_CONTENT_ID = re.compile(r"<([!-;=?-~]{1,200})>")
_BOUNDARY = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{1,70}")


class Parts:
    """What came beside an envelope. Each part stands for exactly one element; none is used twice."""

    def __init__(self, content: Mapping[str, memoryview] | None = None) -> None:
        self._content = dict(content or {})
        self._used: set[str] = set()

    def take(self, address: str, where: str) -> memoryview:
        """The part that ``cid:`` address means.

        Raises:
            Unreadable: none, or taken before.
        """
        name = unquote(address[4:]) if address.startswith("cid:") else ""
        found = self._content.get(name)
        if found is None:
            raise Unreadable(where, "points to a part that did not come")
        if name in self._used:
            raise Unreadable(where, "points to a part that another element has")
        self._used.add(name)
        return found

    def all_used(self) -> bool:
        """Whether nothing came that no element asked for."""
        return self._used == self._content.keys()

    def __len__(self) -> int:
        return len(self._content)


NO_PARTS = Parts()


def octets_of(node: Any, parts: Parts, local: str) -> bytes:
    """The bytes of an element: its part, or its base64.

    Raises:
        Unreadable
    """
    if len(node) == 0:
        return lexical.octets(node.text or "", local)
    include = node[0]
    beside = (node.text or "").strip() or (include.tail or "").strip()
    if len(node) != 1 or include.tag != _INCLUDE or beside or len(include):
        raise Unreadable(local, "holds something else than text or one part")
    return bytes(parts.take(include.get("href", ""), local))


def copied(node: Any, out: IO[bytes], parts: Parts, local: str, *, most_bytes: int) -> int:
    """Write an element's bytes to ``out`` piece by piece; how many they are. For large files.

    Raises:
        Unreadable: too many, cut, or no base64. What was written must then be thrown away.
    """
    if len(node):
        whole = memoryview(octets_of(node, parts, local))
        if len(whole) > most_bytes:
            raise Unreadable(local, f"is larger than {most_bytes} bytes")
        out.write(whole)
        return len(whole)
    text = node.text or ""
    total, rest = 0, ""
    for at in range(0, len(text), _CHUNK):
        piece = rest + "".join(text[at : at + _CHUNK].split())
        last = at + _CHUNK >= len(text)
        keep = 0 if last else len(piece) % 4
        now, rest = (piece[:-keep], piece[-keep:]) if keep else (piece, "")
        if not last and "=" in now:
            raise Unreadable(local, "base64 is expected")
        raw = lexical.octets(now, local)
        total += len(raw)
        if total > most_bytes:
            raise Unreadable(local, f"is larger than {most_bytes} bytes")
        out.write(raw)
    return total


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send where the contract has ``base64Binary``: it leaves as a part of its own.

    Attributes:
        media: its content type.
    """

    content: bytes = field(repr=False)
    media: str = "application/octet-stream"


class Outbox:
    """Takes the attachments out of the values of a request and puts them beside the envelope."""

    def __init__(self, salt: str, *, most_bytes: int) -> None:
        """``salt``: letters and digits that nobody can guess; they part the parts."""
        self._salt, self._most = salt, most_bytes
        self.found: list[Attachment] = []

    def inside(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same values with a mark in place of each attachment.

        Raises:
            ValueError: together they are too large.
        """
        made = {name: self._one(value) for name, value in values.items()}
        if sum(len(each.content) for each in self.found) > self._most:
            raise ValueError(f"attachments are larger than {self._most} bytes")
        return made

    def packed(self, envelope: etree._Element, version: Version, action: str) -> tuple[bytes, str]:
        """The whole body and its content type."""
        marks = {base64.b64encode(self._mark(n)).decode(): n for n in range(len(self.found))}
        for node in list(envelope.iter("{*}*")):
            number = marks.get(node.text or "")
            if number is not None:
                node.text = None
                etree.SubElement(node, _INCLUDE, {"href": f"cid:{self._id(number)}"}, nsmap={"xop": XOP})
        root = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        boundary = f"part-{self._salt}"
        about = f'{XOP_MEDIA}; charset=utf-8; type="{version.media}"'
        if version is Version.V12 and action:
            about += f'; action="{action}"'
        pieces = _piece(boundary, "root", about, root)
        for number, each in enumerate(self.found):
            pieces += _piece(boundary, self._id(number), each.media, each.content)
        start_info = (
            f'{version.media}; action="{action}"' if version is Version.V12 and action else version.media
        )
        start_info = start_info.replace('"', '\\"')
        kind = (
            f'multipart/related; type="{XOP_MEDIA}"; start="<root>"; '
            f'start-info="{start_info}"; boundary="{boundary}"'
        )
        return b"".join([*pieces, f"--{boundary}--\r\n".encode()]), kind

    def _one(self, value: Any) -> Any:
        if isinstance(value, Attachment):
            if not value.media.isascii() or not value.media.isprintable():
                raise ValueError("a content type is printable ASCII")
            self.found.append(value)
            return self._mark(len(self.found) - 1)
        if isinstance(value, Mapping):
            return {name: self._one(item) for name, item in value.items()}
        return [self._one(item) for item in value] if isinstance(value, list | tuple) else value

    def _mark(self, number: int) -> bytes:
        return f"{self._salt}-{number}".encode()

    def _id(self, number: int) -> str:
        return f"{number}.{self._salt}@lienthong"


def _piece(boundary: str, name: str, media: str, content: bytes) -> list[bytes]:
    head = (
        f"--{boundary}\r\nContent-Type: {media}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{name}>\r\n\r\n"
    )
    return [head.encode(), content, b"\r\n"]


def unpacked(content: bytes, content_type: str) -> tuple[bytes, str, Parts]:
    """The envelope's bytes, its media type, and the parts beside it.

    Raises:
        Unreadable: cut, doubled, or not as the three standards say.
    """
    about = Headers()
    about["Content-Type"] = content_type
    boundary = str(about.get_param("boundary") or "")
    if _BOUNDARY.fullmatch(boundary) is None or boundary.endswith(" "):
        raise Unreadable("Content-Type", "has no usable boundary")
    start = str(about.get_param("start") or "")
    found: dict[str, tuple[str, memoryview]] = {}
    for head, body in _pieces(content, boundary.encode()):
        named = _CONTENT_ID.fullmatch(str(head.get("Content-ID", "")).strip())
        name = named[1] if named else ("" if not found else "?")
        if name in found or name == "?":
            raise Unreadable("Content-ID", "stands there twice" if name in found else "is missing")
        coding = str(head.get("Content-Transfer-Encoding", "binary")).strip().lower()
        if coding not in ("binary", "8bit", "7bit", ""):
            raise Unreadable("Content-Transfer-Encoding", "is not binary")
        found[name] = (str(head.get("Content-Type", "")), body)
    wanted = start.strip()[1:-1] if start.strip().startswith("<") else start.strip()
    root = wanted or next(iter(found), "")
    if root not in found:
        raise Unreadable("start", "names a part that did not come")
    media, envelope = found.pop(root)
    return bytes(envelope), media, Parts({name: body for name, (_, body) in found.items()})


def _pieces(raw: bytes, boundary: bytes) -> Iterable[tuple[Headers, memoryview]]:
    content = memoryview(raw)
    opening = b"--" + boundary
    at = raw.find(opening)
    if at != 0 and (at < 0 or raw[at - 2 : at] != b"\r\n"):
        raise Unreadable("multipart", "does not begin with its boundary")
    count = 0
    while True:
        at += len(opening)
        if raw[at : at + 2] == b"--":
            if raw[at + 2 :].strip(b"\r\n"):
                raise Unreadable("multipart", "something stands behind its end")
            return
        if raw[at : at + 2] != b"\r\n":
            raise Unreadable("multipart", "a boundary does not end its line")
        end_of_head = raw.find(b"\r\n\r\n", at, at + _MOST_HEAD)
        following = raw.find(b"\r\n" + opening, end_of_head + 2) if end_of_head >= 0 else -1
        if following < 0:
            raise Unreadable("multipart", "is cut")
        count += 1
        if count > _MOST_PARTS:
            raise Unreadable("multipart", f"has more than {_MOST_PARTS} parts")
        yield _head(raw[at + 2 : end_of_head]), content[end_of_head + 4 : following]
        at = following + 2


def _head(raw: bytes) -> Headers:
    found = Headers()
    for line in raw.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon or name in found:
            raise Unreadable("multipart", "a part's head is malformed")
        found[name] = value.strip()
    return found
