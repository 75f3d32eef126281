"""A dossier with everything in it, and the platform's sandbox before our client."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.kit.sandbox import SandboxRequest, serve
from connectors.lgsp.client import Client
from connectors.lgsp.connect import connected
from connectors.lgsp.sandbox import LgspSandbox
from connectors.lgsp.settings import Settings
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import (
    Channel,
    CopyKind,
    DossierFile,
    FeeItem,
    FileRef,
    Paper,
    ResultPaper,
    Step,
    Supplement,
)
from mappings.canonical.party import Birth, Party, PartyKind, PersonName, Place
from tests.support.clock import VirtualClock

CODE = "000.00.15.H42-261123-0001"
PERSON = ("Trần Thị Nhãn", "037190000123", "0912000123", "nhan@example.vn", "Thôn Thử")
FORM, RESULT = b"%PDF-1.7 don", b"%PDF-1.7 giay chung nhan"
FILES = {"101": FORM, "f-ket-qua": RESULT, "103": b"cu"}


def at(day: int, hour: int = 1) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def step(version: int = 1, state: DossierState = DossierState.PROCESSING, **changes: Any) -> Step:
    facts: dict[str, Any] = {
        "version": version,
        "state": state,
        "at": at(23, 18),
        "officer": "Phạm Văn Mít",
        "unit": "Phòng Đất đai",
        "content": "Thẩm định hồ sơ",
        "position": "Chuyên viên",
    }
    return Step(**{**facts, **changes})


def dossier(**changes: Any) -> DossierFile:
    name, number, phone, email, place = PERSON
    facts: dict[str, Any] = {
        "code": CODE,
        "version": 7,
        "procedure": "1.004199",
        "procedure_name": "Đăng ký biến động",
        "field": "G15",
        "field_name": "Đất đai",
        "agency": "H42.15",
        "agency_name": "Sở Nông nghiệp và Môi trường",
        "applicant": Party(
            PartyKind.CITIZEN,
            PersonName(name),
            personal_number=number,
            phone=phone,
            email=email,
            birth=Birth(date(1990, 5, 1)),
            place=Place("37", "", "14371", text=place),
        ),
        "state": DossierState.RETURNED,
        "summary": "Xin đăng ký",
        "return_channel": Channel.POST,
        "received_at": at(20),
        "due_at": at(25, 10),
        "finished_at": at(23, 18),
        "returned_at": at(24, 2),
        "papers": (
            Paper(
                "TP1",
                "Đơn đăng ký",
                CopyKind.ORIGINAL,
                files=(FileRef("101", "don.pdf", size=len(FORM), sha256=hashlib.sha256(FORM).hexdigest()),),
                digitised=True,
            ),
            Paper("TP2", "Bản vẽ cũ", files=(FileRef("103", "cu.pdf"),), deleted=True),
        ),
        "results": (ResultPaper("KQ1", "Giấy chứng nhận", FileRef("f-ket-qua", "gcn.pdf")),),
        "fees": (
            FeeItem("P1", "Phí thẩm định", FeeKind.PHI, 1_200_000),
            FeeItem("L1", "Lệ phí", FeeKind.LE_PHI, 99_999),
        ),
        "steps": (
            step(1),
            step(2, DossierState.DONE, officer="Lê Thị Xoài", position="Phó Giám đốc", content="Đồng ý"),
            step(3, DossierState.RETURNED, content="Đã trao tay"),
        ),
        "supplements": (
            Supplement(
                "55",
                "Phạm Văn Mít",
                "Thiếu bản vẽ",
                at(20, 5),
                papers=(Paper("TP2", "Bản vẽ"),),
                fees=(FeeItem("P2", "Phí bổ sung", FeeKind.PHI, 10_000),),
                answered_by="Trần Thị Nhãn",
                answer="Đã nộp",
                answered_at=at(21),
                due_before=at(24),
                due_after=at(25, 10),
            ),
        ),
    }
    return DossierFile(**{**facts, **changes})


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    return Settings.model_validate({"base_url": f"{url}/lgsp", "deadline_seconds": 5, **changes})


@dataclass
class Platform:
    """Both sides."""

    sandbox: LgspSandbox
    url: str

    def client(self, **changes: Any) -> Client:
        made = connected(settings(self.url, **changes), clock=VirtualClock()).client
        made.read_file = FILES.__getitem__
        return made

    def books(self) -> Any:
        return self.control("GET", "books")

    def control(self, method: str, path: str, **facts: Any) -> Any:
        request = SandboxRequest(method, f"/_sandbox/lgsp/{path}", {}, {}, json.dumps(facts).encode())
        answer = self.sandbox.handle(request)
        assert answer.status < 300, answer.body
        return json.loads(answer.body)


@pytest.fixture
def platform() -> Iterator[Platform]:
    sandbox = LgspSandbox(clock=VirtualClock())
    with serve(sandbox) as server:
        yield Platform(sandbox, server.url)
