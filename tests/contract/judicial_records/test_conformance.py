"""The criminal-records systems pass the suite of all connectors."""

from __future__ import annotations

import json
from typing import Any

from connectors.judicial_records.connect import connected
from connectors.judicial_records.sandbox import AtMinistry, JudicialSandbox, Request, Waiting
from connectors.kit.effects import Call
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.judicial_records.conftest import (
    AUTH_KEY,
    CODE_GET,
    FILE,
    PLANTED,
    REFERENCE,
    fetched_row,
    request,
    settings,
)
from tests.support.clock import VirtualClock

TOKEN = "token-cua-truc-thu"
KNOWN = "H21.15-261120-0009"


class TestJudicialRecords(Conformance):
    operations = (
        "hand_over",
        "request_of_ministry",
        "acknowledge",
        "ask_state",
        "list_states",
        "fetch",
        "categories",
        "scan_at_ministry",
    )

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = JudicialSandbox(clock=clock, token=TOKEN, auth_key=AUTH_KEY)
        sandbox.requests[KNOWN] = Request(KNOWN, "LLTP000900", {}, state="4", told=False)
        sandbox.waiting["MaHoaThu01"] = Waiting("MaHoaThu01", "online", fetched_row())
        result = {"soPhieuLLTP": "12/2026", "ngayCapPhieu": "20/11/2026", "phieuLLTP": FILE.content}
        sandbox.ministry[KNOWN] = AtMinistry(KNOWN, {}, "4", result)
        payloads: dict[str, dict[str, Any]] = {
            "hand_over": {"request": to_json(request())},
            "request_of_ministry": {"request": to_json(request()), "files": [to_json(FILE)]},
            "acknowledge": {"kind": "online", "ids": ["MaHoaThu01"]},
            "ask_state": {"reference": KNOWN},
            "list_states": {},
            "fetch": {"kind": "online"},
            "categories": {"kind": "regions"},
            "scan_at_ministry": {"reference": KNOWN},
        }
        credentials = {"style": "bearer", "token": TOKEN}
        return World(
            sandbox=sandbox,
            connect=lambda url: connected(settings(url, credentials=credentials), clock=clock).operations,
            calls={
                name: (lambda payload=payload: Call("k", REFERENCE, json.loads(json.dumps(payload))))
                for name, payload in payloads.items()
            },
            secrets=(*PLANTED, AUTH_KEY, CODE_GET, TOKEN, FILE.content),
        )
