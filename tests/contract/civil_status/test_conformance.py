"""Civil status passes the suite of all connectors, in both generations."""

from __future__ import annotations

import base64

from connectors.civil_status.connect import connected
from connectors.civil_status.sandbox import CivilStatusSandbox
from connectors.kit.effects import Call
from mappings.canonical.codec import to_json
from tests.contract.civil_status.conftest import (
    CODE,
    LINKED_CODE,
    PERSON,
    PLACE,
    TOKEN,
    dossier,
    form,
    report,
    settings,
)
from tests.contract.conformance import Conformance, World
from tests.support.clock import VirtualClock

DONE = "H21.129-261123-0009"


class TestCivilStatus(Conformance):
    operations = ("register", "ask_state", "get_result", "ask_linked_state", "push_state", "mark_received")
    generation = "json"
    module = ""  # by the table: LTKS

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = CivilStatusSandbox(clock=clock, token=TOKEN)
        sandbox.records[DONE] = {
            "id": 7, "unit": PLACE, "module": "KS", "state": 4, "note": "",
            "result": {
                "soDangKy": "12", "ngayDangKy": "20/11/2026", "nksHoTen": PERSON[4], "soDinhDanh": PERSON[1],
                "giayKhaiSinh": base64.b64encode(b"%PDF").decode(), "maGiayToKetQua": "KQ.G15.000031",
            },
        }  # fmt: skip
        sandbox.waiting["1"] = {"maHoSo": LINKED_CODE, "id": 1}
        asking = {"dossier_code": DONE, "unit": PLACE}
        payloads = {
            "register": {
                "dossier": to_json(dossier()),
                "form": form(),
                "linked_code": LINKED_CODE,
                "module": self.module,
            },
            "ask_state": asking,
            "get_result": asking,
            "ask_linked_state": {**asking, "module": "LTKS"},
            "push_state": {
                "report": to_json(report()),
                "wanted": 3,
                "sent": [1],
                "module": "LTKS",
                "unit": PLACE,
            },
            "mark_received": {"dossier_code": LINKED_CODE},
        }
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url, generation=self.generation), clock=clock).operations,
            calls={
                name: lambda name=name: Call(f"civil:{name}", CODE, payloads[name])
                for name in self.operations
            },
            secrets=(*PERSON, "VĂN THỬ", TOKEN, "Cán bộ thử"),
        )


class TestOlderGeneration(TestCivilStatus):
    generation = "xml"
    module = "KS"
