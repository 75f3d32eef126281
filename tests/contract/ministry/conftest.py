"""The ministry's sandbox on a real port, and our client before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.kit.effects import Operation
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.ministry.client import Client
from connectors.ministry.connect import connected
from connectors.ministry.sandbox import MinistrySandbox
from connectors.ministry.settings import Settings
from connectors.ministry.translate import Uploaded
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
)
from mappings.canonical.party import Birth, Party, PartyKind, PersonName, Place
from tests.support.clock import VirtualClock

SECRET = "khoa-thu-nghiem-bo-01"
INBOUND = "khoa-cua-bo-goi-den-0001"
CODE = "G09.20-20261123-0000001"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CONTENT = b"%PDF-1.4 don de nghi %%EOF"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def settings(url: str = "http://127.0.0.1:9/ministry", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url,
        "client_id": "tinh-thu",
        "client_secret": SECRET,
        "number_code": "G09.20",
        "receiving_unit": "G09.20",
        "inbound_secret": INBOUND,
    }
    return Settings(**{**facts, **changes})


def person(**changes: Any) -> Party:
    facts: dict[str, Any] = {
        "kind": PartyKind.CITIZEN,
        "name": PersonName("NGUYỄN VĂN THỬ"),
        "personal_number": "001099000001",
        "birth": Birth(date(1999, 1, 31)),
        "phone": "0900000001",
        "email": "thu@example.vn",
        "place": Place(province="52", commune="23557", detail="Số 1 đường Thử"),
        "account": "11111111-2222-3333-4444-555555555555",
    }
    return Party(**{**facts, **changes})


def step(version: int = 1, state: DossierState = DossierState.RECEIVED, **changes: Any) -> Step:
    made = Step(
        version=version,
        state=state,
        at=AT + timedelta(hours=version, milliseconds=329),
        officer="Lê Thị Một Cửa",
        unit="Bộ phận Một cửa",
        content="Tiếp nhận hồ sơ",
        started_at=AT,
        due_at=AT + timedelta(days=10),
    )
    return replace(made, **changes)


def dossier(code: str = CODE, **changes: Any) -> DossierFile:
    made = DossierFile(
        code=code,
        version=1,
        procedure="1.012345",
        procedure_name="",
        field="",
        field_name="",
        agency="G09.20",
        agency_name="",
        applicant=person(),
        state=DossierState.RECEIVED,
        channel=Channel.ONLINE,
        submitted_at=AT,
        papers=(
            Paper(
                "000.00.00.G09-KQ000001",
                "Đơn đề nghị",
                files=(FileRef("f1", "Đơn đề nghị.pdf", sha256=DIGEST),),
            ),
            Paper("000.00.00.G09-KQ000002", "Bản vẽ", copy=CopyKind.ORIGINAL, quantity=2),
        ),
        fees=(FeeItem("P1", "Phí thẩm định", FeeKind.PHI, 300_000, paid=True),),
        results=(ResultPaper("KQ.G09.000001", "Giấy phép", FileRef("k1", "giay-phep.pdf")),),
    )
    return replace(made, **changes)


def uploads(**more: str) -> dict[str, Uploaded]:
    """As if all files of :func:`dossier` had been uploaded."""
    return {"f1": Uploaded("tep-0001", DIGEST), "k1": Uploaded("tep-0002", "")} | {
        name: Uploaded(value, "") for name, value in more.items()
    }


@dataclass
class Ministry:
    """Both sides."""

    sandbox: MinistrySandbox
    settings: Settings
    client: Client
    operations: dict[str, Operation]
    clock: VirtualClock

    def control(self, path: str, **facts: Any) -> Any:
        return asked(self.sandbox, "POST", f"/_sandbox/ministry/{path}", facts)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        asked(self.sandbox, "POST", "/_sandbox/faults", {"operation": operation, "kind": kind, **more})

    def books(self) -> Any:
        return asked(self.sandbox, "GET", "/_sandbox/ministry/books", {})

    def create(self, file: DossierFile | None = None) -> str:
        """A dossier with its file there; their id of it."""
        made = self.client.upload(FileRef("f1", "Đơn đề nghị.pdf", sha256=DIGEST), CONTENT)
        return self.client.create_dossier(
            file or dossier(), uploads={**uploads(), "f1": made}, form={"a": "b"}
        )


def asked(sandbox: MinistrySandbox, method: str, path: str, facts: dict[str, Any]) -> Any:
    """A control of the sandbox, in process."""
    answer = sandbox.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def ministry(clock: VirtualClock, changes: dict[str, Any] | None = None, **facts: Any) -> Iterator[Ministry]:
    """One sandbox served, one client before it."""
    sandbox = MinistrySandbox(clock=clock, client_secret=SECRET, secret=INBOUND, **facts)
    server = serve(sandbox)
    made = settings(f"{server.url}/ministry", deadline_seconds=5.0, **(changes or {}))
    connection = connected(made, clock=clock)
    operations = {operation.name: operation for operation in connection.operations}
    try:
        yield Ministry(sandbox, made, connection.client, operations, clock)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()


@pytest.fixture
def there(clock: VirtualClock) -> Iterator[Ministry]:
    """The ministry with its usual answers."""
    yield from ministry(clock)
