"""The one connector passes the suite of all connectors with each of its four profiles, one of them SOAP."""

from __future__ import annotations

from connectors.handover.connect import connected
from connectors.kit.effects import Call
from tests.contract.conformance import Conformance, World
from tests.contract.handover.conftest import (
    CALLBACK_SECRET,
    CODE,
    OPERATIONS,
    OTHER,
    PERSON,
    SECRET,
    asked,
    facts_for,
    sandbox,
    settings,
)
from tests.support.clock import VirtualClock


class _Each(Conformance):
    name = ""

    def world(self) -> World:
        clock = VirtualClock()
        theirs = sandbox(self.name, clock)
        if self.name != "c08":  # the second dossier is there and finished; the first one is to be handed over
            theirs.dossiers[OTHER] = {"state": "finished", "messages": []}
            assert asked(theirs, "GET", "books")["dossiers"][OTHER]["state"] == "finished"

        def call(name: str) -> Call:
            code = CODE if name == "hand_over" else OTHER
            return Call(f"{name}:{code}", code, facts_for(name, code))

        return World(
            sandbox=theirs,
            connect=lambda url: connected(settings(url, self.name), clock=clock).operations,
            calls={name: (lambda name=name: call(name)) for name in self.operations},
            secrets=(SECRET, SECRET[::-1], CALLBACK_SECRET, *PERSON, "81A-000.01", "RLTHU", "TRẦN VĂN THỬ"),
        )


class TestConstruction(_Each):
    name = "xay-dung"
    operations = OPERATIONS["xay-dung"]


class TestDrivingLicence(_Each):
    name = "gplx"
    operations = OPERATIONS["gplx"]


class TestVehicles(_Each):
    name = "c08"
    operations = OPERATIONS["c08"]


class TestLabourBySoap(_Each):
    name = "lao-dong"
    operations = OPERATIONS["lao-dong"]


del _Each
