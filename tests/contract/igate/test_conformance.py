"""The case system passes the suite of all connectors, with answers in JSON and as plain text."""

from __future__ import annotations

from connectors.igate.connect import connected
from connectors.igate.sandbox import CaseSystemSandbox
from connectors.kit.effects import Call
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.igate.conftest import FEES, SECRET, asked, new_dossier, settings
from tests.support.clock import VirtualClock


class TestCaseSystem(Conformance):
    operations = ("confirm_fee", "update_status", "add_note", "create_dossier")
    plain_ok = False

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = CaseSystemSandbox(clock=clock, client_secret=SECRET, plain_ok=self.plain_ok)
        facts = {"fees": FEES, "applicant": "NGUYỄN THỊ KÍN"}
        filed = asked(sandbox, "POST", "/_sandbox/igate/dossiers", facts)
        named = {"dossier_code": filed["code"], "source_id": filed["id"]}
        paid = {
            **named,
            "status": 2,
            "fee_lines": [{key: fee[key] for key in ("code", "name", "kind", "amount")} for fee in FEES],
            "amount": 1_300_000,
            "paid_at": clock.now().isoformat(),
            "payment_reference": "A1B2C3D4E5F6G7H8",
            "provider": "vnpay",
        }
        state = {**named, "status": 4, "note": "Đã đủ phí"}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url), clock=clock).operations,
            calls={
                "confirm_fee": lambda: Call("fee-paid:H:A", "A1B2C3D4E5F6G7H8", paid),
                "update_status": lambda: Call("k", filed["code"], state),
                "create_dossier": lambda: Call(
                    "k", "H21.15-1", {"dossier": to_json(new_dossier("H21.15-1"))}
                ),
                "add_note": lambda: Call("k", filed["code"], {**state, "at": clock.now().isoformat()}),
            },
            secrets=(SECRET, "token-", "KÍN", "001099000001", "0900000001"),
        )


class TestPlainText(TestCaseSystem):
    plain_ok = True
