"""MoMo's sandbox with a client before it, for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport
from connectors.momo.client import Client, RefundOf
from connectors.momo.sandbox import MomoSandbox
from connectors.momo.settings import Settings
from connectors.momo.wire import SHOWN
from tests.support.clock import VirtualClock

PARTNER, ACCESS, SECRET = "MOMOTINH", "sandboxaccess01", "sandboxsecretofmomo0123456789"
PAYMENT, REFUND = "AAAAAAAAAAAAAAA1", "RRRRRRRRRRRRRRR1"


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url,
        "partner_code": PARTNER,
        "access_key": ACCESS,
        "secret_key": SECRET,
        "ipn_url": "https://motcua.example/webhooks/momo/ipn",
        "redirect_url": "https://motcua.example/return",
    }
    return Settings(**(facts | more))


def sandbox(clock: VirtualClock, **more: Any) -> MomoSandbox:
    """A wallet whose notices the test sends."""
    return MomoSandbox(clock=clock, background=False, **more)


def client(url: str, **more: Any) -> Client:
    return Client(settings(url, **more), Transport(url, system="momo", deadline_seconds=5, shown=SHOWN))


def control(wallet: MomoSandbox, path: str, body: Any = None, method: str = "POST") -> Any:
    """A control of the wallet, in process."""
    raw = json.dumps(body).encode() if body is not None else b""
    answer = wallet.handle(SandboxRequest(method, f"/_sandbox/momo/{path}", {}, {}, raw))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def opening(reference: str = PAYMENT, amount: int = 150_000, **more: Any) -> dict[str, Any]:
    """What the money rooms plan to open a payment."""
    return {
        "reference": reference, "amount": amount, "request_time": "20261123143000",
        "description": "Lệ phí hồ sơ của NGUYỄN VĂN THỬ", "return_url": "", "payer_address": "203.0.113.7",
        "language": "vi", "receipt": {}, **more,
    }  # fmt: skip


def pay(
    wallet: MomoSandbox, reference: str = PAYMENT, amount: int = 150_000, ending: str = "paid"
) -> dict[str, Any]:
    """A payment in the wallet's books; what the control tells of it."""
    with serve(wallet) as server:
        client(server.url).open_payment(reference=reference, amount=amount, description="Le phi")
    told = control(wallet, "pay", {"reference": reference, "ending": ending, "notify": "lost"})
    wallet.received.clear()
    wallet.acted.clear()
    return told


def query_payload(reference: str = PAYMENT, amount: int = 150_000) -> dict[str, Any]:
    return {"reference": reference, "terminal": PARTNER, "request_time": "20261123143000", "amount": amount}


def refund_payload(paid: dict[str, Any], amount: int = 50_000, **more: Any) -> dict[str, Any]:
    """What the money rooms plan of a refund."""
    return query_payload() | {
        "refund_reference": REFUND, "provider_reference": paid["number"], "amount": amount, "payment_amount": 150_000,
        "created_by": "lienthong", "order_info": "Hoan tra cho NGUYEN VAN THU", "other_provider_references": [], **more,
    }  # fmt: skip


def refund_of(paid: dict[str, Any], amount: int = 50_000, reference: str = REFUND, **more: Any) -> RefundOf:
    return RefundOf(reference, PAYMENT, paid["number"], amount, 150_000, **more)


@contextmanager
def served(wallet: MomoSandbox, **more: Any) -> Iterator[Client]:
    """A client before the wallet on a real port."""
    with serve(wallet) as server:
        yield client(server.url, **more)
