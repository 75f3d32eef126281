"""What every request goes through: a trace id, headers that browsers obey, size limits, counters."""

from __future__ import annotations

import re

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.kit.seams import Ids, monotonic_seconds

# htmx adds no inline style or script; nothing is loaded from another host (papers of the dashboard, §3).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_COMMON = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", POLICY.encode()),
]
_TRACEPARENT = re.compile(rb"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_NO_TRACE = b"0" * 32

SECONDS = Histogram(
    "lienthong_http_seconds",
    "Server time of answers",
    ["area"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
ANSWERS = Counter("lienthong_http_answers", "Answers by area and class", ["area", "status"])


def area_of(path: str) -> str:
    """The part of the edge that a path belongs to; a short closed list, so that metrics stay small."""
    head = path.split("/", 3)[1] if path.startswith("/") else ""
    return head if head in ("api", "webhooks", "static", "livez", "readyz", "metrics") else "pages"


class Door:
    """The outermost layer. Plain ASGI: it costs microseconds."""

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app, self._ids = app, ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = _trace_id(scope) or self._ids.new_id()
        scope["trace_id"] = trace_id
        extra = [*_COMMON, (b"x-trace-id", trace_id.encode())]
        area = area_of(scope["path"])
        if area != "webhooks":  # their addresses are signed as they stand
            scope = _without_nul(scope)
        begun = monotonic_seconds()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *extra]
                SECONDS.labels(area).observe(monotonic_seconds() - begun)
                ANSWERS.labels(area, f"{message['status'] // 100}xx").inc()
            await send(message)

        with structlog.contextvars.bound_contextvars(correlation_id=trace_id):
            await self._app(scope, receive, send_with_headers)


def _without_nul(scope: Scope) -> Scope:
    """No text in the database holds a NUL, so an address with one finds nothing; asking would be an error of ours."""
    if "\0" not in scope["path"] and b"%00" not in scope["query_string"]:
        return scope
    return {
        **scope,
        "path": scope["path"].replace("\0", "\ufffd"),
        "query_string": scope["query_string"].replace(b"%00", b"%EF%BF%BD"),
    }


def _trace_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            match = _TRACEPARENT.match(value)
            if match and match.group(1) != _NO_TRACE:
                return match.group(1).decode()
    return ""
