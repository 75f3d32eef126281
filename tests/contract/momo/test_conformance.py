"""MoMo passes the suite of all connectors."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.momo.connect import connected
from tests.contract.conformance import Conformance, World
from tests.contract.momo.worlds import (
    ACCESS,
    PAYMENT,
    REFUND,
    SECRET,
    client,
    opening,
    pay,
    query_payload,
    refund_of,
    refund_payload,
    sandbox,
    settings,
)
from tests.support.clock import VirtualClock

OTHER = "BBBBBBBBBBBBBBB1"
REFUNDED = "SSSSSSSSSSSSSSS1"


class TestMomo(Conformance):
    operations = ("open_payment", "query_payment", "refund", "query_refund")

    def world(self) -> World:
        clock = VirtualClock()
        wallet = sandbox(clock)
        paid = pay(wallet)
        refunded = refund_payload(paid, 20_000) | {"refund_reference": REFUNDED}
        give_back(wallet, refund_of(paid, 20_000, REFUNDED))
        return World(
            sandbox=wallet,
            connect=lambda url: connected(settings(url), clock=clock).operations,
            calls={
                "open_payment": lambda: Call("attempt:B:init", OTHER, opening(OTHER)),
                "query_payment": lambda: Call("k", PAYMENT, query_payload()),
                "refund": lambda: Call("refund:R", REFUND, refund_payload(paid)),
                "query_refund": lambda: Call("refund:S:query:1", REFUNDED, refunded),
            },
            secrets=(SECRET, ACCESS, "THỬ", "VAN THU", "signature"),
        )


def give_back(wallet, refund) -> None:
    """A refund in the wallet's books."""
    from connectors.kit.sandbox import serve

    with serve(wallet) as server:
        client(server.url).refund(refund)
    wallet.received.clear()
    wallet.acted.clear()
