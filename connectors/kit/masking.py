"""A recorded exchange without persons and secrets: tagged fields are masked, and what nobody tagged may not look personal.

A value is masked in its shape: digits become 0, letters x, so that lengths and separators still tell their story.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from lxml import etree

from connectors.kit import personal
from connectors.kit.reading import Unreadable, json_value
from connectors.kit.xml import XmlRefused, parse

_MOST_UNTAGGED = 500
_MODULES = ("wire", "client", "settings", "codes")


class LooksPersonal(ValueError):
    """A value that nobody tagged looks like somebody's. The text names the field and the reason, never the value.

    Attributes:
        field, why: where, and what it looks like.
    """

    def __init__(self, name: str, why: str) -> None:
        self.field, self.why = name, why
        super().__init__(f"{name}: looks personal ({why}), and is not tagged")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a connector says of its fields: those of a person, and those that everybody may see."""

    personal: frozenset[str] = frozenset()
    shown: frozenset[str] = frozenset()


def tags_of(system: str) -> Tags:
    """The tags of a connector: ``PERSONAL`` and ``SHOWN``, and fields declared with ``personal=True``."""
    tagged: set[str] = set()
    shown: set[str] = set()
    for name in _MODULES:
        where = f"connectors.{system}.{name}"
        if find_spec(where) is None:
            continue
        for key, value in vars(import_module(where)).items():
            if key in ("PERSONAL", "SHOWN") and isinstance(value, frozenset | set | tuple):
                (tagged if key == "PERSONAL" else shown).update(map(str, value))
            elif isinstance(value, tuple):
                tagged |= {str(each.name) for each in value if getattr(each, "personal", False) is True}
    return Tags(frozenset(tagged), frozenset(shown) - tagged)


@dataclass(slots=True)
class Masking:
    """One exchange being masked.

    Attributes:
        hidden: what was masked; the same text in an address is masked too.
    """

    tags: Tags
    hidden: set[str] = field(default_factory=set)

    def body(self, raw: bytes, media: str) -> Any:
        """The body as a fixture keeps it: a JSON value, or text.

        Raises:
            LooksPersonal: also when it cannot be looked into.
        """
        if not raw:
            return ""
        kind = media.partition(";")[0].strip().lower()
        try:
            if "xml" in kind or raw.lstrip().startswith(b"<"):
                return self._xml(raw)
            if kind == "application/x-www-form-urlencoded":
                return dict(self.pairs(raw.decode()))
            return self._plain(json_value(raw), "body", hide=False)
        except LooksPersonal:
            raise
        except (Unreadable, XmlRefused, UnicodeDecodeError):
            raise LooksPersonal("body", "document that cannot be looked into") from None

    def pairs(self, query: str) -> Iterator[tuple[str, str]]:
        """A query or a form."""
        for name, value in parse_qsl(query, keep_blank_values=True):
            yield name, self._text(value, name, hide=self._hidden(name))

    def path(self, path: str) -> str:
        """A path; what was masked in the body is masked here too. To be called last."""
        made = []
        for part in path.split("/"):
            text = unquote(part)
            made.append(quote(_mask(text), safe="") if text in self.hidden and text else part)
            if text not in self.hidden and (why := personal.looks(text)):
                raise LooksPersonal("path", why)
        return "/".join(made)

    def _hidden(self, name: str) -> bool:
        return name in self.tags.personal or (name not in self.tags.shown and personal.secret(name))

    def _plain(self, value: Any, name: str, *, hide: bool) -> Any:
        if isinstance(value, Mapping):
            return {
                key: self._plain(item, key, hide=hide or self._hidden(key)) for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._plain(item, name, hide=hide) for item in value]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value, name, hide=hide)
        text = self._text(str(value), name, hide=hide)
        return 0 if hide else (value if isinstance(value, int) else text)

    def _text(self, value: str, name: str, *, hide: bool) -> str:
        if hide:
            self.hidden.add(value)
            return _mask(value)
        if value.lstrip()[:1] in ("{", "["):
            try:
                inner = json_value(value.encode())
            except Unreadable:
                inner = None
            if isinstance(inner, dict | list):  # JSON inside a text: looked into like any other
                return json.dumps(self._plain(inner, name, hide=False), ensure_ascii=False, default=str)
        if name in self.tags.shown:
            return value
        why = personal.looks(value)
        if not why and len(value) > _MOST_UNTAGGED and _is_base64(value):
            why = "document"
        if why:
            raise LooksPersonal(name, why)
        return value

    def _xml(self, raw: bytes) -> str:
        root = parse(raw)
        self._element(root, hide=False)
        return etree.tostring(root, encoding="unicode")

    def _element(self, node: etree._Element, *, hide: bool) -> None:
        name = str(etree.QName(node).localname)
        hide = hide or self._hidden(name)
        for key, value in list(node.attrib.items()):
            local = str(etree.QName(str(key)).localname)
            node.set(key, self._text(str(value), local, hide=hide or self._hidden(local)))
        if node.text and node.text.strip():
            node.text = self._text(node.text, name, hide=hide)
        for child in node:
            self._element(child, hide=hide)
            if child.tail and child.tail.strip():
                child.tail = self._text(child.tail, name, hide=hide)


def _mask(value: str) -> str:
    return "".join("0" if c.isdigit() else ("X" if c.isupper() else "x") if c.isalpha() else c for c in value)


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
