"""A land register of each product on a real port, and our client before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.land.client import Client
from connectors.land.connect import connected
from connectors.land.sandbox import LandSandbox
from connectors.land.settings import Settings
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import CopyKind, DossierFile, FileRef, Paper, Parcel
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from tests.support.clock import VirtualClock

CODE = "ma-bao-mat-thu-nghiem-1"
PASSWORD = "mat-khau-thu-nghiem"
RECEIPT = "H21.15-261123-0001"
SCAN = b"%PDF-1.4 don dang ky %%EOF"
PERSON = ("NGUYỄN VĂN THỬ", "001099000001", "0900000001", "thu@example.invalid", "12 Đường Thử")


def settings(url: str = "http://127.0.0.1:9", product: str = "vbdlis", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": f"{url}/{'land' if product == 'vbdlis' else 'ilis'}",
        "product": product,
        "security_code": CODE,
    }
    if product == "ilis":
        facts["credentials"] = {
            "style": "password",
            "token_url": f"{url}/ilis/token",
            "client_id": "motcua-client",
            "user": "motcua",
            "password": PASSWORD,
        }
    return Settings(**{**facts, **changes})


def scan(identity: str = "f1", content: bytes = SCAN) -> FileRef:
    return FileRef(identity, "don.pdf", "application/pdf", len(content), hashlib.sha256(content).hexdigest())


def dossier(code: str = RECEIPT, **changes: Any) -> DossierFile:
    place = Place(province="52", commune="21001", detail="12 Đường Thử")
    facts: dict[str, Any] = {
        "code": code,
        "version": 1,
        "procedure": "1.004199",
        "procedure_name": "Đăng ký biến động",
        "field": "G18-DD",
        "field_name": "Đất đai",
        "agency": "H21.15",
        "agency_name": "Sở Nông nghiệp và Môi trường",
        "applicant": Party(
            PartyKind.CITIZEN,
            PersonName(PERSON[0]),
            personal_number=PERSON[1],
            phone=PERSON[2],
            email=PERSON[3],
            place=place,
        ),
        "state": DossierState.RECEIVED,
        "officer": "tiepnhan01",
        "received_at": datetime(2026, 11, 23, 1, 0, tzinfo=UTC),
        "due_at": datetime(2026, 12, 14, 10, 0, tzinfo=UTC),
        "papers": (Paper("TP1", "Đơn đăng ký", CopyKind.ORIGINAL, 1, (scan(),)), Paper("TP2", "Bản vẽ")),
        "parcels": (Parcel("12", "345", "120.5", Place(province="52", commune="21001", text="Thôn Thử")),),
    }
    return DossierFile(**{**facts, **changes})


def files(file: FileRef) -> bytes:
    return {"f1": SCAN}[file.id]


@dataclass
class Land:
    """Both sides."""

    sandbox: LandSandbox
    settings: Settings
    client: Client
    url: str

    def control(self, path: str, **facts: Any) -> Any:
        raw = json.dumps(facts).encode()
        answer = self.sandbox.handle(SandboxRequest("POST", f"/_sandbox/land/{path}", {}, {}, raw))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    def books(self) -> Any:
        answer = self.sandbox.handle(SandboxRequest("GET", "/_sandbox/land/books", {}, {}, b""))
        return json.loads(answer.body)


def land(clock: VirtualClock, product: str, **changes: Any) -> Iterator[Land]:
    sandbox = LandSandbox(clock=clock, product=product, code=CODE)
    with serve(sandbox) as server:
        made = settings(server.url, product, **changes)
        connection = connected(made, clock=clock, files=files)
        try:
            yield Land(sandbox, made, connection.client, server.url)
        finally:
            for transport in connection.transports:
                transport.close()


@pytest.fixture
def vbdlis(clock: VirtualClock) -> Iterator[Land]:
    yield from land(clock, "vbdlis")


@pytest.fixture
def ilis(clock: VirtualClock) -> Iterator[Land]:
    yield from land(clock, "ilis")
