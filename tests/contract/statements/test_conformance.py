"""The statements connector passes the suite of all connectors."""

from __future__ import annotations

from connectors.kit.auth import bearer
from connectors.kit.effects import Call
from connectors.kit.transport import Transport
from connectors.statements.client import Client, operations
from connectors.statements.sandbox import BankSandbox
from connectors.statements.settings import Settings
from connectors.statements.transfer_file import TransferOrder
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World

ORDER = TransferOrder("AAAAAAAAAAAAAAA1", "00110022", "VCB", "99887766", "NGUYEN VAN A", 50_000, "hoan phi")


class TestStatements(Conformance):
    operations = ("submit_transfer_orders",)

    def world(self) -> World:
        bank = BankSandbox()
        bank.books.open("00110022", 1_000_000)
        settings = Settings(base_url="http://127.0.0.1:9", token="a-token-of-nobody")

        def connect(url: str):
            transport = Transport(url, system="statements", auth=bearer(settings.token), deadline_seconds=5)
            return operations(Client(settings, transport))

        facts = {"orders": [to_json(ORDER)], "day": "2026-11-23"}
        return World(
            sandbox=bank,
            connect=connect,
            calls={"submit_transfer_orders": lambda: Call("orders:B1", "B1", facts)},
            secrets=("a-token-of-nobody", "NGUYEN VAN A", "99887766"),
        )
