"""Planted bugs as files: a head that says what is taken out and who must notice, then a unified diff.

The diff is applied by rules stricter than ``patch``: every hunk's old lines must stand in the file exactly once,
wherever they stand now. Code that moves does not matter; a safeguard that changed its face does, and fails the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "bugs"
_FILE = re.compile(r"^\+\+\+ b/(\S+)$")


class PatchRefused(Exception):
    """A planted bug cannot be read, or no longer applies."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that stand in ``file`` and what stands there afterwards, both with their line ends."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Bug:
    """One safeguard that is taken out.

    Attributes:
        removes: which safeguard, in one sentence.
        holds: the invariant or rule that it guards.
        noticed_by: tests (files, node ids without parameters) of which each must fail.
    """

    name: str
    removes: str
    holds: str
    noticed_by: tuple[str, ...]
    hunks: tuple[Hunk, ...]


def read(path: Path) -> Bug:
    """A planted bug from its file.

    Raises:
        PatchRefused: the head or the diff is incomplete.
    """
    head, mark, diff = path.read_text(encoding="utf-8").partition("\n--- a/")
    facts: dict[str, list[str]] = {}
    for line in head.splitlines():
        name, colon, value = line.partition(": ")
        if line.strip() and not colon:
            raise PatchRefused(f"{path.name}: the head has a line without a name: {line!r}")
        if colon:
            facts.setdefault(name, []).append(value.strip())
    missing = {"Removes", "Holds", "Noticed-by"} - facts.keys()
    if missing or not mark:
        raise PatchRefused(f"{path.name}: {sorted(missing) or 'a diff'} is missing")
    hunks = tuple(_hunks(f"--- a/{diff}", path.name))
    return Bug(path.stem, facts["Removes"][0], facts["Holds"][0], tuple(facts["Noticed-by"]), hunks)


def every() -> list[Bug]:
    """All planted bugs, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


def apply(bug: Bug, root: Path) -> list[Path]:
    """Plant ``bug`` in the tree at ``root``; the files that changed.

    Raises:
        PatchRefused: a hunk's old lines do not stand there exactly once.
    """
    changed = []
    for hunk in bug.hunks:
        path = root / hunk.file
        if not path.is_file():
            raise PatchRefused(f"{bug.name}: there is no {hunk.file} any more")
        text = path.read_text(encoding="utf-8")
        found = ("\n" + text).count("\n" + hunk.old)
        if found != 1:
            raise PatchRefused(f"{bug.name}: a place in {hunk.file} is there {found} times:\n{hunk.old}")
        path.write_text(("\n" + text).replace("\n" + hunk.old, "\n" + hunk.new)[1:], encoding="utf-8")
        changed.append(path)
    return changed


def _hunks(diff: str, name: str) -> list[Hunk]:
    hunks: list[Hunk] = []
    file, old, new = "", [""], [""]
    for line in [*diff.splitlines(keepends=True), "@@"]:
        if line.startswith(("@@", "--- a/")):
            if len(old) > 1 or len(new) > 1:
                hunks.append(_hunk(file, "".join(old), "".join(new), name))
            old, new = [""], [""]
        elif match := _FILE.match(line.rstrip("\n")):
            file = match[1]
        elif line[0] in " -+" or line == "\n":
            body = line[1:] or "\n"
            if line[0] != "+":
                old.append(body)
            if line[0] != "-":
                new.append(body)
        else:
            raise PatchRefused(f"{name}: not a line of a unified diff: {line!r}")
    if not hunks:
        raise PatchRefused(f"{name}: it changes nothing")
    return hunks


def _hunk(file: str, old: str, new: str, name: str) -> Hunk:
    if not file or not old.strip() or old == new:
        raise PatchRefused(f"{name}: a hunk without a file, without context, or without a change")
    return Hunk(file, old, new)
