"""Places in an XML document: found step by step, named the same way, and never two at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE = f"{{{DS}}}Signature"
OBJECT = f"{{{DS}}}Object"
_STEP = re.compile(r"(?:\{([^}]*)\})?([^/{}\[\]]+)(?:\[([1-9][0-9]{0,5})\])?")
_STEPS = re.compile(r"(?:\{[^}]*\}|[^/{}])+")


class NoPlace(ValueError):
    """A place that is written wrongly, leads nowhere, or leads to more than one element."""


def element_at(root: etree._Element, place: str) -> etree._Element:
    """The element at ``/Outer/Inner``: local names, ``{namespace}Name`` where it matters, ``[n]`` among several.

    Raises:
        NoPlace
    """
    steps = [_STEP.fullmatch(step) for step in _STEPS.findall(place)]
    if not place.startswith("/") or not steps or None in steps:
        raise NoPlace(f"{place[:80]!r} is no place: /Outer/Inner")
    here: list[etree._Element] = [root]
    for depth, step in enumerate(steps):
        assert step is not None  # noqa: S101 - narrows the type
        among = here if depth == 0 else [child for child in here[0] if isinstance(child.tag, str)]
        fitting = [one for one in among if _fits(one, step[1], step[2])]
        if step[3]:
            fitting = fitting[int(step[3]) - 1 : int(step[3])]
        if len(fitting) != 1:
            raise NoPlace(f"{place[:80]!r} leads to {len(fitting)} elements")
        here = fitting
    return here[0]


def place_of(element: etree._Element) -> str:
    """How :func:`element_at` finds it again."""
    parts: list[str] = []
    node: etree._Element | None = element
    while node is not None:
        name = etree.QName(node).localname
        above = node.getparent()
        twins = [one for one in above if _fits(one, None, name)] if above is not None else [node]
        parts.append(name if len(twins) == 1 else f"{name}[{twins.index(node) + 1}]")
        node = above
    return "/" + "/".join(reversed(parts))


def by_id(root: etree._Element, name: str) -> list[etree._Element]:
    """Every element that carries this id, however the attribute is spelled and in whatever namespace.

    The libraries look for one spelling after the other and take the first: an element that they find and another one that
    we find would be two documents in one.
    """
    return [
        one
        for one in root.iter(etree.Element)
        if any(
            value == name and etree.QName(key).localname.lower() == "id" for key, value in one.attrib.items()
        )
    ]


def signatures_in(root: etree._Element) -> list[etree._Element]:
    """Every signature element; those inside another one's objects too."""
    return list(root.iter(SIGNATURE))


def route(root: etree._Element, element: etree._Element) -> tuple[int, ...]:
    """Positions from the root down: finds the same element in a copy."""
    steps: list[int] = []
    node = element
    while node is not root:
        above = node.getparent()
        if above is None:
            raise NoPlace("the element is not in this document")
        steps.append(above.index(node))
        node = above
    return tuple(reversed(steps))


def followed(root: Any, steps: tuple[int, ...]) -> Any:
    """The element of :func:`route` in a copy of the document."""
    node = root
    for step in steps:
        node = node[step]
    return node


def uncovered(root: etree._Element, covered: set[etree._Element]) -> bool:
    """Whether something that can be read stands outside ``covered`` and outside signatures: text, attributes, leaves."""
    return any(True for _ in _loose(root, covered))


def _loose(node: etree._Element, covered: set[etree._Element]) -> Iterator[etree._Element]:
    if node in covered or node.tag == SIGNATURE:
        return
    words = [node.text, *(child.tail for child in node)]
    if node.attrib or len(node) == 0 or any(word and word.strip() for word in words):
        yield node
        return
    for child in node:
        yield from _loose(child, covered)


def _fits(element: Any, namespace: str | None, name: str) -> bool:
    if not isinstance(element.tag, str):
        return False
    found = etree.QName(element)
    return found.localname == name and (namespace is None or (found.namespace or "") == namespace)
