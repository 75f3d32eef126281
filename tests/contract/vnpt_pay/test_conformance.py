"""With a manual put in, VNPT Pay passes the suite of all connectors (against the made-up one)."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.vnpt_pay.connect import connected
from connectors.vnpt_pay.sandbox import VnptPaySandbox
from tests.contract.conformance import Conformance, World
from tests.contract.vnpt_pay.worlds import PAYMENT, SECRET, TIME, facts, pay, settings
from tests.support.clock import VirtualClock

OTHER = "BBBBBBBBBBBBBBB1"


class TestVnptPay(Conformance):
    operations = ("open_payment", "query_payment")

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = VnptPaySandbox(clock=clock)
        pay(sandbox)
        asking = {"reference": PAYMENT, "terminal": "MS01", "request_time": TIME, "amount": 150_000}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url), clock=clock).operations,
            calls={
                "open_payment": lambda: Call("attempt:B:init", OTHER, facts(reference=OTHER)),
                "query_payment": lambda: Call("k", PAYMENT, asking),
            },
            secrets=(SECRET, "THỬ", "SECURE_CODE"),
            signed=True,
        )
