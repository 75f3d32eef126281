"""The platform's sandbox on a real port, and our client before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport
from connectors.payment_platform.client import SHOWN, SYSTEM, Client
from connectors.payment_platform.sandbox import PlatformSandbox
from connectors.payment_platform.settings import Settings
from tests.support.clock import VirtualClock

SECRET = "khoa-thu-nghiem-01"
REFERENCE = "A1B2C3D4E5F6G7H8"


def settings(url: str = "http://127.0.0.1:9/payment-platform", **changes: Any) -> Settings:
    return Settings(base_url=url, partner_code="DVCTINH", hash_secret=SECRET, **changes)


def receipt(amount: int = 1_300_000) -> dict[str, Any]:
    return {
        "dossier_code": "H21.15-261123-0001",
        "procedure_code": "1.004199",
        "procedure_name": "Đăng ký biến động",
        "unit_code": "H21.15",
        "unit_name": "Sở Nông nghiệp và Môi trường",
        "account": "3511000000001",
        "account_bank": "VCB",
        "account_name": "SO NONG NGHIEP VA MOI TRUONG",
        "payer_name": "NGUYỄN VĂN THỬ",
        "payer_id": "001099000001",
        "payer_place": "Phường Thử",
        "lines": [
            {"name": "Phí thẩm định hồ sơ", "kind": "phí", "code": "P-TD", "amount": amount - 100_000},
            {"name": "Lệ phí cấp giấy", "kind": "lệ phí", "code": "LP-DD", "amount": 100_000},
        ],
    }


@dataclass
class Platform:
    """Both sides."""

    url: str
    sandbox: PlatformSandbox
    settings: Settings
    client: Client
    clock: VirtualClock

    def open(self, reference: str = REFERENCE, **changes: Any) -> str:
        facts: dict[str, Any] = {
            "reference": reference,
            "amount": 1_300_000,
            "request_time": self.client.request_time(),
            "description": "Thanh toan ho so H21.15-261123-0001",
            "payer_address": "203.0.113.7",
            "language": "vi",
            "receipt": receipt(),
        }
        return self.client.open_payment(**{**facts, **changes})

    def query(self, reference: str = REFERENCE, **changes: Any) -> Any:
        facts = {"request_time": self.client.request_time(), "amount": 1_300_000, **changes}
        return self.client.query(reference=reference, **facts)

    def control(self, path: str, **facts: Any) -> Any:
        return asked(self.sandbox, "POST", f"/_sandbox/payment_platform/{path}", facts)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        asked(self.sandbox, "POST", "/_sandbox/faults", {"operation": operation, "kind": kind, **more})

    def books(self) -> Any:
        return asked(self.sandbox, "GET", "/_sandbox/payment_platform/books", {})


def asked(sandbox: PlatformSandbox, method: str, path: str, facts: dict[str, Any]) -> Any:
    """A control of the sandbox, in process."""
    answer = sandbox.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


@pytest.fixture(params=["sha256", "hmac-sha256"])
def algorithm(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def platform(clock: VirtualClock, algorithm: str = "sha256", *, proxied: bool = False) -> Iterator[Platform]:
    """One sandbox served, one client before it."""
    sandbox = PlatformSandbox(clock=clock, secret=SECRET, algorithm=algorithm, proxied=proxied)
    server = serve(sandbox)
    made = settings(f"{server.url}/payment-platform", hash_algorithm=algorithm)
    transport = Transport(made.base_url, system=SYSTEM, deadline_seconds=5, shown=SHOWN)
    try:
        yield Platform(server.url, sandbox, made, Client(made, transport, clock=clock), clock)
    finally:
        transport.close()
        server.close()


@pytest.fixture
def direct(clock: VirtualClock) -> Iterator[Platform]:
    """Direct answers, SHA-256."""
    yield from platform(clock)


@pytest.fixture(params=["direct", "proxy"])
def either(request: pytest.FixtureRequest, clock: VirtualClock, algorithm: str) -> Iterator[Platform]:
    """Both envelopes times both algorithms."""
    yield from platform(clock, algorithm, proxied=request.param == "proxy")
