"""WSDL → a service, through the kit's own reading of pinned contracts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from connectors.kit.scaffold.model import (
    Action,
    Kind,
    Model,
    ScaffoldRefused,
    Service,
    Style,
    Value,
    Wishes,
    camel,
    example_of,
    harmless,
    looks_like_a_read,
    with_look_ups,
)
from connectors.kit.soap.contract import Contract, ContractUnusable
from connectors.kit.soap.shapes import Kind as WireKind
from connectors.kit.soap.shapes import Part, Place, Shape
from connectors.kit.soap.versions import Version
from connectors.kit.xml import parse

_KINDS = {
    WireKind.TEXT: Kind.TEXT,
    WireKind.WHOLE: Kind.WHOLE,
    WireKind.DECIMAL: Kind.DECIMAL,
    WireKind.FLAG: Kind.FLAG,
    WireKind.DAY: Kind.DAY,
    WireKind.MOMENT: Kind.MOMENT,
    WireKind.OCTETS: Kind.OCTETS,
}
_DEEPEST = 8


def service_of(name: str, raw: bytes, wishes: Wishes) -> Service:
    """The service that ``raw`` describes. What it imports is not fetched.

    Raises:
        ScaffoldRefused
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "service.wsdl").write_bytes(raw)
        contract = Contract(Path(folder), "service.wsdl")
        try:
            version, names = _offered(contract)
            reader = _Reader(contract, version, wishes)
            actions = tuple(reader.action(each) for each in names if wishes.wants(each))
        except ContractUnusable as exc:
            raise ScaffoldRefused(f"Không đọc được WSDL: {exc}", f"The WSDL cannot be used: {exc}") from exc
    if not actions:
        raise ScaffoldRefused(
            "WSDL không có thao tác được chọn.", "The WSDL has no operation that is wanted."
        )
    return Service(
        name=name,
        title=harmless(wishes.title) or camel(name),
        style=Style.SOAP,
        actions=with_look_ups(actions, wishes),
        base=_path(raw),
        contract=("service.wsdl", raw),
        version=version.value,
        namespace=_namespace(actions),
    )


def _offered(contract: Contract) -> tuple[Version, tuple[str, ...]]:
    try:
        return Version.V11, contract.operations(Version.V11)
    except ContractUnusable:
        return Version.V12, contract.operations(Version.V12)


def _path(raw: bytes) -> str:
    """The path of the address in the contract; host and scheme are the settings'."""
    for node in parse(raw).iter("{*}address"):
        path = urlsplit(str(node.get("location", ""))).path
        if path:
            return path
    return "/"


def _namespace(actions: tuple[Action, ...]) -> str:
    tag = actions[0].answer_tag
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


class _Reader:
    def __init__(self, contract: Contract, version: Version, wishes: Wishes) -> None:
        self._contract, self._version, self._wishes = contract, version, wishes

    def action(self, wire: str) -> Action:
        """One operation."""
        tag = self._contract.answer_tag(wire, self._version)
        if not tag:
            raise ScaffoldRefused(f"{wire}: không có câu trả lời.", f"{wire}: has no answer.")
        shapes = (self._contract.request(wire, self._version), self._contract.answer(wire, self._version))
        request = Model(camel(wire), tuple(self._values(shapes[0], wire, camel(wire))))
        answer = Model(f"{camel(wire)}Answer", tuple(self._values(shapes[1], wire, f"{camel(wire)}Answer")))
        reads = self._wishes.is_read(wire, otherwise=looks_like_a_read(wire))
        return Action(wire, request, answer, reads, answer_tag=tag)

    def _values(self, shape: Shape, wire: str, within: str, depth: int = 0) -> Iterator[Value]:
        if depth > _DEEPEST:
            raise ScaffoldRefused(f"{wire}: thông điệp tự chứa mình.", f"{wire}: a message holds itself.")
        for part in shape.parts:
            if part.place is not Place.CHILD or part.name != part.local:
                raise ScaffoldRefused(
                    f"{wire}: {part.local} là thuộc tính hoặc tên không viết được.",
                    f"{wire}: {part.local} is an attribute or has a name that cannot be written.",
                )
            yield self._value(part, wire, within, depth)

    def _value(self, part: Part, wire: str, within: str, depth: int) -> Value:
        namespace = part.tag[1:].partition("}")[0] if part.tag.startswith("{") else ""
        many = part.most is None or part.most > 1
        needed = part.least > 0 and not part.nillable
        if isinstance(part.kind, Shape):
            inner = f"{within}{camel(part.local)}"
            model = Model(inner, tuple(self._values(part.kind, wire, inner, depth + 1)))
            return Value(part.local, model, needed, many, namespace=namespace)
        if part.kind not in _KINDS:
            raise ScaffoldRefused(
                f"{wire}: trường {part.local} có kiểu {part.kind} không viết được.",
                f"{wire}: field {part.local} of kind {part.kind} cannot be written here.",
            )
        kind, tagged = _KINDS[part.kind], self._wishes.is_personal(part.local)
        example = example_of(part.local, kind, tagged=tagged)
        return Value(part.local, kind, needed, many, tagged, namespace=namespace, example=example)
