"""KeyPay's sandbox with a client before it, for all tests of this folder."""

from __future__ import annotations

import json
from typing import Any

from connectors.keypay.client import Client
from connectors.keypay.sandbox import KeypaySandbox
from connectors.keypay.settings import Settings
from connectors.keypay.wire import SHOWN
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport

CLIENT, KEY, CALLBACK_KEY = "DVCTINH", "sandboxkeyofkeypay01", "sandboxcallbackkey02"
PAYMENT = "AAAAAAAAAAAAAAA1"
STAND_ALONE = {
    "page_url": "https://keypay.example/pay", "reference_field": "f_trans", "amount_field": "e_cost", "text_field": "h_text",
    "return_field": "g_return", "fixed": {"a_command": "PAY", "b_merchant": "TINH"}, "hash_field": "secure_hash",
    "code_field": "c_result", "paid_codes": {"0"}, "failed_codes": {"7"},
}  # fmt: skip


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url, "client_id": CLIENT, "key": KEY, "callback_key": CALLBACK_KEY,
        "return_url": "https://motcua.example/return",
    }  # fmt: skip
    return Settings(**(facts | more))


def client(url: str = "http://127.0.0.1:9", **more: Any) -> Client:
    return Client(settings(url, **more), Transport(url, system="keypay", deadline_seconds=5, shown=SHOWN))


def control(sandbox: KeypaySandbox, path: str, body: Any = None, method: str = "POST") -> Any:
    raw = json.dumps(body).encode() if body is not None else b""
    answer = sandbox.handle(SandboxRequest(method, f"/_sandbox/keypay/{path}", {}, {}, raw))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def opening(reference: str = PAYMENT, amount: int = 150_000) -> dict[str, Any]:
    """What the money rooms plan to open a payment."""
    return {
        "reference": reference, "amount": amount, "request_time": "20261123143000",
        "description": "Lệ phí hồ sơ của NGUYỄN VĂN THỬ", "return_url": "", "payer_address": "203.0.113.7",
        "language": "vi", "receipt": {},
    }  # fmt: skip


def pay(sandbox: KeypaySandbox, ending: str = "paid", notify: str = "lost") -> dict[str, Any]:
    """A payment in KeyPay's books."""
    with serve(sandbox) as server:
        client(server.url).open_payment(reference=PAYMENT, amount=150_000, description="Le phi")
    told = control(sandbox, "pay", {"reference": PAYMENT, "ending": ending, "notify": notify})
    sandbox.received.clear()
    sandbox.acted.clear()
    return told
