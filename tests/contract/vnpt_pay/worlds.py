"""A made-up manual, the sandbox that keeps to it, and a client before it."""

from __future__ import annotations

import json
from typing import Any

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport
from connectors.vnpt_pay.client import Client
from connectors.vnpt_pay.sandbox import INIT, INIT_ANSWER, QUERY, STATE, VnptPaySandbox
from connectors.vnpt_pay.settings import Settings
from connectors.vnpt_pay.wire import SHOWN

SECRET = "sandboxsecretofvnptpay"
PAYMENT, TIME = "AAAAAAAAAAAAAAA1", "20261123143000"
MANUAL: dict[str, Any] = {
    "document": "made up for tests, version 0", "confirmed_on": "2026-11-23", "init_path": "/init", "query_path": "/query",
    "init_fields": INIT, "query_fields": QUERY, "fixed": {"MERCHANT_SERVICE_ID": "MS01"}, "init_answer_fields": INIT_ANSWER,
    "query_answer_fields": STATE, "callback_fields": STATE, "our_answer_fields": ("RESPONSE_CODE", "MERCHANT_ORDER_ID"),
    "code_field": "RESPONSE_CODE", "done_code": "00", "page_field": "REDIRECT_URL", "state_field": "STATUS",
    "paid_states": {"1"}, "failed_states": {"2"}, "number_field": "VNPTPAY_TRANSACTION_ID",
}  # fmt: skip


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url, "merchant": "MS01", "secret": SECRET, "return_url": "https://motcua.example/return",
        "manual_confirmed": MANUAL,
    }  # fmt: skip
    return Settings(**(facts | more))


def client(url: str = "http://127.0.0.1:9", **more: Any) -> Client:
    return Client(settings(url, **more), Transport(url, system="vnpt_pay", deadline_seconds=5, shown=SHOWN))


def facts(**more: Any) -> dict[str, Any]:
    """What the client is asked."""
    return {
        "reference": PAYMENT, "amount": 150_000, "request_time": TIME, "description": "Lệ phí của NGUYỄN VĂN THỬ",
        "payer_address": "203.0.113.7", "language": "vi",
    } | more  # fmt: skip


def control(sandbox: VnptPaySandbox, path: str, body: Any) -> Any:
    raw = json.dumps(body).encode()
    answer = sandbox.handle(SandboxRequest("POST", f"/_sandbox/vnpt_pay/{path}", {}, {}, raw))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def pay(sandbox: VnptPaySandbox, ending: str = "paid") -> bytes:
    """A payment in these books; its callback."""
    with serve(sandbox) as server:
        client(server.url).open_payment(**facts())
    control(sandbox, "pay", {"reference": PAYMENT, "ending": ending})
    sandbox.received.clear()
    sandbox.acted.clear()
    return sandbox.callbacks[-1]
