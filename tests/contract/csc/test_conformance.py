"""A CSC service passes the suite of all connectors, in both versions."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.csc.connect import connected
from connectors.csc.sandbox import CscSandbox
from connectors.kit.effects import Call
from connectors.kit.signing.asked import asked_about
from connectors.kit.signing.sandbox import Behaviour, Session
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.csc.conftest import PLANTED, TOKEN, request, settings
from tests.support.clock import VirtualClock

ALL = ("finish_session", "get_certificates", "session_status", "sign_hashes")


class TestVersion2(Conformance):
    operations = ALL
    version = "v2"
    client: ClassVar[dict[str, Any]] = {"asynchronous": True}

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = CscSandbox(clock=clock, version=self.version, token=TOKEN, wait=self.version == "v2")

        def finish() -> Call:
            digests = {"0": bytes.fromhex(request().documents[0].sha256)}
            holder = sandbox.holders["CRED-A"]
            made = sandbox.opened(Session("", "S-prepared", holder, digests, clock.now(), Behaviour()))
            return Call(
                "k", "r", {"request": to_json(request()), "their_reference": f"authorise:{made.theirs}"}
            )

        def status() -> Call:
            finish()
            sandbox.answers["R-1"] = sandbox.sessions["S-prepared"]
            return Call("k", "r", {"session": to_json(asked_about(request(), "sign:R-1"))})

        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url, self.version, **self.client), clock=clock).operations,
            calls={
                "get_certificates": lambda: Call("k", "r", {"signer": "001099000011"}),
                "sign_hashes": lambda: Call("k", "r", {"request": to_json(request())}),
                "finish_session": finish,
                "session_status": status,
            },
            names={
                "get_certificates": "list",
                "sign_hashes": "authorize",
                "finish_session": "sign",
                "session_status": "poll",
            },
            secrets=PLANTED,
        )


class TestVersion1(TestVersion2):
    operations = ("get_certificates", "sign_hashes")
    version = "v1"
    client: ClassVar[dict[str, Any]] = {}

    def test_it_declares_every_operation_and_how_its_outcome_is_found(self):
        """Declared as in version 2; what exists in version 1 is run through the whole suite."""
        declared = self.world().connect("http://127.0.0.1:9")
        assert sorted(one.name for one in declared) == sorted(ALL)
        assert {one.name for one in declared if one.signature} == {"sign_hashes", "finish_session"}
