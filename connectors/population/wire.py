"""SOAP 1.1 as the population database speaks it, and its answers by namespace. Prefixes mean nothing.

Source of element names, order and namespaces: ``contract/README.md``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from connectors.kit import xml
from connectors.kit.reading import Unreadable, a_day

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
REQUEST = "http://dancuquocgia.bca"
ANSWER = "http://www.mic.gov.vn/dancu/1.0"
HEADERS = {"Content-Type": "application/xml; charset=utf-8", "SOAPAction": '""'}

PERSONAL = frozenset(
    {
        *(
            "SoDinhDanh",
            "SoCMND",
            "HoVaTen",
            "Ho",
            "ChuDem",
            "Ten",
            "NgayThangNamSinh",
            "NgayThangNam",
            "Nam",
            "GioiTinh",
        ),
        *(
            "NoiDangKyKhaiSinh",
            "QueQuan",
            "ThuongTru",
            "NoiOHienTai",
            "ChiTiet",
            "DanToc",
            "TonGiao",
            "NhomMau",
        ),
        *("TinhTrangHonNhan", "Cha", "Me", "VoChong", "NguoiDaiDien", "ChuHo", "SoSoHoKhau", "SoDienThoai"),
        *("soDinhDanh", "soCMND", "hoVaTen", "ngayThangNam", "data"),
    }
)
"""Elements and fields of a person: everything but who asks and why."""

Field = tuple[str, "str | tuple[tuple[str, str], ...]"]
"""Name and text, or name and inner fields."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MOST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class SoapFault(Exception):
    """They answered with a fault. ``code`` is the local part of faultcode; their words may name a person and are dropped."""

    code: str


def envelope(element: str, fields: Iterable[Field]) -> bytes:
    """A request named ``element`` with ``fields`` in their order, all in the request's namespace."""
    root = etree.Element(_q(SOAP, "Envelope"), nsmap={"soapenv": SOAP, "dan": REQUEST})
    etree.SubElement(root, _q(SOAP, "Header"))
    asked = etree.SubElement(etree.SubElement(root, _q(SOAP, "Body")), _q(REQUEST, element))
    for name, content in fields:
        made = etree.SubElement(asked, _q(REQUEST, name))
        if isinstance(content, str):
            made.text = content
        else:
            for inner, text in content:
                etree.SubElement(made, _q(REQUEST, inner)).text = text
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def body_of(raw: bytes) -> etree._Element:
    """The Body of an answer.

    Raises:
        Unreadable: no strict XML, no SOAP 1.1, or not exactly one Body.
        SoapFault: they answered with a fault.
    """
    try:
        root = xml.parse(raw)
    except xml.XmlRefused as exc:
        # The parser's own words may quote the document.
        raise Unreadable("body", f"{exc.reason} at line {exc.line}") from None
    if root.tag != _q(SOAP, "Envelope"):
        raise Unreadable("Envelope", "of SOAP 1.1 is expected")
    bodies = root.findall(_q(SOAP, "Body"))
    if len(bodies) != 1:
        raise Unreadable("Body", "is expected once")
    body: etree._Element = bodies[0]
    fault = body.find(_q(SOAP, "Fault"))
    if fault is not None:
        code = (fault.findtext("faultcode") or "").rpartition(":")[2].strip()
        raise SoapFault(code if code.isascii() and code.isalnum() and len(code) <= 40 else "Fault")
    return body


def flags(body: etree._Element) -> list[tuple[str, str]]:
    """Every KetQuaXacThuc or TonTai that holds text, by name and text.

    Raises:
        Unreadable: one that is empty.
    """
    found = []
    for node in _elements(body):
        name = etree.QName(node).localname
        if name in ("KetQuaXacThuc", "TonTai") and len(node) == 0:
            text = (node.text or "").strip()
            if not text:
                raise Unreadable(name, "is empty")
            found.append((name, text))
    return found


def collection(body: etree._Element) -> etree._Element | None:
    """The CongdanCollection, wherever it stands; ``None`` when there is none.

    Raises:
        Unreadable: more than one.
    """
    found = [node for node in _elements(body) if node.tag == _q(ANSWER, "CongdanCollection")]
    if len(found) > 1:
        raise Unreadable("CongdanCollection", "stands there twice")
    return found[0] if found else None


class Part:
    """One element of an answer; its children by name in the answer's namespace."""

    def __init__(self, node: etree._Element) -> None:
        self._node = node
        self.name = etree.QName(node).localname

    def all(self, name: str) -> list[Part]:
        """Every child called ``name``."""
        return [Part(node) for node in self._node if node.tag == _q(ANSWER, name)]

    def one(self, name: str) -> Part | None:
        """The child called ``name``; ``None`` when it is not there.

        Raises:
            Unreadable: it stands there twice.
        """
        found = self.all(name)
        if len(found) > 1:
            raise Unreadable(name, "stands there twice")
        return found[0] if found else None

    def text(self, name: str, *, most: int = _MOST_TEXT) -> str:
        """The text of the child called ``name``; empty when it is empty or not there at all.

        Raises:
            Unreadable: it stands there twice, holds elements, is too long, or holds hidden characters.
        """
        part = self.one(name)
        return "" if part is None else part.own_text(most=most)

    def own_text(self, *, most: int = _MOST_TEXT) -> str:
        """The text of the element itself, as :meth:`text`."""
        found = xml.value(self._node)
        if found is None:
            raise Unreadable(self.name, "a text is expected")
        return plain(found, self.name, most=most)

    def is_leaf(self) -> bool:
        """Whether it holds text only."""
        return len(self._node) == 0

    def attribute(self, name: str) -> str:
        """An attribute without namespace; empty when it is not there."""
        found: Any = self._node.get(name)
        return plain(str(found or ""), name)


def plain(text: str, field: str, *, most: int = _MOST_TEXT) -> str:
    """``text`` on one line in NFC.

    Raises:
        Unreadable: too long, or with reversing or invisible characters: a name that looks like another.
    """
    found = " ".join(unicodedata.normalize("NFC", text).split())
    if len(found) > most:
        raise Unreadable(field, "is too long")
    if not found.isascii() or not found.isprintable():
        for character in found:
            if unicodedata.category(character) in _HIDDEN:
                raise Unreadable(field, "holds an invisible or reversing character")
    return found


def _elements(body: etree._Element) -> Iterator[etree._Element]:
    for node in body.iter():
        if isinstance(node.tag, str):
            yield node


def _q(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def day(text: str, field: str, form: str) -> date:
    """``text`` as a day written exactly as ``form``.

    The library's own words quote the value, and a birthday is a person's: they go no further than here.

    Raises:
        Unreadable
    """
    try:
        return a_day(text, field, form)
    except Unreadable as exc:
        words = str(exc)
    raise Unreadable(field, words.partition(": ")[2])
