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
from connectors.kit.soap.versions import XSI_NIL

T = TypeVar("T")
_Read = Callable[[Any, Parts], Any]

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


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a model, ready to be compiled.

    Attributes:
        take: for values with text only; ``read`` for everything else.
    """

    part: Part
    take: Take | None
    read: _Read | None


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
    least, most = 1, 1
    if get_origin(kind) in (Union, UnionType):
        kind, inner = _bare(next(option for option in get_args(kind) if option is not NoneType))
        rule = rule or next((note.take for note in inner if isinstance(note, As)), None)
        least = 0
    if get_origin(kind) is tuple:
        kind, inner = _bare(get_args(kind)[0])
        rule = rule or next((note.take for note in inner if isinstance(note, As)), None)
        least, most = 0, None  # type: ignore[assignment]
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
    """The reader proper. Everything that can be decided once is decided here, not per element."""
    index: dict[Any, tuple[int, Take | None, _Read | None, bool, str, bool]] = {}
    blank: list[Any] = []
    beside: list[tuple[int, Part, Take]] = []
    needed: list[tuple[int, str, int]] = []
    many: list[tuple[int, int, int | None, str]] = []
    for at, each in enumerate(found):
        part = each.part
        several = part.most is None or part.most > 1
        blank.append(() if several else None)
        if part.place is not Place.CHILD:
            beside.append((at, part, each.take or lexical.text))
            continue
        index[part.tag] = (at, each.take, each.read, several, part.local, part.nillable)
        if several:
            many.append((at, part.least, part.most, part.local))
        elif part.least:
            needed.append((at, part.local, part.least))
    required = [(at, local) for at, local, _ in needed]
    look_up = index.get

    def read(node: Any, parts: Parts) -> Any:
        values = blank.copy()
        seen = 0
        for child in node:
            known = look_up(child.tag)
            if known is None:
                continue
            at, take, inner, several, local, nillable = known
            bit = 1 << at
            if seen & bit and not several:
                raise Unreadable(local, "stands there twice")
            if nillable and _is_nil(child, local):
                value: Any = None
            elif take is not None:
                if len(child):
                    raise Unreadable(local, "holds something else than text")
                value = take(child.text or "", local)
            elif inner is not None:
                value = inner(child, parts)
            if not several:
                values[at] = value
            elif seen & bit:
                values[at].append(value)
            else:
                values[at] = [value]
            seen |= bit
        for at, local in required:
            if not seen & (1 << at):
                raise Unreadable(local, "is missing")
        for at, least, most, local in many:
            count = len(values[at])
            if count < least or (most is not None and count > most):
                raise Unreadable(local, f"{count} of it are not as agreed")
            values[at] = tuple(values[at])
        for at, part, take in beside:
            values[at] = _beside(node, part, take)
        return model(*values)

    return read


def _is_nil(node: Any, local: str) -> bool:
    said = node.get(XSI_NIL)
    if said is None or not lexical.flag(said, local):
        return False
    if len(node) or node.text:
        raise Unreadable(local, "is said to be nothing and holds something")
    return True


def _beside(node: Any, part: Part, take: Take) -> Any:
    """An attribute, or the element's own text."""
    if part.place is Place.OWN:
        if len(node):
            raise Unreadable(part.local, "holds something else than text")
        return take(node.text or "", part.local)
    said = node.get(part.tag)
    if said is None:
        if part.least:
            raise Unreadable(part.local, "is missing")
        return None
    return take(said, part.local)
