"""A file → messages → tagged fields with their line numbers. No meaning is read here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TAG = re.compile(r":([0-9]{2,3}[A-Z]?|NS):(.*)", re.DOTALL)
_BLOCK = re.compile(r"\s*\{[1-5]:")
_BODY = re.compile(r"\{4:\s*")
_ENDS = re.compile(r"-\x03?|-\}.*|\}")
# The tags of MT940 and MT942 (SWIFT user handbook, category 9), and those that banks are known to add:
# 940 (Rabobank writes the type as a tag), NS (own use), 13/13D, 34F, 90C/90D (of MT942)
KNOWN = frozenset(
    [
        "20",
        "21",
        "25",
        "25P",
        "28",
        "28C",
        "60F",
        "60M",
        "61",
        "62F",
        "62M",
        "64",
        "65",
        "86",
        "13",
        "13D",
        "34F",
        "90C",
        "90D",
        "NS",
        "940",
        "60",
        "62",
        "72",
    ]
)


@dataclass(slots=True)
class Field:
    """One tagged field: the text after the tag, continuation lines included."""

    tag: str
    line: int
    lines: list[str]


@dataclass(slots=True)
class Message:
    """The fields of one statement message."""

    line: int
    fields: list[Field] = field(default_factory=list)

    def all(self, *tags: str) -> list[Field]:
        """The fields with one of ``tags``, in order."""
        return [item for item in self.fields if item.tag in tags]


def messages(text: str) -> Iterator[Message]:
    """The messages of a file. Whatever stands between them (envelopes, prose, blank lines) is passed over.

    A line with only ``-`` ends a message, unless the next tag does not open a new one: then it was text.
    """
    current: Message | None = None
    ended: list[str] | None = None  # lines since an end mark, in case it was none
    for number, line in enumerate(_lines(text), 1):
        match = _TAG.match(line)
        if match and match[1] == "940":
            continue
        if match is None:
            if current is None:
                continue
            if ended is not None:
                ended.append(line)
            elif _ENDS.fullmatch(line) or _BLOCK.match(line):
                ended = [line]
            elif current.fields:
                current.fields[-1].lines.append(line)
            continue
        if match[1] == "20" or current is None:
            if current is not None:
                yield current
            current = Message(number)
        elif ended is not None and current.fields:
            current.fields[-1].lines.extend(line for line in ended if not _BLOCK.match(line))
        ended = None
        current.fields.append(Field(match[1], number, [match[2]]))
    if current is not None:
        yield current


def _lines(text: str) -> Iterator[str]:
    """Lines without the blanks at their ends; a tag right behind a block opening has its own line."""
    for line in re.split(r"\r\n|\r|\n", text):
        body = _BODY.search(line)
        if body and line[body.end() : body.end() + 1] == ":":
            yield line[body.end() :].rstrip()
        elif body:
            yield ""
        else:
            yield line.rstrip(" \x00\x1a\x03\x01").lstrip("\ufeff\x01\x02")
