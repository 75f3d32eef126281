"""Every door of the Post passes the suite of all connectors."""

from __future__ import annotations

import json
from collections.abc import Callable

from connectors.kit.effects import Call, EffectClass
from connectors.kit.sandbox import SandboxRequest
from connectors.post.connect import connected
from connectors.post.sandbox import PostSandbox
from connectors.post.settings import Facade
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.post.conftest import (
    CITIZEN,
    OFFICE,
    PERSON,
    SAMPLES,
    SECRET,
    a_document,
    a_notice,
    an_order,
    asked,
    settings,
)
from tests.support.clock import VirtualClock


class TestNgsp(Conformance):
    operations = ("send_order", "cancel_order", "read_tracking")
    facade = Facade.NGSP
    repeats_are_one = False

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = PostSandbox(clock=clock, secret=SECRET)
        other = an_order(attempt=2)
        if self.facade is not Facade.NOTICE:
            self.ordered(sandbox, "H21.15-261123-0001-R1" if "push_document" in self.operations else "")
            self.ordered(sandbox, other.number)
            asked(sandbox, "POST", "/_sandbox/post/events", {"order_number": other.number, "note": PERSON[0]})
        sending = {"order": to_json(an_order(attempt=3))}
        calls: dict[str, Callable[[], Call]] = {
            "send_order": lambda: Call("post:H:R:3", "H-R3", sending),
            "cancel_order": lambda: Call("cancel:H", other.number, {"order_number": other.number}),
            "read_tracking": lambda: Call("feed", "", {"cursor": ""}),
            "ask_price": lambda: Call(
                "price",
                "",
                {"sender": to_json(OFFICE.place), "receiver": to_json(CITIZEN.place), "weight_grams": 200},
            ),
            "push_document": lambda: Call("doc:H", "H", {"document": to_json(a_document())}),
            "send_notice": lambda: Call("notice:H", "H", {"notice": to_json(a_notice(clock))}),
        }
        if "cancel_order" in self.operations:
            asked(
                sandbox,
                "POST",
                "/_sandbox/post/events",
                {"order_number": other.number, "status": "2", "note": PERSON[1]},
            )
            sandbox.orders[other.number].state = "registered"
        return World(
            sandbox=sandbox,
            connect=lambda url: (
                connected(
                    settings(url, self.facade, repeats_are_one=self.repeats_are_one), clock=clock
                ).operations
            ),
            calls={name: calls[name] for name in self.operations},
            secrets=(SECRET, *PERSON),
        )

    @staticmethod
    def ordered(sandbox: PostSandbox, number: str) -> None:
        """An order that the Post has already, written by hand."""
        if number:
            body = {**SAMPLES["order"], "OrderNumber": number}
            request = SandboxRequest(
                "POST",
                "/post/province/order",
                {},
                {"access_token": SECRET},
                json.dumps(body).encode(),
            )
            assert b'"100"' in sandbox.handle(request).body
            sandbox.received.clear()
            sandbox.acted.clear()

    def test_a_lost_order_is_never_sent_again_by_itself(self):
        """No look-up by OrderNumber is known; what the Post agreed to in writing may be sent again."""
        for world, name in self.each(lambda o: o.name in ("send_order", "push_document")):
            [operation] = [o for o in world.connect("http://127.0.0.1:9") if o.name == name]
            wanted = EffectClass.IDEMPOTENT if self.repeats_are_one else EffectClass.EVIDENCE
            assert operation.effect_class is wanted
            assert operation.look_up is None


class TestMinistry(TestNgsp):
    operations = ("send_order", "cancel_order", "read_tracking", "ask_price", "push_document")
    facade = Facade.LGSP
    repeats_are_one = True


class TestProvince(TestNgsp):
    operations = ("send_order",)
    facade = Facade.PROVINCE


class TestNotice(TestNgsp):
    operations = ("send_notice",)
    facade = Facade.NOTICE
