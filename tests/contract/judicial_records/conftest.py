"""The office's and the ministry's sandbox on a real port, and our client before it. All people are made up."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from connectors.judicial_records.client import Client
from connectors.judicial_records.connect import connected
from connectors.judicial_records.sandbox import JudicialSandbox
from connectors.judicial_records.settings import Settings
from connectors.kit.connection import Connection
from connectors.kit.sandbox import SandboxRequest, serve
from mappings.canonical.judicial import (
    Asker,
    Attachment,
    Declarer,
    FormKind,
    IdentityPaper,
    JudicialRequest,
    Kin,
    PaperKind,
    Residence,
)
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind, PersonName, Place, Sex
from tests.support.clock import VirtualClock

AUTH_KEY = "khoa-cua-bo-thu-nghiem"
CODE_GET = "ma-bi-mat-cua-vneid-01"
REFERENCE = "H21.15-261123-0001"
NAME, NUMBER, PHONE, EMAIL = "Nguyễn Thị Thử Nghiệm", "001190000017", "0900000017", "thu@nghiem.example"
PLANTED = (NAME, NUMBER, PHONE, EMAIL, "Nguyễn Văn Giả Định", "Số 1 phố Thử", "05/02/1990", "1990-02-05")
PDF = b"%PDF-1.7 giay thu nghiem\n%%EOF"


def month(year: int, number: int) -> Birth:
    return Birth(date(year, number, 1), BirthPrecision.MONTH)


def year(number: int) -> Birth:
    return Birth(date(number, 1, 1), BirthPrecision.YEAR)


def request(reference: str = REFERENCE, **changes: Any) -> JudicialRequest:
    facts: dict[str, Any] = {
        "applicant": Party(
            kind=PartyKind.CITIZEN,
            name=PersonName(NAME),
            personal_number=NUMBER,
            birth=Birth(date(1990, 2, 5)),
            sex=Sex.FEMALE,
            place=Place(province="01", commune="00004", detail="Số 1 phố Thử"),
            phone=PHONE,
            email=EMAIL,
        ),
        "paper": IdentityPaper(PaperKind.CARD, NUMBER, date(2021, 5, 3), "Cục Cảnh sát"),
        "form": FormKind.ONE,
        "declarer": Declarer.INDIVIDUAL,
        "asker": Asker.CITIZEN,
        "declared_on": date(2026, 11, 23),
        "nationality": "234",
        "ethnicity": "1",
        "residence": "Số 1 phố Thử",
        "region": "10101",
        "father": Kin("Nguyễn Văn Giả Định", year(1960)),
        "residences": (
            Residence(year(2004), month(2012, 9), "Số 1 phố Thử", "Học sinh"),
            Residence(month(2012, 9), None, "Số 1 phố Thử", "Kỹ sư", "Công ty Mẫu"),
        ),
        "purpose": "Xin việc",
        "received_on": date(2026, 11, 23),
        "promised_on": date(2026, 12, 7),
        "receipt_number": "BL-0001",
    }
    return JudicialRequest(reference=reference, **{**facts, **changes})


FILE = Attachment("CCCD", "can-cuoc.pdf", base64.b64encode(PDF).decode())


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": f"{url}/apiLyLichTuPhap",
        "office": "215",
        "ministry": {
            "url": f"{url}/ministry",
            "auth_key": AUTH_KEY,
            "province": "52",
            "province_name": "Gia Lai",
            "states": {"4": "done"},
        },
        "vneid": {"code_get": CODE_GET},
    }
    facts["ministry"] |= changes.pop("ministry_more", {})
    return Settings(**{**facts, **changes})


def told(error: BaseException) -> str:
    """Everything that a log would show of ``error``: its words and those of its causes."""
    return "".join(traceback.format_exception(error)) + repr(error)


@dataclass
class Office:
    """Both sides."""

    sandbox: JudicialSandbox
    connection: Connection

    @property
    def client(self) -> Client:
        made: Client = self.connection.client
        return made

    def control(self, what: str, **facts: Any) -> Any:
        return controlled(self.sandbox, what, **facts)

    def books(self) -> Any:
        answer = self.sandbox.handle(SandboxRequest("GET", "/_sandbox/judicial_records/books", {}, {}, b""))
        return json.loads(answer.body)


def controlled(sandbox: JudicialSandbox, what: str, **facts: Any) -> Any:
    raw = json.dumps(facts).encode()
    answer = sandbox.handle(SandboxRequest("POST", f"/_sandbox/judicial_records/{what}", {}, {}, raw))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def fetched_row(**changes: Any) -> dict[str, Any]:
    form = {
        "fullName": NAME,
        "genderId": 0,
        "birthDateStr": "05/02/1990",
        "nationalityId": 234,
        "idTypeId": 3,
        "identifyNo": NUMBER,
        "idIssueDate": "03/05/2021",
        "dadName": "Nguyễn Văn Giả Định",
        "dadDob": "1960",
        "phone": PHONE,
        "declareDate": "20/11/2026",
        "declareTypeId": 3846,
        "requestQty": 2,
        "objectRequestId": 72,
        "formType": 2,
        "isBanPosition": 1,
        "declarationCode": "00017",
        "declarationId": "MaHoaThu01",
        "receiveDate": "21/11/2026",
        "residence": "Số 1 phố Thử",
        **changes,
    }
    rows = [{"fromDateStr": "09/2012", "toDateStr": "", "residencePlace": "10101", "jobName": "Kỹ sư"}]
    return {"declarationTraHoSoForm": form, "residenceWSForm": rows, "mandatorWSForm": None}


@contextmanager
def opened(clock: VirtualClock, sandbox: JudicialSandbox | None = None, **changes: Any) -> Iterator[Office]:
    served = sandbox or JudicialSandbox(clock=clock, auth_key=AUTH_KEY)
    server = serve(served)
    connection = connected(settings(server.url, **changes), clock=clock)
    try:
        yield Office(served, connection)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()


@pytest.fixture
def office(clock: VirtualClock) -> Iterator[Office]:
    """The default profile."""
    with opened(clock) as made:
        yield made
