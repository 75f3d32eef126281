"""The register's sandbox on a real port, and our client before it in every shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.business_registration.client import Client
from connectors.business_registration.connect import connected
from connectors.business_registration.sandbox import RegisterSandbox
from connectors.business_registration.settings import Settings
from connectors.kit.sandbox import SandboxAnswer, serve
from tests.contract.conformance import Replaying
from tests.support.clock import VirtualClock

CODE, BRANCH, COOPERATIVE, OWNER = "9900000016", "9900000016-001", "9900000023", "037190000123"
TOKEN = "token-Of-Nobody"
PEOPLE = ("Khế", "Trần Thị Nhãn", OWNER, "037190000456", "0912000456", "khe@example.vn")
JSON = {"Content-Type": "application/json"}


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    facts = {
        "base_url": f"{url}/dkdn",
        "deadline_seconds": 5,
        "adapter_path": "/adapter",
        "credentials": {"style": "bearer", "token": TOKEN},
    }
    return Settings.model_validate({**facts, **changes})


@dataclass
class Register:
    """Both sides."""

    sandbox: RegisterSandbox
    url: str

    def client(self, **changes: Any) -> Client:
        made: Client = connected(settings(self.url, **changes), clock=self.sandbox.clock).client
        return made


@pytest.fixture
def register() -> Iterator[Register]:
    sandbox = RegisterSandbox(clock=VirtualClock(), token=TOKEN)
    with serve(sandbox) as server:
        yield Register(sandbox, server.url)


def answering(operation: str, body: bytes, ask, **changes: Any) -> Any:
    """What ``ask(client)`` gives when the register answers ``body``."""
    sandbox = Replaying(RegisterSandbox(clock=VirtualClock()), operation, SandboxAnswer(200, JSON, body))
    with serve(sandbox) as server:
        return ask(connected(settings(server.url, **changes), clock=VirtualClock()).client)
