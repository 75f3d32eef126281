"""The fast path: for one order of children, a function without loops and look-ups, written once and used a thousand times."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from connectors.kit.reading import Unreadable
from connectors.kit.soap import lexical
from connectors.kit.soap.attachments import Parts
from connectors.kit.soap.lexical import Take
from connectors.kit.soap.shapes import Part, Place
from connectors.kit.soap.versions import XSI_NIL

Read = Callable[[Any, Parts], Any]
Step = tuple[int, Take | None, Read | None, str, bool]
"""Which field, its rule, or its reader; its name for errors; whether it may say that it is nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model, ready to be compiled.

    Attributes:
        take: for values with text only; ``read`` for everything else.
    """

    part: Part
    take: Take | None
    read: Read | None


def straight_line(
    model: type, tags: tuple[Any, ...], steps: list[Step | None], found: list[Field], other: Read
) -> Read:
    """The reader of elements whose children have exactly these ``tags``; others it hands to ``other``.

    The text that is compiled holds numbers and names of ours alone; everything from outside is handed in as an object.
    """
    known: dict[str, Any] = {
        "model": model,
        "other": other,
        "nil": is_nil,
        "beside": beside,
        "check": _check_leaves,
    }
    known["normal"] = unicodedata.normalize
    values = ["None"] * len(found)
    leaves: list[str] = []
    for number, (tag, step) in enumerate(zip(tags, steps, strict=True)):
        known[f"tag{number}"] = tag
        if step is None:
            continue
        at, take, inner, local, nillable = step
        known |= {f"take{number}": take, f"inner{number}": inner, f"local{number}": local}
        value = f"inner{number}(c{number}, parts)" if take is None else _value(number, take)
        if take is not None:
            leaves.append(f"c{number}")
        values[at] = f"(None if nil(c{number}, local{number}) else {value})" if nillable else value
    for at, each in enumerate(found):
        if each.part.place is not Place.CHILD:
            known |= {f"part{at}": each.part, f"rule{at}": each.take or lexical.text}
            values[at] = f"beside(node, part{at}, rule{at})"
    lines = ["def read(node, parts):"]
    if tags:
        lines.append(f"    try: ({' '.join(f'c{number},' for number in range(len(tags)))}) = node")
        lines.append("    except ValueError: return other(node, parts)")
        differs = " or ".join(f"c{number}.tag != tag{number}" for number in range(len(tags)))
        lines.append(f"    if {differs}: return other(node, parts)")
    else:
        lines.append("    if len(node): return other(node, parts)")
    if leaves:
        lines.append(
            f"    if {' or '.join(f'len({leaf})' for leaf in leaves)}: check(({', '.join(leaves)},))"
        )
    lines.append(f"    return model({', '.join(values)})")
    exec(compile("\n".join(lines), f"<reader of {model.__name__}>", "exec"), known)  # noqa: S102 - see above
    made: Read = known["read"]
    return made


def _value(number: int, take: Take) -> str:
    """How the text of a child is read; what nearly every text or whole number looks like needs no call."""
    said, call = f"(t := c{number}.text or '')", f"take{number}(t, local{number})"
    if take is lexical.text:
        return f"(t if {said}.isascii() else normal('NFC', t))"
    if take is lexical.whole:
        return f"(int(t) if {said}.isascii() and t.isdigit() and t[0] != '0' and len(t) < 19 else {call})"
    return f"take{number}(c{number}.text or '', local{number})"


def _check_leaves(leaves: Iterable[Any]) -> None:
    for node in leaves:
        text_of(node, str(node.tag).rpartition("}")[2])


def text_of(node: Any, local: str) -> str:
    """The text of an element that holds nothing else.

    Raises:
        Unreadable
    """
    if len(node):
        raise Unreadable(local, "holds something else than text")
    return node.text or ""


def is_nil(node: Any, local: str) -> bool:
    """Whether the element says that it is nothing.

    Raises:
        Unreadable: it says so and holds something.
    """
    said = node.get(XSI_NIL)
    if said is None or not lexical.flag(said, local):
        return False
    if len(node) or node.text:
        raise Unreadable(local, "is said to be nothing and holds something")
    return True


def beside(node: Any, part: Part, take: Take) -> Any:
    """An attribute, or the element's own text.

    Raises:
        Unreadable
    """
    if part.place is Place.OWN:
        return take(text_of(node, part.local), part.local)
    said = node.get(part.tag)
    if said is None:
        if part.least:
            raise Unreadable(part.local, "is missing")
        return None
    return take(said, part.local)
