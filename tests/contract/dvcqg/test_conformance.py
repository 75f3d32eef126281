"""The national portal passes the suite of all connectors."""

from __future__ import annotations

from connectors.dvcqg.connect import connected
from connectors.dvcqg.sandbox import PortalSandbox
from connectors.dvcqg.sandbox_books import Kept
from connectors.kit.effects import Call
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.dvcqg.conftest import CODE, INBOUND, PASSWORD, dossier, settings, step
from tests.support.clock import VirtualClock

KNOWN = "H21.15-261123-0002"


class TestPortal(Conformance):
    operations = (
        "push_dossier",
        "push_steps",
        "find_dossier",
        "get_procedure",
        "get_catalogue",
        "get_states",
        "find_account",
    )

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = PortalSandbox(clock=clock, password=PASSWORD)
        item = {"MaHoSo": KNOWN, "TrangThaiHoSo": "4"}
        sandbox.dossiers[KNOWN] = Kept(item)
        sandbox._feed.append({"MaHoSo": KNOWN, "TrangThai": "4"})
        steps = {"dossier_code": KNOWN, "steps": to_json([step(1), step(2)])}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(f"{url}/dvcqg"), clock=clock).operations,
            calls={
                "push_dossier": lambda: Call("sync:A:1", CODE, {"dossier": to_json(dossier())}),
                "push_steps": lambda: Call("sync:B:steps", KNOWN, steps),
                "find_dossier": lambda: Call("ask:B", KNOWN, {"dossier_code": KNOWN}),
                "get_procedure": lambda: Call("tthc", "", {"code": "1.004199"}),
                "get_catalogue": lambda: Call("coquan", "", {"name": "agencies"}),
                "get_states": lambda: Call("feed", "", {}),
                "find_account": lambda: Call("tech", "", {"tax_code": "0100000001"}),
            },
            names={
                "push_dossier": "DongBoHoSoMC",
                "push_steps": "CapNhatTienDoHoSoMC",
                "find_dossier": "TraCuuHoSo",
                "get_procedure": "LayThuTuc",
                "get_catalogue": "LayDanhMucCoQuan",
                "get_states": "DongBoTrangThaiHoSo",
                "find_account": "TraCuuTechID",
            },
            secrets=(PASSWORD, INBOUND, "phien-0001", "THỬ", "001099000001", "0900000001", "thu@example.vn"),
        )
