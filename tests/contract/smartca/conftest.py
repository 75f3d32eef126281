"""SmartCA's sandbox on a real port and our client before it. All people are made up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from connectors.kit.connection import Connection
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.smartca.client import Client
from connectors.smartca.connect import connected
from connectors.smartca.sandbox import SmartcaSandbox
from connectors.smartca.settings import Settings
from mappings.canonical.signing import DocumentKind, HashToSign, SigningRequest
from tests.support.clock import VirtualClock

SIGNER, NAME = "001099000021", "Phạm Văn Ký Thử"
PLANTED = (SIGNER, NAME, "mat-khau-doi-tac", "the-cua-nguoi-dung")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def request(*names: str, **changes: Any) -> SigningRequest:
    documents = tuple(
        HashToSign(f"TL-{number}", name, DocumentKind.PDF, sha(name))
        for number, name in enumerate(names or ("Tờ khai",), 1)
    )
    made = SigningRequest("KY-20261123-0001", SIGNER, "5401A1", "Ký hồ sơ H21.15-261123-0001", documents)
    return replace(made, **changes)


def settings(url: str, service: str = "sp769", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": f"{url}/sca/sp769",
        "sp_id": "sp-tinh",
        "sp_password": "mat-khau-doi-tac",
    }
    if service == "csc":
        facts = {"base_url": url, "credentials": {"style": "bearer", "token": "the-cua-nguoi-dung"}}
    return Settings(**{"service": service, "deadline_seconds": 5.0, **facts, **changes})


@dataclass
class Service:
    sandbox: SmartcaSandbox
    connection: Connection

    @property
    def client(self) -> Client:
        made: Client = self.connection.client
        return made

    def books(self) -> Any:
        return json.loads(
            self.sandbox.handle(SandboxRequest("GET", "/_sandbox/smartca/books", {}, {}, b"")).body
        )

    def control(self, what: str, **facts: Any) -> Any:
        raw = json.dumps(facts).encode()
        answer = self.sandbox.handle(SandboxRequest("POST", f"/_sandbox/smartca/{what}", {}, {}, raw))
        assert answer.status == 201, answer.body

    def fault(self, operation: str, kind: str, **facts: Any) -> None:
        raw = json.dumps({"operation": operation, "kind": kind, **facts}).encode()
        assert self.sandbox.handle(SandboxRequest("POST", "/_sandbox/faults", {}, {}, raw)).status == 201


@contextmanager
def serving(
    sandbox: SmartcaSandbox | None = None, service: str = "sp769", **changes: Any
) -> Iterator[Service]:
    clock = VirtualClock()
    served = sandbox or SmartcaSandbox(clock=clock)
    server = serve(served)
    connection = connected(settings(server.url, service, **changes), clock=clock)
    try:
        yield Service(served, connection)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()
