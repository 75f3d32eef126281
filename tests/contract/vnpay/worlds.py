"""VNPAY's sandbox with a client before it, for all tests of this folder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connectors.kit.sandbox import SandboxRequest
from connectors.kit.transport import Transport
from connectors.vnpay.client import Client
from connectors.vnpay.sandbox import VnpaySandbox
from connectors.vnpay.settings import Settings
from connectors.vnpay.wire import SHOWN
from tests.support.clock import VirtualClock

TERMINAL = "LIENTH01"
SECRET = "SANDBOXSECRETOFVNPAY0123456789AB"
PAYMENT, REFUND = "AAAAAAAAAAAAAAA1", "RRRRRRRRRRRRRRR1"


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    """Of an installation with one terminal."""
    facts: dict[str, Any] = {
        "base_url": url,
        "payment_url": f"{url}/paymentv2/vpcpay.html",
        "return_url": "https://motcua.example/webhooks/vnpay/return",
        "tmn_code": TERMINAL,
        "hash_secret": SECRET,
    }
    return Settings(**(facts | more))


def sandbox(clock: VirtualClock, **more: Any) -> VnpaySandbox:
    """A gateway whose notices the test sends."""
    return VnpaySandbox(clock=clock, terminals={TERMINAL: SECRET}, background=False, **more)


def client(url: str, clock: VirtualClock, **more: Any) -> Client:
    """A client of the gateway at ``url``."""
    transport = Transport(url, system="vnpay", deadline_seconds=5, largest_answer_bytes=65_536, shown=SHOWN)
    return Client(settings(url, **more), transport, clock=clock)


def control(gateway: VnpaySandbox, method: str, path: str, body: Any = None, **query: str) -> Any:
    """Call a control of the gateway in process."""
    import json

    raw = json.dumps(body).encode() if body is not None else b""
    return gateway.handle(SandboxRequest(method, path, query, {}, raw))


def address(
    clock: VirtualClock, reference: str = PAYMENT, amount: int = 150_000, **more: Any
) -> tuple[str, str]:
    """A payment address and its request time."""
    return client("http://127.0.0.1:9", clock).payment_url(
        reference=reference,
        amount=amount,
        created=clock.now(),
        expires=clock.now() + timedelta(minutes=15),
        order_info="Lệ phí hồ sơ H01",
        payer_address="203.0.113.7",
        language="vi",
        **more,
    )


def pay(
    gateway: VnpaySandbox, clock: VirtualClock, ending: str = "paid", reference: str = PAYMENT, **facts: Any
) -> dict[str, Any]:
    """A citizen pays; what the gateway tells of it, with ``request_time``."""
    import json

    amount = facts.pop("asked", 150_000)
    url, request_time = address(clock, reference, amount)
    answer = control(gateway, "POST", "/_sandbox/vnpay/pay", {"url": url, "ending": ending, **facts})
    assert answer.status == 201, answer.body
    return {**json.loads(answer.body), "request_time": request_time}


def payload(paid: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the money rooms plan: of the query, and with the refund's facts of the refund."""
    return {
        "reference": paid["reference"],
        "terminal": TERMINAL,
        "request_time": paid["request_time"],
        "amount": 150_000,
        **more,
    }


def refund_payload(paid: dict[str, Any], amount: int = 50_000, **more: Any) -> dict[str, Any]:
    """What the money rooms plan of a refund."""
    return (
        payload(
            paid,
            refund_reference=REFUND,
            provider_reference=paid["number"],
            amount=amount,
            payment_amount=150_000,
            created_by="Nguyễn Thị Ánh",
            order_info=f"Hoàn phí {paid['reference']}",
        )
        | more
    )
