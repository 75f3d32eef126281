"""MySign's sandbox on a real port and our client before it. All people are made up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from connectors.kit.connection import Connection
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.mysign.client import Client
from connectors.mysign.connect import connected
from connectors.mysign.sandbox import MysignSandbox
from connectors.mysign.settings import Settings
from mappings.canonical.signing import DocumentKind, HashToSign, SigningRequest
from tests.support.clock import VirtualClock

SIGNER, NAME = "CMT_001099000031", "Hoàng Thị Ký Thử"
PLANTED = (SIGNER, "001099000031", NAME, "bi-mat-cua-tinh", "TOKEN-0000")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def request(*names: str, **changes: Any) -> SigningRequest:
    documents = tuple(
        HashToSign(f"TL-{number}", name, DocumentKind.PDF, sha(name))
        for number, name in enumerate(names or ("Tờ khai",), 1)
    )
    made = SigningRequest("KY-20261123-0001", SIGNER, "VT-A", "Ký hồ sơ H21.15-261123-0001", documents)
    return replace(made, **changes)


def settings(url: str, **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": f"{url}/vtss/service",
        "client_id": "tinh",
        "client_secret": "bi-mat-cua-tinh",
        "deadline_seconds": 5.0,
    }
    return Settings(**{**facts, **changes})


@dataclass
class Service:
    sandbox: MysignSandbox
    connection: Connection

    @property
    def client(self) -> Client:
        made: Client = self.connection.client
        return made

    def books(self) -> Any:
        return json.loads(
            self.sandbox.handle(SandboxRequest("GET", "/_sandbox/mysign/books", {}, {}, b"")).body
        )

    def citizen(self, **facts: Any) -> None:
        raw = json.dumps(facts).encode()
        assert (
            self.sandbox.handle(SandboxRequest("POST", "/_sandbox/mysign/citizen", {}, {}, raw)).status == 201
        )

    def fault(self, operation: str, kind: str, **facts: Any) -> None:
        raw = json.dumps({"operation": operation, "kind": kind, **facts}).encode()
        assert self.sandbox.handle(SandboxRequest("POST", "/_sandbox/faults", {}, {}, raw)).status == 201


@contextmanager
def serving(sandbox: MysignSandbox | None = None, **changes: Any) -> Iterator[Service]:
    clock = VirtualClock()
    served = sandbox or MysignSandbox(clock=clock)
    server = serve(served)
    connection = connected(settings(server.url, **changes), clock=served.clock)
    try:
        yield Service(served, connection)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()
