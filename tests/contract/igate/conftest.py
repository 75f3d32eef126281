"""The case system's sandbox on a real port, and our client before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.igate.auth import adapter_tokens, gateway_tokens
from connectors.igate.client import SHOWN, SYSTEM, Client
from connectors.igate.sandbox import CaseSystemSandbox
from connectors.igate.settings import Settings
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from tests.support.clock import VirtualClock

SECRET = "mat-khau-thu-nghiem"
FEES = [
    {"code": "P-TD", "name": "Phí thẩm định hồ sơ", "kind": "phí", "amount": 1_200_000},
    {"code": "LP-DD", "name": "Lệ phí cấp giấy chứng nhận", "kind": "lệ phí", "amount": 100_000},
]


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url,
        "sso_url": url,
        "client_id": "lienthong",
        "client_secret": SECRET,
        "adapter_url": f"{url}/adapter",
        "adapter_client_id": "lienthong",
        "adapter_client_secret": SECRET,
        "page_size": 3,
    }
    return Settings(**{**facts, **changes})


def new_dossier(code: str, **changes: Any) -> DossierFile:
    """A dossier that began elsewhere."""
    applicant = Party(
        PartyKind.CITIZEN,
        PersonName("NGUYỄN THỊ KÍN"),
        personal_number="001099000001",
        place=Place(province="52", commune="23710", detail="Thôn Mẫu"),
        phone="0900000001",
    )
    facts: dict[str, Any] = {
        "code": code,
        "version": 1,
        "procedure": "2.001023",
        "procedure_name": "",
        "field": "",
        "field_name": "",
        "agency": "H21.15",
        "agency_name": "",
        "applicant": applicant,
        "state": DossierState.RECEIVED,
        "submitted_at": datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
    }
    return DossierFile(**{**facts, **changes})


@dataclass
class CaseSystem:
    """Both sides."""

    url: str
    sandbox: CaseSystemSandbox
    settings: Settings
    client: Client
    clock: VirtualClock

    def control(self, path: str, **facts: Any) -> Any:
        return asked(self.sandbox, "POST", f"/_sandbox/igate/{path}", facts)

    def file(self, **facts: Any) -> Any:
        self.clock.advance(60)
        return self.control("dossiers", **{"fees": FEES, "procedure": "1.004199", **facts})

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        asked(self.sandbox, "POST", "/_sandbox/faults", {"operation": operation, "kind": kind, **more})

    def book(self, code: str) -> Any:
        return asked(self.sandbox, "GET", "/_sandbox/igate/books", {})["dossiers"][code]


def asked(sandbox: CaseSystemSandbox, method: str, path: str, facts: dict[str, Any]) -> Any:
    """A control of the sandbox, in process."""
    answer = sandbox.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


Make = Callable[..., CaseSystem]


@pytest.fixture
def make(clock: VirtualClock) -> Iterator[Make]:
    """Builds a case system: ``sandbox`` options of the sandbox, everything else settings of the client."""
    closing: list[Any] = []

    def made(*, sandbox: dict[str, Any] | None = None, **changes: Any) -> CaseSystem:
        theirs = CaseSystemSandbox(clock=clock, client_secret=SECRET, **(sandbox or {}))
        server = serve(theirs)
        ours = settings(server.url, **changes)
        bare = Transport(ours.sso_url, system=SYSTEM, deadline_seconds=5)
        gateway = Transport(
            ours.base_url, system=SYSTEM, auth=gateway_tokens(ours, bare), deadline_seconds=5, shown=SHOWN
        )
        closing.extend([gateway, bare])
        adapter = None
        if ours.adapter_url:
            plain = Transport(ours.adapter_url, system=SYSTEM, deadline_seconds=5)
            adapter = Transport(
                ours.adapter_url,
                system=SYSTEM,
                auth=adapter_tokens(ours, plain),
                deadline_seconds=5,
                shown=SHOWN,
            )
            closing.extend([adapter, plain])
        closing.append(server)
        return CaseSystem(server.url, theirs, ours, Client(ours, gateway, adapter, clock=clock), clock)

    yield made
    for each in closing:
        each.close()


@pytest.fixture
def cases(make: Make) -> CaseSystem:
    """The default profile."""
    return make()
