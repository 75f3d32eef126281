"""An answer's body, unpacked under a limit. A packed body that was cut is an error, not a short body."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class TooLarge(Exception):
    """More than the caller is ready to hold."""


def unpacked(pieces: Iterable[bytes], encoding: str, largest: int) -> bytes:
    """The whole body.

    Args:
        encoding: the ``Content-Encoding`` as sent.
        largest: bytes, unpacked.

    Raises:
        TooLarge: as soon as it is; nothing more is read or unpacked.
        ValueError: packed in a way we did not ask for, cut, or with something behind its end.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return _plain(pieces, largest)
    if name not in _WINDOW:
        raise ValueError(f"packed as {name[:20]}")
    return _inflated(pieces, zlib.decompressobj(_WINDOW[name]), largest)


def _plain(pieces: Iterable[bytes], largest: int) -> bytes:
    found: list[bytes] = []
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > largest:
            raise TooLarge(f"more than {largest} bytes")
        found.append(piece)
    return found[0] if len(found) == 1 else b"".join(found)


def _inflated(pieces: Iterable[bytes], machine: zlib._Decompress, largest: int) -> bytes:
    found = bytearray()
    try:
        for piece in pieces:
            rest = piece
            while rest and not machine.eof:
                found += machine.decompress(rest, largest + 1 - len(found))
                if len(found) > largest:
                    raise TooLarge(f"more than {largest} bytes when unpacked")
                rest = machine.unconsumed_tail
    except zlib.error as exc:
        raise ValueError("the packed body is damaged") from exc
    if not machine.eof or machine.unused_data:
        raise ValueError("the packed body is cut" if not machine.eof else "something stands behind the body")
    return bytes(found)
