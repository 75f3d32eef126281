"""Looks at the raw bytes of a PDF before the reader does: endless strings cost it seconds and gigabytes."""

from __future__ import annotations

import re
from typing import IO

from connectors.signature_check.unfit import Unfit
from mappings.canonical.signature import Reason

_PIECE = 1_048_576
_HEAD = 1_024
_SPACE = b" \\t\\r\\n\\f\\0"


def is_pdf(head: bytes) -> bool:
    """Whether the file says that it is one, within the distance that readers allow."""
    return b"%PDF-" in head[:_HEAD]


def refuse_long_strings(stream: IO[bytes], largest: int) -> None:
    """Read through the file in pieces; memory does not follow its size.

    Args:
        largest: bytes of one string; written in hexadecimal it is twice as long.

    Raises:
        Unfit: SIGNATURE_TOO_LONG.
    """
    digits = largest * 2 + 2
    # A signature is a string of hexadecimal digits, or one in brackets behind /Contents.
    hexadecimal = re.compile(rb"<[0-9A-Fa-f" + _SPACE + rb"]{" + str(digits).encode() + rb"}")
    bracketed = re.compile(rb"/Contents[" + _SPACE + rb"]*\(")
    window = b""
    while piece := stream.read(max(_PIECE, digits)):
        window += piece
        if hexadecimal.search(window) or any(
            _endless(window, hit.end(), largest) for hit in bracketed.finditer(window)
        ):
            raise Unfit(Reason.SIGNATURE_TOO_LONG)
        # A hit needs ``digits`` bytes behind its beginning: what begins in the part that is dropped was seen whole.
        window = window[-(digits + _HEAD) :]
    stream.seek(0)


def _endless(window: bytes, start: int, largest: int) -> bool:
    """Whether more than ``largest`` bytes stand in the bracket that opens before ``start``."""
    if len(window) - start <= largest:
        return False
    end = start
    while True:
        end = window.find(b")", end, start + largest * 2)
        if end < 0:
            return True
        if window[end - 1 : end] != b"\\":
            return end - start > largest
        end += 1
