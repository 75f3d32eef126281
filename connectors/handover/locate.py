"""Where in a TOML text something stands, so that an error can name the line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=\s*(.*)$")


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line (from 1) of the deepest part of ``path`` that is found in ``text``; 0 when nothing is.

    Knows what profiles are made of: tables, arrays of tables, and arrays whose items stand on a line of their own.
    """
    best, best_depth = 0, 0
    wanted = [str(part) for part in path]
    for number, found in _places(text):
        depth = 0
        while depth < min(len(found), len(wanted)) and found[depth] == wanted[depth]:
            depth += 1
        if depth == len(found) and depth > best_depth:
            best, best_depth = number, depth
    return best


def _places(text: str) -> list[tuple[int, list[str]]]:
    """Line → path that begins there."""
    found: list[tuple[int, list[str]]] = []
    table: list[str] = []
    counts: dict[str, int] = {}
    array: list[str] | None = None
    item = 0
    for number, line in enumerate(text.splitlines(), 1):
        if array is not None:
            stripped = line.strip()
            if stripped.startswith("{"):
                found.append((number, [*array, str(item)]))
                item += 1
            elif stripped.startswith("]"):
                array = None
            continue
        header = _HEADER.match(line)
        if header is not None:
            table = _parts(header[2])
            if header[1] == "[[":
                at = counts.get(header[2], 0)
                counts[header[2]] = at + 1
                table = [*table, str(at)]
            found.append((number, table))
            continue
        key = _KEY.match(line)
        if key is not None:
            path = [*table, *_parts(key[1])]
            found.append((number, path))
            if key[2].split("#")[0].strip() == "[":
                array, item = path, 0
    return found


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]
