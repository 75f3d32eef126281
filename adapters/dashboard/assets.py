"""Our own files and the vendored ones, served from memory with addresses that change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@cache
def _files() -> dict[str, tuple[bytes, str, str]]:
    files = {}
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            files[path.relative_to(STATIC).as_posix()] = (content, _TYPES[path.suffix], digest)
    return files


def address_of(name: str) -> str:
    """The address of a file of ours; an unknown name is an error of the template."""
    return f"/static/{name}?v={_files()[name][2]}"


async def serve(request: Request) -> Response:
    """``GET /static/…``: only files that were there at start; nothing is looked up on disk by address."""
    found = _files().get(request.path_params["name"])
    if found is None:
        return Response(b"", 404)
    content, media_type, digest = found
    headers = {
        "content-type": media_type,
        "etag": f'"{digest}"',
        "cache-control": "public, max-age=31536000, immutable"
        if "v" in request.query_params
        else "public, max-age=3600",
    }
    if request.headers.get("if-none-match") == f'"{digest}"':
        return Response(b"", 304, headers)
    return Response(content, 200, headers)
