"""ZaloPay passes the suite of all connectors."""

from __future__ import annotations

from typing import ClassVar

from connectors.kit.effects import Call
from connectors.kit.sandbox import serve
from connectors.zalopay.connect import connected
from tests.contract.conformance import Conformance, World
from tests.contract.zalopay.worlds import (
    KEY1,
    KEY2,
    PAYMENT,
    REFUND,
    client,
    named,
    opening,
    pay,
    query_payload,
    refund_of,
    refund_payload,
    sandbox,
    settings,
)
from tests.support.clock import VirtualClock

OTHER, REFUNDED = "BBBBBBBBBBBBBBB1", "SSSSSSSSSSSSSSS1"


class TestZalopay(Conformance):
    operations = ("open_payment", "query_payment", "refund", "query_refund")
    told: ClassVar[dict[str, object]] = {}

    def world(self) -> World:
        clock = VirtualClock()
        wallet = sandbox(clock)
        paid = pay(wallet, clock)
        with serve(wallet) as server:
            client(server.url, clock).refund(refund_of(paid, 20_000, REFUNDED))
        wallet.received.clear()
        wallet.acted.clear()
        refunded = refund_payload(paid, 20_000) | {"refund_reference": REFUNDED}
        return World(
            sandbox=wallet,
            connect=lambda url: connected(settings(url, **self.told), clock=clock).operations,
            calls={
                "open_payment": lambda: Call("attempt:B:init", OTHER, opening(clock, OTHER)),
                "query_payment": lambda: Call("k", PAYMENT, query_payload(paid)),
                "refund": lambda: Call("refund:R", REFUND, refund_payload(paid)),
                "query_refund": lambda: Call("refund:S:query:1", REFUNDED, refunded),
            },
            secrets=(KEY1, KEY2, "THỬ", "VAN THU", '"mac"'),
        )


class TestZalopayWhenItsSubCodesAreKnown(TestZalopay):
    told = named()
