"""A CSC sandbox on a real port and our client before it. All people are made up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from connectors.csc.client import Client
from connectors.csc.connect import connected
from connectors.csc.sandbox import CscSandbox
from connectors.csc.settings import Settings
from connectors.kit.sandbox import SandboxRequest, serve
from mappings.canonical.signing import DocumentKind, HashToSign, SigningRequest
from tests.support.clock import VirtualClock

TOKEN = "the-duoc-cap-cho-tinh"
PLANTED = ("001099000011", "Trần Thị Ký Thử", "1234", "567890", TOKEN, "SAD-0000")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def request(*names: str, **changes: Any) -> SigningRequest:
    documents = tuple(
        HashToSign(f"TL-{number}", name, DocumentKind.PDF, sha(name))
        for number, name in enumerate(names or ("Tờ khai đăng ký",), 1)
    )
    made = SigningRequest(
        "KY-20261123-0001", "001099000011", "CRED-A", "Ký hồ sơ H21.15-261123-0001", documents
    )
    return replace(made, **changes)


def settings(url: str, version: str = "v1", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": f"{url}/csc/{version}",
        "version": version,
        "credentials": {"style": "bearer", "token": TOKEN},
        "deadline_seconds": 5.0,
        "authorise_seconds": 5.0,
    }
    return Settings(**{**facts, **changes})


@dataclass
class Service:
    sandbox: CscSandbox
    client: Client

    def books(self) -> Any:
        return json.loads(self.sandbox.handle(SandboxRequest("GET", "/_sandbox/csc/books", {}, {}, b"")).body)

    def citizen(self, **facts: Any) -> None:
        raw = json.dumps(facts).encode()
        answer = self.sandbox.handle(SandboxRequest("POST", "/_sandbox/csc/citizen", {}, {}, raw))
        assert answer.status == 201, answer.body

    def fault(self, operation: str, kind: str, **facts: Any) -> None:
        raw = json.dumps({"operation": operation, "kind": kind, **facts}).encode()
        assert self.sandbox.handle(SandboxRequest("POST", "/_sandbox/faults", {}, {}, raw)).status == 201


@contextmanager
def serving(sandbox: CscSandbox | None = None, **changes: Any) -> Iterator[Service]:
    clock = VirtualClock()
    served = sandbox or CscSandbox(clock=clock, token=TOKEN)
    server = serve(served)
    connection = connected(settings(server.url, served.version, **changes), clock=clock)
    try:
        yield Service(served, connection.client)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()
