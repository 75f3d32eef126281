"""A multipart body with one file (RFC 7578), as the adapter's upload takes it."""

from __future__ import annotations

import hashlib
import re

_QUOTED = re.compile(r'[\x00-\x1f"\\\x7f]')


def one_file(field: str, name: str, content: bytes) -> tuple[bytes, str]:
    """(body, media type). The boundary follows from the content, so that a repeat is the same bytes.

    Raises:
        ValueError: the name cannot stand in a header, or the content holds the boundary.
    """
    if _QUOTED.search(name) or not name or "/" in name:
        raise ValueError("a file name of plain characters is needed")
    boundary = f"lt-{hashlib.sha256(content).hexdigest()[:40]}"
    if boundary.encode() in content:
        raise ValueError("the content holds its own boundary")
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
