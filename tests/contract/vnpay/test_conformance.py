"""VNPAY passes the suite of all connectors."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.vnpay.operations import operations
from tests.contract.conformance import Conformance, World
from tests.contract.vnpay.worlds import REFUND, SECRET, client, pay, payload, refund_payload, sandbox
from tests.support.clock import VirtualClock


class TestVnpay(Conformance):
    operations = ("query_payment", "refund", "query_refund")

    def world(self) -> World:
        clock = VirtualClock()
        gateway = sandbox(clock)
        paid = pay(gateway, clock)
        return World(
            sandbox=gateway,
            connect=lambda url: operations(client(url, clock)),
            calls={
                "query_payment": lambda: Call("k", paid["reference"], payload(paid)),
                "refund": lambda: Call("refund:R", REFUND, refund_payload(paid)),
                "query_refund": lambda: Call("refund:R:query:1", REFUND, refund_payload(paid)),
            },
            names={"query_payment": "querydr", "query_refund": "querydr"},
            secrets=(SECRET, "vnp_SecureHash", "Nguyen", "Ánh"),
            signed=True,
        )
