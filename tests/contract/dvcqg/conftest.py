"""The portal's sandbox on a real port, and our client before it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.dvcqg.client import Client
from connectors.dvcqg.connect import connected
from connectors.dvcqg.sandbox import PortalSandbox
from connectors.dvcqg.settings import Settings
from connectors.kit.effects import Operation
from connectors.kit.sandbox import SandboxRequest, serve
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import (
    Channel,
    CopyKind,
    DossierFile,
    FeeItem,
    FileRef,
    Paper,
    ResultPaper,
    Reuse,
    Step,
    Supplement,
)
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from tests.support.clock import VirtualClock

PASSWORD = "mat-khau-thu-nghiem-01"
INBOUND = "khoa-cua-cong-dvcqg-0001"
CODE = "H21.15-261123-0001"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def settings(url: str = "http://127.0.0.1:9/dvcqg", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url,
        "username": "tinh-thu",
        "password": PASSWORD,
        "dstcode": "VN:GOV:000.00.00.G22:vpcpdvcprovider",
        "unit": "000.00.00.H21",
        "unit_code": "H21",
        "inbound_secret": INBOUND,
    }
    return Settings(**{**facts, **changes})


def person(**changes: Any) -> Party:
    facts: dict[str, Any] = {
        "kind": PartyKind.CITIZEN,
        "name": PersonName("NGUYỄN VĂN THỬ"),
        "personal_number": "001099000001",
        "phone": "0900000001",
        "email": "thu@example.vn",
        "place": Place(text="Phường Thử, tỉnh Thử"),
        "account": "tech-0001",
    }
    return Party(**{**facts, **changes})


def step(version: int = 1, state: DossierState = DossierState.RECEIVED, **changes: Any) -> Step:
    made = Step(
        version=version,
        state=state,
        at=AT + timedelta(hours=version),
        officer="Lê Thị Một Cửa",
        unit="Bộ phận Một cửa",
        content="Tiếp nhận hồ sơ",
        position="Chuyên viên",
        started_at=AT,
        due_at=AT + timedelta(days=10),
    )
    return replace(made, **changes)


def dossier(code: str = CODE, **changes: Any) -> DossierFile:
    made = DossierFile(
        code=code,
        version=1,
        procedure="1.004199.000.00.00.H21",
        procedure_name="Đăng ký biến động quyền sử dụng đất",
        field="G18-DD01",
        field_name="Đất đai",
        agency="",
        agency_name="Sở Nông nghiệp và Môi trường",
        applicant=person(),
        state=DossierState.PROCESSING,
        receipt_number=code,
        summary="Đề nghị đăng ký biến động",
        channel=Channel.ONLINE,
        return_channel=Channel.POST,
        submitted_at=AT - timedelta(days=1),
        received_at=AT,
        due_at=AT + timedelta(days=10),
        papers=(
            Paper(
                "000.00.00.G18-KQ0001",
                "Đơn đăng ký.pdf",
                files=(
                    FileRef("f1", "Đơn đăng ký.pdf", url="https://tep.example/f/1?han=1"),
                    FileRef("f2", "Trang 2.pdf", url="https://tep.example/f/2?han=1"),
                ),
                digitised=True,
            ),
            Paper(
                "000.00.00.G18-KQ0002",
                "Giấy cũ.pdf",
                files=(FileRef("f3", "Giấy cũ.pdf", url="https://tep.example/f/3"),),
                reuse=Reuse.FROM_REGISTER,
                result_code="KQ.G18.000001",
            ),
            Paper("", "Bản đồ giấy", copy=CopyKind.ORIGINAL, quantity=2),
        ),
        results=(
            ResultPaper(
                "KQ.G18.000002", "Giấy mới", FileRef("k1", "Giấy mới", url="https://tep.example/k/1")
            ),
        ),
        fees=(FeeItem("P-TD", "Phí thẩm định", FeeKind.PHI, 300_000),),
        steps=(step(1), step(2, DossierState.PROCESSING)),
        supplements=(
            Supplement(
                id="bs1",
                asked_by="Lê Thị Một Cửa",
                reason="Thiếu bản vẽ",
                asked_at=AT + timedelta(days=1),
                answered_by="Lê Thị Một Cửa",
                answer="Đã nhận",
                answered_at=AT + timedelta(days=2),
                due_before=AT + timedelta(days=10),
                due_after=AT + timedelta(days=12),
            ),
        ),
        registers=("7",),
        paid_online=True,
        vneid_verified=True,
    )
    return replace(made, **changes)


@dataclass
class Portal:
    """Both sides."""

    url: str
    sandbox: PortalSandbox
    settings: Settings
    client: Client
    operations: dict[str, Operation]
    clock: VirtualClock

    def control(self, path: str, **facts: Any) -> Any:
        return asked(self.sandbox, "POST", f"/_sandbox/dvcqg/{path}", facts)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        asked(self.sandbox, "POST", "/_sandbox/faults", {"operation": operation, "kind": kind, **more})

    def books(self) -> Any:
        return asked(self.sandbox, "GET", "/_sandbox/dvcqg/books", {})


def asked(sandbox: PortalSandbox, method: str, path: str, facts: dict[str, Any]) -> Any:
    """A control of the sandbox, in process."""
    answer = sandbox.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def portal(clock: VirtualClock, changes: dict[str, Any] | None = None, **facts: Any) -> Iterator[Portal]:
    """One sandbox served, one client before it."""
    sandbox = PortalSandbox(clock=clock, password=PASSWORD, secret=INBOUND, **facts)
    server = serve(sandbox)
    made = settings(f"{server.url}/dvcqg", deadline_seconds=5.0, **(changes or {}))
    connection = connected(made, clock=clock)
    operations = {operation.name: operation for operation in connection.operations}
    try:
        yield Portal(server.url, sandbox, made, connection.client, operations, clock)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()


@pytest.fixture
def there(clock: VirtualClock) -> Iterator[Portal]:
    """The portal with its usual answers."""
    yield from portal(clock)
