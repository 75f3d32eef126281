"""One call against a connector's own sandbox, and a recording of it without persons. Nothing leaves this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters.cli.connector_facts import suites
from connectors.kit.effects import Call, Done, Exchange, Operation
from connectors.kit.exchanges import collecting
from connectors.kit.masking import Masking, Tags
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest


class NotThere(LookupError):
    """No such thing; the text says what there is."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A request and its answer as they went over the wire."""

    method: str
    path: str
    query: str
    media: str
    body: bytes
    status: int
    answer_media: str
    answer: bytes


@dataclass(frozen=True, slots=True)
class Tried:
    """What one call gave."""

    operation: Operation
    done: Done
    exchanges: list[Exchange]
    pairs: list[Pair]


class _Watching(Sandbox):
    """A sandbox, keeping what it was asked and what it answered."""

    def __init__(self, real: Sandbox) -> None:
        super().__init__()
        self.real, self.pairs = real, list[Pair]()

    def knows(self, request: SandboxRequest) -> bool:
        return self.real.knows(request)

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        answer = self.real.handle(request)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        self.pairs.append(
            Pair(
                request.method,
                request.path,
                request.raw_query,
                request.headers.get("content-type", ""),
                request.body,
                answer.status,
                headers.get("content-type", ""),
                answer.body,
            )
        )
        return answer


def tried(system: str, operation: str, payload: Mapping[str, Any] | None = None) -> Tried:
    """Call ``operation`` with the sample of its contract test, or with ``payload`` instead.

    Raises:
        NotThere: no such operation in its contract test.
        ConnectorError: what the call ended in.
    """
    from connectors.kit.sandbox_server import Server

    offered: dict[str, Any] = {}
    for suite in suites(system):
        for name in suite.operations:
            offered.setdefault(name, suite)
    if operation not in offered:
        raise NotThere(", ".join(sorted(offered)) or "-")
    world = offered[operation]().world()
    watching = _Watching(world.sandbox)
    try:
        with Server([watching], "127.0.0.1", 0) as server, collecting() as exchanges:
            [chosen] = [each for each in world.connect(server.url) if each.name == operation]
            call: Call = world.calls[operation]()
            if payload is not None:
                call = replace(call, payload=dict(payload))
            watching.pairs.clear()
            done = chosen.perform(replace(call, deadline_seconds=10.0))
        return Tried(chosen, done, list(exchanges), list(watching.pairs))
    finally:
        world.sandbox.close()


def read_pair(file: Path, entry: int) -> Pair:
    """A pair out of a HAR file, or of ``{"request": {…}, "answer": {…}}`` as fixtures have it.

    Raises:
        ValueError: neither; or no such entry.
    """
    try:
        found = json.loads(file.read_bytes())
        if "log" in found:
            return _of_har(found["log"]["entries"][entry])
        asked, answer = found["request"], found["answer"]
        return Pair(
            str(asked["method"]),
            str(asked["path"]),
            str(asked.get("query", "")),
            str(asked.get("media", "application/json")),
            _raw(asked.get("body", "")),
            int(answer["status"]),
            str(answer.get("media", "application/json")),
            _raw(answer.get("body", "")),
        )
    except (KeyError, IndexError, TypeError, AttributeError, UnicodeDecodeError) as exc:
        raise ValueError(f"no request with its answer: {type(exc).__name__}") from None


def _of_har(entry: Mapping[str, Any]) -> Pair:
    asked, answer = entry["request"], entry["response"]
    address = urlsplit(str(asked["url"]))
    posted, content = asked.get("postData", {}), answer.get("content", {})
    text = str(content.get("text", ""))
    raw = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
    return Pair(
        str(asked["method"]),
        address.path,
        address.query,
        str(posted.get("mimeType", "")),
        str(posted.get("text", "")).encode(),
        int(answer["status"]),
        str(content.get("mimeType", "")),
        raw,
    )


def _raw(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()


def fixture(system: str, operation: str, pair: Pair, tags: Tags) -> dict[str, Any]:
    """The pair as it may be kept. Headers are left out: that is where secrets travel.

    Raises:
        LooksPersonal
    """
    masking = Masking(tags)
    body = masking.body(pair.body, pair.media)
    answer = masking.body(pair.answer, pair.answer_media)
    query = dict(masking.pairs(pair.query))
    return {
        "system": system,
        "operation": operation,
        "request": {
            "method": pair.method,
            "path": masking.path(pair.path),
            "query": query,
            "media": pair.media,
            "body": body,
        },
        "answer": {"status": pair.status, "media": pair.answer_media, "body": answer},
    }
