"""KeyPay's portal form passes the suite of all connectors; stand-alone nobody is called."""

from __future__ import annotations

from connectors.keypay.connect import connected
from connectors.keypay.sandbox import KeypaySandbox
from connectors.kit.effects import Call
from tests.contract.conformance import Conformance, World
from tests.contract.keypay.worlds import CALLBACK_KEY, KEY, PAYMENT, STAND_ALONE, opening, pay, settings
from tests.support.clock import VirtualClock

OTHER = "BBBBBBBBBBBBBBB1"


class TestKeypay(Conformance):
    operations = ("open_payment", "query_payment")

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = KeypaySandbox(clock=clock)
        pay(sandbox)
        asking = {
            "reference": PAYMENT,
            "terminal": "DVCTINH",
            "request_time": "20261123143000",
            "amount": 150_000,
        }
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url), clock=clock).operations,
            calls={
                "open_payment": lambda: Call("attempt:B:init", OTHER, opening(OTHER)),
                "query_payment": lambda: Call("k", PAYMENT, asking),
            },
            secrets=(KEY, CALLBACK_KEY, "THỬ", "check_sum"),
        )


def test_stand_alone_there_is_nobody_to_call(clock):
    """A page address and a notice, nothing else."""
    assert connected(settings(stand_alone=STAND_ALONE), clock=clock).operations == ()
