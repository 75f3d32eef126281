"""Where an HTTP/1.1 answer ends on the wire, to find out whether anything was sent behind it. Pure."""

from __future__ import annotations

import re

_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([0-9]+)[ \t]*\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:[^\r\n]*chunked[ \t]*\r?$")
_INTERIM = re.compile(rb"HTTP/1\.[01] 1[0-9][0-9][ \r]")


def leftover(wire: bytes) -> int:
    """Bytes behind the end of the first final answer in ``wire``; negative when it cannot be told."""
    start = 0
    while True:
        head = wire.find(b"\r\n\r\n", start)
        if head < 0:
            return -1
        body = head + 4
        if not _INTERIM.match(wire, start):
            break
        start = body
    fields = wire[start : head + 2]
    if _CHUNKED.search(fields):
        end = _end_of_chunks(wire, body)
        return len(wire) - end if end >= 0 else -1
    length = _LENGTH.search(fields)
    if length:
        return len(wire) - body - int(length[1])
    if fields[8:12] in (b" 204", b" 304"):
        return len(wire) - body
    return -1  # ends with the connection


def _end_of_chunks(wire: bytes, at: int) -> int:
    while True:
        line = wire.find(b"\r\n", at)
        if line < 0:
            return -1
        try:
            size = int(wire[at:line].split(b";")[0], 16)
        except ValueError:
            return -1
        at = line + 2
        if size == 0:
            end = at if wire[at : at + 2] == b"\r\n" else wire.find(b"\r\n\r\n", at) + 2
            return end + 2 if end >= at else -1
        at += size + 2
