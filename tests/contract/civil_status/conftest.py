"""Civil status on a real port, and our client before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.civil_status.client import Client
from connectors.civil_status.connect import connected
from connectors.civil_status.sandbox import CivilStatusSandbox
from connectors.civil_status.settings import Settings
from connectors.civil_status.translate import StateReport
from connectors.kit.sandbox import SandboxRequest, serve
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from tests.support.clock import VirtualClock

CODE, LINKED_CODE, PLACE = "H21.129-261123-0001", "G22.99.08-261123-0001", "23710"
TOKEN = "mot-token-thu-nghiem"
PERSON = ("NGUYỄN", "001099000001", "0900000001", "thu@example.invalid", "LÊ BÉ")
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    facts = {"base_url": url, "province": "52", "credentials": {"style": "bearer", "token": TOKEN}}
    return Settings(**{**facts, **changes})


def form(**changes: Any) -> dict[str, Any]:
    facts = {
        "noiDangKy": PLACE,
        "nksHoTen": {"Ho": "LÊ", "ChuDem": "", "Ten": "BÉ"},
        "nksNgaySinh": {"namSinh": "2026", "thangSinh": "11", "ngaySinh": "20"},
        "nksGioiTinh": 1,
        "nksDanToc": "63001",
        "nycLoaiGiayToTuyThan": 4,
    }
    return {**facts, **changes}


def dossier(**changes: Any) -> DossierFile:
    facts: dict[str, Any] = {
        "code": CODE,
        "version": 1,
        "procedure": "2.001023.000.00.00.H21",
        "procedure_name": "Đăng ký khai sinh",
        "field": "G15-HT",
        "field_name": "Hộ tịch",
        "agency": "H21.129",
        "agency_name": "UBND xã Thử",
        "applicant": Party(
            PartyKind.CITIZEN,
            PersonName("NGUYỄN VĂN THỬ"),
            personal_number=PERSON[1],
            phone=PERSON[2],
            email=PERSON[3],
            place=Place("52", commune=PLACE, detail="Thôn Thử"),
        ),
        "state": DossierState.RECEIVED,
        "received_at": AT,
    }
    return DossierFile(**{**facts, **changes})


RESULT = {
    "soDinhDanh": "052326000001",
    "nksHoTen": "LÊ BÉ",
    "ngayDangKy": "23/11/2026",
    "soDangKy": "12",
    "giayKhaiSinh": "JVBERg==",
    "maGiayToKetQua": "KQ.G15.000031",
}


def report(**changes: Any) -> StateReport:
    facts: dict[str, Any] = {
        "procedure": "2.001023",
        "dossier_code": CODE,
        "linked_code": LINKED_CODE,
        "at": AT,
        "officer": "Cán bộ thử",
        "result": RESULT,
    }
    return StateReport(**{**facts, **changes})


@dataclass
class Civil:
    """Both sides."""

    sandbox: CivilStatusSandbox
    client: Client
    url: str

    def control(self, path: str, **facts: Any) -> Any:
        raw = json.dumps(facts).encode()
        answer = self.sandbox.handle(SandboxRequest("POST", f"/_sandbox/civil_status/{path}", {}, {}, raw))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    def books(self) -> Any:
        answer = self.sandbox.handle(SandboxRequest("GET", "/_sandbox/civil_status/books", {}, {}, b""))
        return json.loads(answer.body)

    def register(self, **changes: Any) -> str:
        facts: dict[str, Any] = {
            "code": CODE,
            "linked_code": "",
            "module": "BS",
            "unit": PLACE,
            "received_at": AT,
            "form": form(),
        }
        return self.client.register(**{**facts, **changes})


def civil_with(clock: VirtualClock, **changes: Any) -> Iterator[Civil]:
    sandbox = CivilStatusSandbox(clock=clock, token=TOKEN)
    with serve(sandbox) as server:
        connection = connected(settings(server.url, **changes), clock=clock)
        try:
            yield Civil(sandbox, connection.client, server.url)
        finally:
            for transport in connection.transports:
                transport.close()


@pytest.fixture
def civil(clock: VirtualClock) -> Iterator[Civil]:
    yield from civil_with(clock)


@pytest.fixture
def older(clock: VirtualClock) -> Iterator[Civil]:
    """The XML generation."""
    yield from civil_with(clock, generation="xml", unit_as_number=True)
