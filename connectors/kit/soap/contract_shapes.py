"""zeep's picture of an element → ours. Imported only where a contract is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zeep.xsd import types
from zeep.xsd.elements import Any as AnyElement
from zeep.xsd.elements import Choice, Element, Group
from zeep.xsd.elements.indicators import OrderIndicator
from zeep.xsd.types import builtins

from connectors.kit.soap.shapes import Kind, Part, Place, Shape, field_name

_KINDS: tuple[tuple[type, Kind], ...] = (
    (builtins.Boolean, Kind.FLAG),
    (builtins.Integer, Kind.WHOLE),
    (builtins.Decimal, Kind.DECIMAL),
    (builtins.Float, Kind.DOUBLE),
    (builtins.Double, Kind.DOUBLE),
    (builtins.DateTime, Kind.MOMENT),
    (builtins.Date, Kind.DAY),
    (builtins.Base64Binary, Kind.OCTETS),
)
"""Most specific first; everything else that is simple is text."""


def shape_of(element: Any) -> Shape:
    """What ``element`` of zeep's holds."""
    return _Maker().of(element.type, element.name or "element")


class _Maker:
    """One walk through the types; a type met again is the same shape."""

    def __init__(self) -> None:
        self._known: dict[int, Shape] = {}

    def of(self, xsd_type: Any, name: str) -> Shape:
        known = self._known.get(id(xsd_type))
        if known is not None:
            return known
        made = self._known[id(xsd_type)] = Shape(str(xsd_type.name or name))
        if not isinstance(xsd_type, types.ComplexType):
            made.parts.append(Part("value", "", _kind(xsd_type), place=Place.OWN))
            return made
        for part in self._parts(xsd_type):
            if all(part.name != other.name for other in made.parts):
                made.parts.append(part)
        return made

    def _parts(self, xsd_type: Any) -> Iterator[Part]:
        content = xsd_type._element  # noqa: SLF001 - zeep names no other way in
        if isinstance(content, Element) and not isinstance(content.type, types.ComplexType):
            yield Part("value", "", _kind(content.type), place=Place.OWN)
        elif content is not None:
            yield from self._inside(content, needed=True, many=False)
        for name, attribute in xsd_type.attributes:
            if attribute.name and attribute.qname is not None:
                yield Part(
                    field_name(str(name)),
                    str(attribute.qname.text),
                    _kind(attribute.type),
                    least=int(bool(attribute.required)),
                    place=Place.ATTRIBUTE,
                )

    def _inside(self, content: Any, *, needed: bool, many: bool) -> Iterator[Part]:
        if isinstance(content, AnyElement):
            return  # has no name: what stands there is read by whoever knows it
        if isinstance(content, Element):
            yield self._child(content, needed=needed, many=many)
            return
        needed = needed and not isinstance(content, Choice) and content.min_occurs > 0
        many = many or content.accepts_multiple
        inner = [content.child] if isinstance(content, Group) else content
        if isinstance(content, Group | OrderIndicator):
            for each in inner:
                yield from self._inside(each, needed=needed, many=many)

    def _child(self, element: Any, *, needed: bool, many: bool) -> Part:
        kind = element.type
        complex_kind = isinstance(kind, types.ComplexType)
        return Part(
            str(element.attr_name or element.name),
            str(element.qname.text),
            self.of(kind, element.name) if complex_kind else _kind(kind),
            least=int(element.min_occurs) if needed else 0,
            most=None if many or element.max_occurs == "unbounded" else int(element.max_occurs),
            nillable=bool(element.nillable),
        )


def _kind(xsd_type: Any) -> Kind:
    if not isinstance(xsd_type, types.AnySimpleType):
        return Kind.RAW
    return next((kind for cls, kind in _KINDS if isinstance(xsd_type, cls)), Kind.TEXT)
