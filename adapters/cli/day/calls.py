"""HTTP as the people and systems around the product speak it: one kept connection per thread and place, JSON or forms.

Plain ``http.client``: the play makes tens of thousands of calls beside the product on the same two cores.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

_PATIENCE_SECONDS = 60.0


class CallFailed(Exception):
    """No answer, or not one that the caller can go on with; ``status`` is 0 when nothing came back."""

    def __init__(self, what: str, status: int = 0, detail: str = "") -> None:
        self.status = status
        super().__init__(f"{what}: {status or 'no answer'} {detail}".strip())


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class Place:
    """Somewhere to call. Threads may share it.

    Attributes:
        url: scheme, host and port.
        headers: sent with every call.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    _local: threading.local = field(default_factory=threading.local, repr=False)

    def get(self, path: str, query: Mapping[str, Any] | None = None, **headers: str) -> Reply:
        """``GET``; sent again once when the kept connection turned out to be dead."""
        return self._call("GET", _with_query(path, query), b"", headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        """``POST`` of JSON."""
        return self._call(
            "POST", path, json.dumps(body or {}).encode(), {"Content-Type": "application/json", **headers}
        )

    def post_form(self, path: str, fields: Mapping[str, str], **headers: str) -> Reply:
        """``POST`` of a form as a browser of this place sends it."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url, **headers}
        return self._call("POST", path, urlencode(fields).encode(), sent)

    def post_bytes(self, path: str, query: Mapping[str, Any], body: bytes, **headers: str) -> Reply:
        """``POST`` of a file."""
        sent = {"Content-Type": "application/octet-stream", **headers}
        return self._call("POST", _with_query(path, query), body, sent)

    def delete(self, path: str) -> Reply:
        """``DELETE``."""
        return self._call("DELETE", path, b"", {})

    def _call(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            try:
                return self._exchange(connection, method, path, body, sent)
            except (http.client.RemoteDisconnected, ConnectionError):
                # A kept connection that the other side had closed while it was idle; a write is
                # repeated too, which is why every write of ours carries its own key.
                connection.close()
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
        self._local.connection = connection
        try:
            return self._exchange(connection, method, path, body, sent)
        except (OSError, http.client.HTTPException) as exc:
            connection.close()
            self._local.connection = None
            raise CallFailed(f"{method} {path.partition('?')[0]}", 0, type(exc).__name__) from exc

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> Reply:
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        content = answer.read()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)


def expect(reply: Reply, what: str, *wanted: int) -> Reply:
    """``reply`` when its status is one of ``wanted`` (200 and 201 by default).

    Raises:
        CallFailed: with the beginning of what was answered.
    """
    if reply.status not in (wanted or (200, 201)):
        raise CallFailed(what, reply.status, reply.text[:300])
    return reply


def _with_query(path: str, query: Mapping[str, Any] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path
