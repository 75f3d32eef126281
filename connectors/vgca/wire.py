"""Their names. Sources and confidence: ``contract/README.md``."""

from __future__ import annotations

import re
from enum import StrEnum

from connectors.kit.reading import Unreadable


class Action(StrEnum):
    """Sockets of the program: a leader approves, the organisation issues. Only the first has been read in full (H); others M."""

    APPROVE = "SignApproved"
    ISSUE = "SignIssued"


_BOUNDARY = re.compile(
    r'multipart/form-data\s*;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s";]{1,70}))\s*', re.IGNORECASE
)
_NAME = re.compile(rb'(?i)(?:^|;)\s*name="([^"\r\n]*)"')
_MOST_PARTS = 20
_MOST_HEAD = 4_000


def part_of(raw: bytes, content_type: str, field: str) -> bytes:
    """The content of the one part called ``field``. Strict: the message begins and ends with its boundary.

    Raises:
        Unreadable: no multipart message, cut, or with the part twice or not at all.
    """
    found = _BOUNDARY.fullmatch(content_type.strip())
    if found is None:
        raise Unreadable("Content-Type", "multipart/form-data with a boundary is expected")
    mark = b"--" + (found[1] or found[2]).encode("ascii", "replace")
    if not raw.startswith(mark + b"\r\n") or not raw.rstrip(b"\r\n").endswith(b"\r\n" + mark + b"--"):
        raise Unreadable("body", "does not begin and end with its boundary")
    pieces = raw[len(mark) :].split(b"\r\n" + mark)
    if len(pieces) - 1 > _MOST_PARTS:
        raise Unreadable("body", "too many parts")
    contents = []
    for piece in pieces[:-1]:
        head, gap, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not gap or len(head) > _MOST_HEAD:
            raise Unreadable("body", "a part has no head")
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            told = _NAME.search(value) if name.strip().lower() == b"content-disposition" else None
            if told is not None and told[1] == field.encode():
                contents.append(content)
    if len(contents) != 1:
        raise Unreadable(field, "is there not once")
    return contents[0]
