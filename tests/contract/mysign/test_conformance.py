"""MySign passes the suite of all connectors."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.kit.signing.asked import asked_about
from connectors.kit.signing.sandbox import Behaviour, Session
from connectors.mysign.connect import connected
from connectors.mysign.sandbox import MysignSandbox
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.mysign.conftest import PLANTED, SIGNER, request, settings
from tests.support.clock import VirtualClock


class TestMysign(Conformance):
    operations = ("get_certificates", "session_status", "sign_hashes")

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = MysignSandbox(clock=clock)

        def status() -> Call:
            digests = {one.document: bytes.fromhex(one.sha256) for one in request().documents}
            made = Session("", "VT-prepared", sandbox.holders["VT-A"], digests, clock.now(), Behaviour())
            sandbox.opened(made)
            return Call("k", "r", {"session": to_json(asked_about(request(), made.theirs))})

        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url), clock=clock).operations,
            calls={
                "get_certificates": lambda: Call("k", "r", {"signer": SIGNER}),
                "sign_hashes": lambda: Call("k", "r", {"request": to_json(request())}),
                "session_status": status,
            },
            names={"get_certificates": "certificates", "sign_hashes": "sign", "session_status": "status"},
            secrets=PLANTED,
        )
