"""Readers of answers: one walk over the raw elements of lxml, every value by our own rules, no objects of a library.

A reader is made once, from a dataclass (``Reader(Model, namespace)``) or from a pinned contract (``generated(shape)``),
and is then a plain function of an element. A missing field, a doubled one or one that cannot be read is an error that names
the field; an extra one has no say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, make_dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from connectors.kit.reading import Unreadable
from connectors.kit.soap import lexical
from connectors.kit.soap.attachments import NO_PARTS, Parts, octets_of
from connectors.kit.soap.lexical import Take
from connectors.kit.soap.shapes import Kind, Part, Place, Shape, field_name
from connectors.kit.soap.straight import Field as _Field
from connectors.kit.soap.straight import Read as _Read
from connectors.kit.soap.straight import Step as _Step
from connectors.kit.soap.straight import beside, is_nil, straight_line, text_of

T = TypeVar("T")
_MOST_ORDERS = 64
_MISSING: Any = object()

_TAKES: Mapping[Kind, Take] = {
    Kind.TEXT: lexical.text,
    Kind.WHOLE: lexical.whole,
    Kind.DECIMAL: lexical.decimal,
    Kind.DOUBLE: lexical.double,
    Kind.FLAG: lexical.flag,
    Kind.DAY: lexical.day,
    Kind.MOMENT: lexical.moment,
}
_PYTHON: Mapping[type, Kind] = {
    str: Kind.TEXT,
    int: Kind.WHOLE,
    Decimal: Kind.DECIMAL,
    bool: Kind.FLAG,
    date: Kind.DAY,
    datetime: Kind.MOMENT,
    bytes: Kind.OCTETS,
}


@dataclass(frozen=True, slots=True)
class As:
    """In ``Annotated``: read by this rule instead of the type's own (``Annotated[int, As(lexical.money)]``)."""

    take: Take


@dataclass(frozen=True, slots=True)
class Named:
    """In ``Annotated``: the name on the wire where it is no name in Python, or stands in another namespace.

    Attributes:
        attribute: it is an attribute of the element; without a name: the element's own text.
    """

    local: str = ""
    namespace: str | None = None
    attribute: bool = False


class Reader(Generic[T]):
    """Reads elements into ``model``. Threads may share it."""

    def __init__(self, model: type[T], namespace: str = "") -> None:
        """``model``: a dataclass whose field names are those of the wire.

        ``X | None``: may be missing; ``tuple[X, ...]``: any number; other dataclasses: nested.

        Args:
            namespace: of the children of the element and, unless :class:`Named` says otherwise, of theirs.
        """
        self.model = model
        self._read = _declared(model, namespace)

    def __call__(self, node: Any, parts: Parts = NO_PARTS) -> T:
        """The element as a model.

        Args:
            parts: what came beside the envelope (MTOM).

        Raises:
            Unreadable
        """
        found: T = self._read(node, parts)
        return found


def generated(shape: Shape) -> Callable[..., Any]:
    """A reader for a shape of a contract; models are made on the way, their fields named as on the wire."""
    return _Generator().of(shape)


class _Generator:
    """One walk through shapes, which may hold themselves."""

    def __init__(self) -> None:
        self._made: dict[int, _Read] = {}

    def of(self, shape: Shape) -> Callable[..., Any]:
        read = self._of(shape)
        return lambda node, parts=NO_PARTS: read(node, parts)

    def _of(self, shape: Shape) -> _Read:
        key = id(shape)
        if key in self._made:
            return self._later(key)
        self._made[key] = lambda node, _: node  # replaced below; nobody reads before
        names = [(field_name(part.name), Any) for part in shape.parts]
        model = make_dataclass(field_name(shape.name), names, frozen=True, slots=True)
        found = [
            _Field(part, None, self._of(part.kind))
            if isinstance(part.kind, Shape)
            else _leaf(part, _TAKES.get(part.kind))
            for part in shape.parts
        ]
        self._made[key] = _compiled(model, found)
        return self._made[key]

    def _later(self, key: int) -> _Read:
        """A shape inside itself: its reader is there once anything is read."""

        def read(node: Any, parts: Parts) -> Any:
            return self._made[key](node, parts)

        return read


def shape_from(model: type, namespace: str = "") -> Shape:
    """The shape that a declared model reads; see :func:`differences`."""
    return Shape(model.__name__, [each.part for each in _fields_of(model, namespace)])


def differences(declared: Shape, contract: Shape, where: str = "") -> list[str]:
    """Where a declared model and the contract disagree: names, how often, and nesting. Extra fields of theirs are none."""
    theirs = {(part.place, part.tag): part for part in contract.parts}
    found = []
    for part in declared.parts:
        at = f"{where}{part.local}"
        other = theirs.pop((part.place, part.tag), None)
        if other is None:
            found.append(f"{at}: not in the contract")
        elif part.least > other.least:
            found.append(f"{at}: may be missing there")
        elif part.most is not None and (other.most is None or other.most > part.most):
            found.append(f"{at}: may come several times there")
        elif isinstance(part.kind, Shape) != isinstance(other.kind, Shape):
            found.append(f"{at}: one is a value, the other has parts")
        elif isinstance(part.kind, Shape) and isinstance(other.kind, Shape):
            found += differences(part.kind, other.kind, f"{at}.")
    return found


def _declared(model: type, namespace: str) -> _Read:
    return _compiled(model, _fields_of(model, namespace))


def _fields_of(model: type, namespace: str) -> list[_Field]:
    if not is_dataclass(model):
        raise TypeError(f"{model.__name__} is no dataclass")
    hints = get_type_hints(model, include_extras=True)
    return [_field(each.name, hints[each.name], namespace) for each in fields(model)]


def _field(name: str, hint: Any, namespace: str) -> _Field:
    kind, notes = _bare(hint)
    named = next((note for note in notes if isinstance(note, Named)), Named())
    rule = next((note.take for note in notes if isinstance(note, As)), None)
    least = 1
    most: int | None = 1
    if get_origin(kind) in (Union, UnionType):
        kind, inner = _bare(next(option for option in get_args(kind) if option is not NoneType))
        rule = rule or next((note.take for note in inner if isinstance(note, As)), None)
        least = 0
    if get_origin(kind) is tuple:
        kind, inner = _bare(get_args(kind)[0])
        rule = rule or next((note.take for note in inner if isinstance(note, As)), None)
        least, most = 0, None
    place = Place.CHILD
    if named.attribute:
        place = Place.ATTRIBUTE if named.local else Place.OWN
    where = named.namespace if named.namespace is not None else ("" if named.attribute else namespace)
    local = named.local or name
    tag = "" if place is Place.OWN else (f"{{{where}}}{local}" if where else local)
    optional = most is None or least == 0
    if is_dataclass(kind) and isinstance(kind, type):
        inside = where or namespace
        part = Part(name, tag, shape_from(kind, inside), least, most, optional, place)
        return _Field(part, None, _declared(kind, inside))
    if kind is Any or kind is object:
        return _leaf(Part(name, tag, Kind.RAW, least, most, optional, place), None)
    base = _PYTHON.get(kind, Kind.TEXT if rule is not None else None)
    if base is None:
        raise TypeError(f"{name}: no rule reads {kind}")
    return _leaf(Part(name, tag, base, least, most, optional, place), rule or _TAKES.get(base))


def _bare(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        inner, *notes = get_args(hint)
        return inner, tuple(notes)
    return hint, ()


def _leaf(part: Part, take: Take | None) -> _Field:
    local = part.local
    if part.kind is Kind.RAW:
        return _Field(part, None, lambda node, _: node)
    if part.kind is Kind.OCTETS and take is None:
        return _Field(part, None, lambda node, parts: octets_of(node, parts, local))
    return _Field(part, take, None)


def _compiled(model: type, found: list[_Field]) -> _Read:
    """The reader proper: straight through for orders of children that were seen before, step by step otherwise."""
    index = {
        each.part.tag: (at, each.take, each.read, each.part.local, each.part.nillable)
        for at, each in enumerate(found)
        if each.part.place is Place.CHILD
    }
    several = any(_is_many(each.part) for each in found)
    straight: dict[tuple[Any, ...], _Read] = {}

    def other(node: Any, parts: Parts) -> Any:
        tags = tuple([child.tag for child in node])
        known = straight.get(tags)
        if known is not None:
            return known(node, parts)
        made = model(*_values(node, index, found, parts))
        if not several and len(straight) < _MOST_ORDERS:
            straight[tags] = straight_line(model, tags, [index.get(tag) for tag in tags], found, other)
            if usual[0] is other:
                usual[0] = straight[tags]
        return made

    usual: list[_Read] = [other]  # the first order that was seen is taken for the usual one

    def read(node: Any, parts: Parts) -> Any:
        return usual[0](node, parts)

    return read


def _is_many(part: Part) -> bool:
    return part.most is None or part.most > 1


def _values(node: Any, index: Mapping[Any, _Step], found: list[_Field], parts: Parts) -> list[Any]:
    """Step by step: every child as often as was agreed."""
    values: list[Any] = [[] if _is_many(each.part) else _MISSING for each in found]
    last: Any = None
    step: _Step | None = None
    for child in node:
        tag = child.tag
        if tag != last:
            last, step = tag, index.get(tag)
        if step is None:
            continue
        at, take, inner, local, nillable = step
        if nillable and is_nil(child, local):
            value: Any = None
        elif take is not None:
            value = take(text_of(child, local), local)
        else:
            value = inner(child, parts) if inner is not None else None
        before = values[at]
        if before is _MISSING:
            values[at] = value
        elif isinstance(before, list) and _is_many(found[at].part):
            before.append(value)
        else:
            raise Unreadable(local, "stands there twice")
    for at, each in enumerate(found):
        values[at] = _finished(node, each, values[at])
    return values


def _finished(node: Any, each: _Field, value: Any) -> Any:
    part = each.part
    if part.place is not Place.CHILD:
        return beside(node, part, each.take or lexical.text)
    if _is_many(part):
        if len(value) < part.least or (part.most is not None and len(value) > part.most):
            raise Unreadable(part.local, f"{len(value)} of it are not as agreed")
        return tuple(value)
    if value is _MISSING:
        if part.least:
            raise Unreadable(part.local, "is missing")
        return None
    return value
