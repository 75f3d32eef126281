"""A multipart body with one file (RFC 7578)."""

from __future__ import annotations

import hashlib
import unicodedata
from urllib.parse import quote

from connectors.ministry.wire import HIDDEN


def body_of(field: str, name: str, content: bytes) -> tuple[bytes, str]:
    """(body, media type) of an upload. The boundary follows from the content: a repeat is the same bytes.

    Raises:
        ValueError: a name that cannot be one, nothing inside, or a content that holds the boundary.
    """
    name = unicodedata.normalize("NFC", name)
    if not name.strip() or HIDDEN.search(name) or any(mark in name for mark in '/\\"\r\n') or len(name) > 255:
        raise ValueError("TenTepTin: is no file name")
    if not content:
        raise ValueError("TepTin: is empty")
    boundary = f"lienthong-{hashlib.sha256(content).hexdigest()[:32]}"
    if boundary.encode() in content:
        raise ValueError("TepTin: holds the boundary of its own message")
    named = f'filename="{name}"' if name.isascii() else f"filename=\"{name}\"; filename*=UTF-8''{quote(name)}"
    lines = (
        f"--{boundary}",
        f'Content-Disposition: form-data; name="{field}"; {named}',
        "Content-Type: application/octet-stream",
        "",
        "",
    )
    body = "\r\n".join(lines).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
