"""The population database passes the suite of all connectors, in each of its wraps."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.kit.effects import Call
from connectors.population.client import ELEMENTS
from connectors.population.connect import connected
from connectors.population.sandbox import PopulationSandbox
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.population.conftest import CLAIM, PLANTED, SECRET, reason, settings
from tests.support.clock import VirtualClock


class TestPopulation(Conformance):
    operations = tuple(ELEMENTS)
    sandbox: ClassVar[dict[str, Any]] = {}
    client: ClassVar[dict[str, Any]] = {}

    def world(self) -> World:
        clock = VirtualClock()
        payload = {"claim": to_json(CLAIM), "reason": to_json(reason())}
        return World(
            sandbox=PopulationSandbox(clock=clock, **self.sandbox),
            connect=lambda url: connected(settings(url, **self.client), clock=clock).operations,
            calls={name: (lambda: Call("look:1", "YC-1", payload)) for name in ELEMENTS},
            secrets=(*PLANTED, SECRET, "goi-vao-truc", "khoa:mat-khau"),
        )


class TestAsJson(TestPopulation):
    operations = ("confirm",)
    sandbox: ClassVar[dict[str, Any]] = {"wrap": "json"}
    client: ClassVar[dict[str, Any]] = {
        "wrap": "json",
        "user_service": "dvc",
        "paths": {name: f"/population/{name}" for name in ELEMENTS},
    }

    def test_it_declares_every_operation_and_how_its_outcome_is_found(self):
        """Declared as in the plain form; one of them is run through the whole suite."""
        assert {o.name for o in self.world().connect("http://127.0.0.1:9")} == set(ELEMENTS)


class TestSoapInJson(TestAsJson):
    sandbox: ClassVar[dict[str, Any]] = {"wrap": "soap_in_json", "token": "goi-vao-truc"}
    client: ClassVar[dict[str, Any]] = {
        "wrap": "soap_in_json",
        "credentials": {
            "style": "bearer",
            "token": "goi-vao-truc",
            "staff": {"accounts": {"an@tinh.example": "khoa:mat-khau"}},
        },
    }
