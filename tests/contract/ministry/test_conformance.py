"""The ministry's adapter passes the suite of all connectors."""

from __future__ import annotations

import base64

from connectors.kit.effects import Call
from connectors.ministry.connect import connected
from connectors.ministry.sandbox import Kept, MinistrySandbox
from mappings.canonical.codec import to_json
from mappings.canonical.file import FileRef
from tests.contract.conformance import Conformance, World
from tests.contract.ministry.conftest import (
    CODE,
    CONTENT,
    DIGEST,
    INBOUND,
    SECRET,
    dossier,
    settings,
    step,
)
from tests.support.clock import VirtualClock

KNOWN = "G09.20-20261123-0000009"


class TestMinistry(Conformance):
    operations = ("next_code", "upload_file", "create_dossier", "push_steps", "push_state")

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = MinistrySandbox(clock=clock, client_secret=SECRET)
        sandbox.files["tep-0001"] = DIGEST
        sandbox.dossiers[KNOWN] = Kept("hs-0009", {"MaHoSo": KNOWN})
        file = FileRef("f1", "Đơn đề nghị.pdf", sha256=DIGEST)
        uploading = {"file": to_json(file), "content_base64": base64.b64encode(CONTENT).decode()}
        creating = {
            "dossier": to_json(dossier()),
            "uploads": {"f1": {"id": "tep-0001", "hash": DIGEST}},
            "form": {"noiDung": "Đề nghị"},
        }
        stepping = {"reference": "hs-0009", "dossier_code": KNOWN, "steps": to_json([step(1), step(2)])}
        stating = {"reference": "hs-0009", "dossier": to_json(dossier(KNOWN)), "note": "Đã nhận"}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(f"{url}/ministry"), clock=clock).operations,
            calls={
                "next_code": lambda: Call("code:1", "G09.20", {}),
                "upload_file": lambda: Call("file:f1", "f1", uploading),
                "create_dossier": lambda: Call("sync:A:1", CODE, creating),
                "push_steps": lambda: Call("sync:B:steps", KNOWN, stepping),
                "push_state": lambda: Call("sync:B:state", KNOWN, stating),
            },
            names={
                "next_code": "GetNextValue",
                "upload_file": "UploadFile",
                "create_dossier": "NoiHoSo",
                "push_steps": "CapNhatTienTrinh",
                "push_state": "CapNhatTrangThai",
            },
            secrets=(
                SECRET,
                INBOUND,
                "ma-thong-bao-0001",
                "THỬ",
                "001099000001",
                "0900000001",
                "thu@example.vn",
            ),
        )
