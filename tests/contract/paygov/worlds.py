"""PayGov's sandbox with a client before it, for all tests of this folder."""

from __future__ import annotations

import json
from typing import Any

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport
from connectors.paygov.client import Client
from connectors.paygov.sandbox import ORDER, PaygovSandbox
from connectors.paygov.settings import Settings
from connectors.paygov.wire import SHOWN

SECRET = "sandboxsecretofpaygov"
PAYMENT = "AAAAAAAAAAAAAAA1"
RULE = {"algorithm": "hmac-sha256", "fields": ORDER}


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url, "partner_code": "DVCTINH", "secret": SECRET, "return_url": "https://motcua.example/return",
        "callback_checksum": RULE,
    }  # fmt: skip
    return Settings(**(facts | more))


def client(url: str = "http://127.0.0.1:9", **more: Any) -> Client:
    return Client(settings(url, **more), Transport(url, system="paygov", deadline_seconds=5, shown=SHOWN))


def control(sandbox: PaygovSandbox, path: str, body: Any = None, method: str = "POST") -> Any:
    raw = json.dumps(body).encode() if body is not None else b""
    answer = sandbox.handle(SandboxRequest(method, f"/_sandbox/paygov/{path}", {}, {}, raw))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def opening(reference: str = PAYMENT, amount: int = 150_000) -> dict[str, Any]:
    """What the money rooms plan to open a payment."""
    return {
        "reference": reference, "amount": amount, "request_time": "20261123143000",
        "description": "Lệ phí hồ sơ của NGUYỄN VĂN THỬ", "return_url": "", "payer_address": "203.0.113.7",
        "language": "vi", "receipt": {"unit_code": "H21.15", "dossier_code": "H21.15-261123-0001"},
    }  # fmt: skip


def facts(**more: Any) -> dict[str, Any]:
    """What the client is asked."""
    return {
        "reference": PAYMENT, "amount": 150_000, "description": "Lệ phí", "payer_address": "203.0.113.7", "unit": "H21.15",
        "dossier": "H21.15-261123-0001",
    } | more  # fmt: skip


def pay(sandbox: PaygovSandbox, ending: str = "paid", notify: str = "once") -> list[bytes]:
    """A payment in PayGov's books; the callbacks."""
    with serve(sandbox) as server:
        client(server.url).open_payment(**facts())
    control(sandbox, "pay", {"reference": PAYMENT, "ending": ending, "notify": notify})
    return sandbox.callbacks
