"""SmartCA passes the suite of all connectors, with both of its interfaces."""

from __future__ import annotations

from typing import Any, ClassVar

from connectors.kit.effects import Call
from connectors.kit.signing.asked import asked_about
from connectors.kit.signing.sandbox import Behaviour, Session
from connectors.smartca.connect import connected
from connectors.smartca.sandbox import SmartcaSandbox
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.smartca.conftest import PLANTED, SIGNER, request, settings
from tests.support.clock import VirtualClock


class TestGateway(Conformance):
    operations = ("get_certificates", "session_status", "sign_hashes")
    service = "sp769"
    names: ClassVar[dict[str, str]] = {
        "get_certificates": "get_certificate",
        "sign_hashes": "sign",
        "session_status": "status",
    }

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = SmartcaSandbox(clock=clock)
        # A repeat inside one check is a transaction of its own: the same one twice is refused there.
        number = iter(range(1, 100_000))

        def sign() -> Call:
            asked = request(transaction=f"KY-20261123-{next(number):06d}")
            return Call("k", "r", {"request": to_json(asked)})

        def status() -> Call:
            digests = {one.document: bytes.fromhex(one.sha256) for one in request().documents}
            holder = sandbox.holders["5401A1"]
            made = Session(request().transaction, "TRAN-prepared", holder, digests, clock.now(), Behaviour())
            sandbox.opened(made)
            return Call("k", "r", {"session": to_json(asked_about(request(), made.theirs))})

        calls: dict[str, Any] = {
            "get_certificates": lambda: Call("k", "r", {"signer": SIGNER}),
            "sign_hashes": sign,
            "session_status": status,
        }
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url, self.service), clock=clock).operations,
            calls=calls,
            names=self.names,
            secrets=PLANTED,
        )


class TestOlder(TestGateway):
    service = "csc"
    names: ClassVar[dict[str, str]] = {
        "get_certificates": "older_list",
        "sign_hashes": "older_sign",
        "session_status": "older_status",
    }
