"""Both products pass the suite of all connectors."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.land.connect import connected
from connectors.land.sandbox import LandSandbox
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.land.conftest import CODE, PASSWORD, PERSON, RECEIPT, dossier, files, settings
from tests.support.clock import VirtualClock

OPEN = "H21.15-261123-0009"


class TestVbdlis(Conformance):
    operations = ("hand_over", "supplement", "returned", "wrong_result")
    product = "vbdlis"

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = LandSandbox(clock=clock, product=self.product, code=CODE)
        sandbox.dossiers[OPEN] = {"state": 4, "supplements": [], "wrong": [], "asked_again": 0}
        file = dossier()
        paper = [to_json(file.papers[0])]
        named = {"agency": "H21.15", "dossier_code": OPEN, "at": "2026-11-23T08:00:00+07:00"}
        payloads = {
            "hand_over": {"dossier": to_json(file)},
            "supplement": {**named, "papers": paper, "note": "Đã bổ sung"},
            "returned": {**named, "officer": "tra01"},
            "wrong_result": {**named, "reason": "Sai diện tích", "papers": paper},
        }
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url, self.product), clock=clock, files=files).operations,
            calls={
                name: lambda name=name: Call(f"land:{name}", RECEIPT, payloads[name])
                for name in self.operations
            },
            secrets=(*PERSON, CODE, PASSWORD),
        )


class TestIlis(TestVbdlis):
    operations = ("hand_over",)
    product = "ilis"
