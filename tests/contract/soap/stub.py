"""A SOAP service for any contract: takes every request, answers with something of the agreed shape."""

from __future__ import annotations

import base64
from typing import Any

from lxml import etree

from connectors.kit.connection import SystemSettings
from connectors.kit.sandbox import SandboxAnswer, SandboxRequest, route
from connectors.kit.soap.contract import Contract
from connectors.kit.soap.line import SoapTransport
from connectors.kit.soap.port import Port, SoapSettings
from connectors.kit.soap.sandbox import Asked, SoapSandbox
from connectors.kit.soap.shapes import Kind, Part, Place, Shape
from connectors.kit.soap.versions import Version

WORDS = {
    Kind.TEXT: "chữ",
    Kind.WHOLE: "7",
    Kind.DECIMAL: "7.50",
    Kind.DOUBLE: "7.5E+02",
    Kind.FLAG: "true",
    Kind.DAY: "2026-11-23",
    Kind.MOMENT: "2026-11-23T08:00:00+07:00",
    Kind.OCTETS: base64.b64encode(b"bytes").decode(),
    Kind.RAW: "",
}


class Stub(SoapSandbox):
    """Answers each operation of ``contract`` by its shape."""

    system = "stub"

    def __init__(self, contract: Contract, version: Version) -> None:
        super().__init__()
        self.contract, self.version = contract, version
        self.seen: list[SandboxRequest] = []
        self.answering = ""

    @route("POST", "/service", "soap")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        self.seen.append(request)
        return self.serve(request, _Every(self._answer))

    def _answer(self, asked: Asked) -> etree._Element | None:
        tag = self.contract.answer_tag(self.answering, self.version)
        if not tag:
            return None
        node = etree.Element(tag)
        filled(node, self.contract.answer(self.answering, self.version))
        return node


class _Every(dict[str, Any]):
    """The same offer for every name."""

    def __init__(self, offer: Any) -> None:
        super().__init__()
        self.offer = offer

    def get(self, key: str, default: Any = None) -> Any:
        return self.offer


def filled(node: etree._Element, shape: Shape, depth: int = 4) -> None:
    """Every part of ``shape``, once."""
    for part in shape.parts:
        if part.place is Place.ATTRIBUTE and isinstance(part.kind, Kind):
            node.set(part.tag, WORDS[part.kind])
        elif part.place is Place.OWN and isinstance(part.kind, Kind):
            node.text = WORDS[part.kind]
        elif part.place is Place.CHILD and (depth > 0 or part.least):
            child = etree.SubElement(node, part.tag)
            if isinstance(part.kind, Shape):
                filled(child, part.kind, depth - 1)
            else:
                child.text = WORDS[part.kind]


VALUES: dict[Kind, Any] = {
    Kind.TEXT: "chữ",
    Kind.WHOLE: 7,
    Kind.DECIMAL: 7,
    Kind.DOUBLE: 7,
    Kind.FLAG: True,
    Kind.OCTETS: b"bytes",
    Kind.RAW: None,
}


def values(shape: Shape) -> dict[str, Any]:
    """What must be there."""
    return {part.name: _value(part) for part in shape.parts if part.least and part.place is Place.CHILD}


def _value(part: Part) -> Any:
    from datetime import UTC, date, datetime

    known = {**VALUES, Kind.DAY: date(2026, 11, 23), Kind.MOMENT: datetime(2026, 11, 23, tzinfo=UTC)}
    one = values(part.kind) if isinstance(part.kind, Shape) else known[part.kind]
    return one if part.most == 1 else [one]


def port(url: str, contract: Contract, version: Version = Version.V11, **changes: Any) -> Port:
    """A port to the stub at ``url``; what is no setting goes to the port itself."""
    own = {name: changes.pop(name) for name in ("securing", "judging", "salt") if name in changes}
    made = SoapSettings(base_url=url, path="/service", version=version, **changes)
    assert isinstance(made, SystemSettings)
    return Port("stub", contract, SoapTransport(url, system="stub", deadline_seconds=5), made, **own)
