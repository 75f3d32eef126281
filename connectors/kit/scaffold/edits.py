"""The two lines that make a connector known, put into ``registry.py`` and ``connector_sections.py`` by hand-sized edits.

An edit is made only where the text looks as expected, and its result is compiled before anything is written.
"""

from __future__ import annotations

import ast
import re

from connectors.kit.scaffold.model import ScaffoldRefused, camel

REGISTRY = "connectors/registry.py"
SECTIONS = "config/connector_sections.py"
_SYSTEMS = re.compile(r"^SYSTEMS = \(\n((?:    \"[a-z0-9_]+\",\n)+)\)", re.MULTILINE)
_IMPORT = re.compile(r"^from connectors\.([a-z0-9_]+)\.settings import Settings as \w+\n", re.MULTILINE)
_SECTION = re.compile(r"^    [a-z0-9_]+: \w+Settings.*\n", re.MULTILINE)
_CLASS = re.compile(r"^class ConnectorSettings\(.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def lines(name: str) -> dict[str, tuple[str, ...]]:
    """File → the lines that it needs."""
    return {
        REGISTRY: (f'    "{name}",',),
        SECTIONS: (
            f"from connectors.{name}.settings import Settings as {camel(name)}Settings",
            f"    {name}: {camel(name)}Settings | None = None",
        ),
    }


def registered(text: str, name: str) -> str:
    """``registry.py`` with the system.

    Raises:
        ScaffoldRefused
    """
    found = _SYSTEMS.search(text)
    if found is None:
        raise _strange(REGISTRY, name)
    if f'"{name}"' in found[1]:
        return text
    return _whole(
        text[: found.end(1)] + lines(name)[REGISTRY][0] + "\n" + text[found.end(1) :], REGISTRY, name
    )


def with_section(text: str, name: str) -> str:
    """``connector_sections.py`` with the system's section.

    Raises:
        ScaffoldRefused
    """
    first, section = lines(name)[SECTIONS]
    if first in text:
        return text
    known, inside = list(_IMPORT.finditer(text)), _CLASS.search(text)
    fields = list(_SECTION.finditer(text, *inside.span())) if inside else []
    if not known or not fields:
        raise _strange(SECTIONS, name)
    at = next((each.start() for each in known if each[1] > name), known[-1].end())
    end = fields[-1].end()
    made = f"{text[:at]}{first}\n{text[at:end]}{section}\n{text[end:]}"
    return _whole(made, SECTIONS, name)


def _whole(text: str, path: str, name: str) -> str:
    try:
        ast.parse(text)
    except SyntaxError:
        raise _strange(path, name) from None
    return text


def _strange(path: str, name: str) -> ScaffoldRefused:
    wanted = "\n".join(lines(name)[path])
    return ScaffoldRefused(
        f"{path} khác dạng quen thuộc; hãy tự thêm:\n{wanted}",
        f"{path} looks unfamiliar; add by hand:\n{wanted}",
    )
