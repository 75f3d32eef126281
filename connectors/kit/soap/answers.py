"""What came back: a whole envelope of the agreed SOAP with one body, read by place; a fault, a half fault, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from connectors.kit.reading import Unreadable
from connectors.kit.soap.versions import OTHER, Version
from connectors.kit.xml import XmlRefused, parse

_MOST_CODES = 10
_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,60}")


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose parts stand in their places.

    Attributes:
        payload: the one element in the body; ``None``: the body is empty.
    """

    envelope: etree._Element
    header: etree._Element | None
    body: etree._Element
    payload: etree._Element | None


@dataclass(frozen=True, slots=True)
class Fault:
    """A whole fault. Its words may name people: they decide which rule fits and are never shown.

    Attributes:
        codes: local names, general first (``Server``; ``Sender``, ``BadArgument``).
        detail: local names of the elements in the detail, from outside in.
    """

    codes: tuple[str, ...]
    words: str
    detail: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The most special code, fit to be shown."""
        return next((code for code in reversed(self.codes) if _CODE.fullmatch(code)), "fault")


def opened(raw: bytes, version: Version, *, understood: frozenset[str] = frozenset()) -> Opened:
    """The envelope in ``raw``.

    Args:
        understood: lxml names of header parts that we act on.

    Raises:
        Unreadable: not XML by our rules, another namespace, doubled or misplaced parts, or a header part that must be
            understood and is not.
    """
    try:
        envelope = parse(raw)
    except XmlRefused as exc:
        raise Unreadable("Envelope", str(exc)) from exc
    if envelope.tag != version.tag("Envelope"):
        other = envelope.tag == OTHER[version].tag("Envelope")
        raise Unreadable(
            "Envelope", "is of another SOAP version" if other else "is missing or of another namespace"
        )
    inside = list(envelope)
    header = inside.pop(0) if inside and inside[0].tag == version.tag("Header") else None
    if len(inside) != 1 or inside[0].tag != version.tag("Body"):
        raise Unreadable("Body", "is missing, doubled or not in its place")
    if header is not None:
        _check_header(header, version, understood)
    body = inside[0]
    _no_text(envelope, "Envelope")
    _no_text(body, "Body")
    if len(body) > 1:
        raise Unreadable("Body", "holds more than one element")
    return Opened(envelope, header, body, body[0] if len(body) else None)


def _check_header(header: etree._Element, version: Version, understood: frozenset[str]) -> None:
    must = version.tag("mustUnderstand")
    for each in header:
        if str(each.get(must, "")).strip() in ("1", "true") and each.tag not in understood:
            raise Unreadable(etree.QName(each).localname, "must be understood and is not")


def _no_text(node: etree._Element, name: str) -> None:
    texts = [node.text, *(child.tail for child in node)]
    if any(text and text.strip() for text in texts):
        raise Unreadable(name, "holds text beside its elements")


def fault_in(payload: etree._Element | None, version: Version) -> Fault | None:
    """The fault that an answer's body holds; ``None`` when it holds none.

    Raises:
        Unreadable: a fault of another SOAP version, or half a fault: it says nothing at all.
    """
    if payload is None or etree.QName(payload).localname != "Fault":
        return None
    if payload.tag == OTHER[version].tag("Fault"):
        raise Unreadable("Fault", "is of another SOAP version")
    if payload.tag != version.tag("Fault"):
        return None
    return _fault_11(payload) if version is Version.V11 else _fault_12(payload, version)


def _fault_11(node: etree._Element) -> Fault:
    found: dict[str, etree._Element] = {}
    for child in node:
        name = str(child.tag)
        if name in found:
            raise Unreadable(name, "stands there twice")
        found[name] = child
    code = _local(_text(found.get("faultcode"), "faultcode"), "faultcode")
    words = _text(found.get("faultstring"), "faultstring")
    # 1.1 lets a code be refined by dots: Client.Authentication
    return Fault(tuple(code.split(".")) if "." in code else (code,), words, _names(found.get("detail")))


def _fault_12(node: etree._Element, version: Version) -> Fault:
    at: etree._Element | None = _one(node, version.tag("Code"), "Code")
    codes: list[str] = []
    while at is not None and len(codes) < _MOST_CODES:
        codes.append(_local(_text(_one(at, version.tag("Value"), "Value"), "Value"), "Value"))
        at = next(iter(at.findall(version.tag("Subcode"))), None)
    reason = _one(node, version.tag("Reason"), "Reason")
    texts = [_text(each, "Text") for each in reason.findall(version.tag("Text"))]
    if not texts:
        raise Unreadable("Text", "is missing")
    detail = next(iter(node.findall(version.tag("Detail"))), None)
    return Fault(tuple(codes), "\n".join(texts), _names(detail))


def _one(node: etree._Element, tag: str, local: str) -> etree._Element:
    found = node.findall(tag)
    if len(found) != 1:
        raise Unreadable(local, "is missing" if not found else "stands there twice")
    return found[0]


def _text(node: etree._Element | None, local: str) -> str:
    if node is None:
        raise Unreadable(local, "is missing")
    if len(node):
        raise Unreadable(local, "holds something else than text")
    return (node.text or "").strip()


def _local(name: str, field: str) -> str:
    local = name.rpartition(":")[2]
    if not local:
        raise Unreadable(field, "is empty")
    return local


def _names(detail: etree._Element | None) -> tuple[str, ...]:
    if detail is None:
        return ()
    nodes: Any = detail.iterdescendants("{*}*")
    return tuple(etree.QName(node).localname for node, _ in zip(nodes, range(20), strict=False))
