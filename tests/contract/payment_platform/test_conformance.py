"""The payment platform passes the suite of all connectors, directly and through the proxy."""

from __future__ import annotations

import json

from connectors.kit.effects import Call
from connectors.kit.sandbox import SandboxRequest
from connectors.payment_platform import wire
from connectors.payment_platform.connect import connected
from connectors.payment_platform.sandbox import PlatformSandbox
from tests.contract.conformance import Conformance, World
from tests.contract.payment_platform.conftest import REFERENCE, SECRET, receipt, settings
from tests.support.clock import VirtualClock

PAID = "B1B2C3D4E5F6G7H8"


class TestPlatform(Conformance):
    operations = ("open_payment", "query_payment", "get_bill")
    proxied = False

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = PlatformSandbox(clock=clock, secret=SECRET, proxied=self.proxied)
        time = wire.sent_time(clock.now(), settings())

        def opening(reference: str) -> dict[str, object]:
            return {
                "reference": reference,
                "amount": 1_300_000,
                "request_time": time,
                "description": "Thanh toan ho so",
                "payer_address": "203.0.113.7",
                "language": "vi",
                "return_url": "https://motcua.example/",
                "receipt": receipt(),
            }

        pay_one(sandbox, opening(PAID))
        asking = {"reference": PAID, "request_time": time, "amount": 1_300_000, "terminal": "DVCTINH"}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(f"{url}/payment-platform"), clock=clock).operations,
            calls={
                "open_payment": lambda: Call("attempt:A:init", REFERENCE, opening(REFERENCE)),
                "query_payment": lambda: Call("attempt:B:query:1", PAID, asking),
                "get_bill": lambda: Call("bill:B", PAID, asking),
            },
            secrets=(SECRET, "MaXacThuc", "THỬ", "001099000001", "3511000000001"),
            signed=True,
        )


class TestThroughTheProxy(TestPlatform):
    proxied = True


def pay_one(sandbox: PlatformSandbox, facts: dict[str, object]) -> None:
    """A payment that the platform has in its books as paid."""
    from connectors.payment_platform import translate

    named = {name: value for name, value in facts.items() if name != "return_url"}
    message = translate.init_message(settings(), **named)  # type: ignore[arg-type]
    raw = json.dumps(message).encode()
    sandbox.handle(SandboxRequest("POST", "/payment-platform/init", {}, {}, raw))
    paid = json.dumps({"reference": facts["reference"], "ending": "paid", "notify": "lost"}).encode()
    assert (
        sandbox.handle(SandboxRequest("POST", "/_sandbox/payment_platform/pay", {}, {}, paid)).status == 201
    )
    sandbox.received.clear()
    sandbox.acted.clear()
