"""ZaloPay's sandbox with a client before it, for all tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.kit.transport import Transport
from connectors.zalopay.client import Client, RefundOf
from connectors.zalopay.sandbox import NO_SUCH_REFUND, REFUND_REFUSED, ZalopaySandbox
from connectors.zalopay.settings import Settings
from connectors.zalopay.wire import SHOWN
from tests.support.clock import VirtualClock

APP, KEY1, KEY2 = "2553", "sandboxkey1ofzalopay01", "sandboxkey2ofzalopay02"
PAYMENT, REFUND = "AAAAAAAAAAAAAAA1", "RRRRRRRRRRRRRRR1"


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url,
        "app_id": APP,
        "key1": KEY1,
        "key2": KEY2,
        "callback_url": "https://motcua.example/webhooks/zalopay/callback",
        "redirect_url": "https://motcua.example/return",
    }
    return Settings(**(facts | more))


def named(**more: Any) -> dict[str, Any]:
    """Settings of an installation that ZaloPay has told its sub codes (here: the sandbox's own)."""
    return {
        "refund_refused_sub_codes": frozenset({str(REFUND_REFUSED)}),
        "refund_not_found_sub_codes": frozenset({str(NO_SUCH_REFUND)}),
        **more,
    }


def sandbox(clock: VirtualClock, **more: Any) -> ZalopaySandbox:
    """A wallet whose callbacks the test sends."""
    return ZalopaySandbox(clock=clock, background=False, **more)


def client(url: str, clock: VirtualClock, **more: Any) -> Client:
    transport = Transport(url, system="zalopay", deadline_seconds=5, shown=SHOWN)
    return Client(settings(url, **more), transport, clock=clock)


def control(wallet: ZalopaySandbox, path: str, body: Any = None, method: str = "POST") -> Any:
    """A control of the wallet, in process."""
    raw = json.dumps(body).encode() if body is not None else b""
    answer = wallet.handle(SandboxRequest(method, f"/_sandbox/zalopay/{path}", {}, {}, raw))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def time_of(clock: VirtualClock) -> str:
    """The request time as the money rooms write it: 14 digits of Việt Nam."""
    from connectors.kit.reading import VIETNAM

    return f"{clock.now().astimezone(VIETNAM):%Y%m%d%H%M%S}"


def opening(
    clock: VirtualClock, reference: str = PAYMENT, amount: int = 150_000, **more: Any
) -> dict[str, Any]:
    """What the money rooms plan to open a payment."""
    return {
        "reference": reference, "amount": amount, "request_time": time_of(clock),
        "description": "Lệ phí hồ sơ của NGUYỄN VĂN THỬ", "return_url": "", "payer_address": "203.0.113.7",
        "language": "vi", "receipt": {}, **more,
    }  # fmt: skip


def pay(
    wallet: ZalopaySandbox, clock: VirtualClock, ending: str = "paid", reference: str = PAYMENT
) -> dict[str, Any]:
    """A payment in the wallet's books; what the control tells of it, with its request time."""
    time = time_of(clock)
    with serve(wallet) as server:
        client(server.url, clock).open_payment(
            reference=reference, amount=150_000, request_time=time, description="Le phi"
        )
    told = control(wallet, "pay", {"reference": reference, "ending": ending, "notify": "lost"})
    wallet.received.clear()
    wallet.acted.clear()
    return {**told, "request_time": time}


def query_payload(paid: dict[str, Any]) -> dict[str, Any]:
    return {"reference": PAYMENT, "terminal": APP, "request_time": paid["request_time"], "amount": 150_000}


def refund_payload(paid: dict[str, Any], amount: int = 50_000, **more: Any) -> dict[str, Any]:
    """What the money rooms plan of a refund."""
    return query_payload(paid) | {
        "refund_reference": REFUND, "provider_reference": paid["number"], "amount": amount, "payment_amount": 150_000,
        "created_by": "lienthong", "order_info": "Hoan tra cho NGUYEN VAN THU", "other_provider_references": [], **more,
    }  # fmt: skip


def refund_of(paid: dict[str, Any], amount: int = 50_000, reference: str = REFUND) -> RefundOf:
    return RefundOf(reference, paid["request_time"], paid["number"], amount, 150_000)


@contextmanager
def served(wallet: ZalopaySandbox, clock: VirtualClock, **more: Any) -> Iterator[Client]:
    """A client before the wallet on a real port."""
    with serve(wallet) as server:
        yield client(server.url, clock, **more)
