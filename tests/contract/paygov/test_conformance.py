"""PayGov passes the suite of all connectors."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.paygov.connect import connected
from connectors.paygov.sandbox import PaygovSandbox
from tests.contract.conformance import Conformance, World
from tests.contract.paygov.worlds import PAYMENT, SECRET, opening, settings
from tests.support.clock import VirtualClock

TOKEN = "token-of-the-proxy-01"


class TestPaygov(Conformance):
    operations = ("open_payment",)

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = PaygovSandbox(clock=clock, token=TOKEN)
        more = {"credentials": {"style": "bearer", "token": TOKEN}, "access_key": "access-key-of-it-01"}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url, **more), clock=clock).operations,
            calls={"open_payment": lambda: Call("attempt:A:init", PAYMENT, opening())},
            secrets=(SECRET, TOKEN, "access-key-of-it-01", "THU", "THỬ", "checksum"),
        )
