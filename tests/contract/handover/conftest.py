"""Specialised software on a real port, each with our client before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.handover.connect import connected
from connectors.handover.sandbox import HandoverSandbox, sandbox_of
from connectors.handover.settings import Settings
from connectors.kit.connection import Connection
from connectors.kit.effects import Call, Done, Operation
from connectors.kit.sandbox import SandboxRequest, serve
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import CopyKind, DossierFile, FileRef, Paper, Supplement
from mappings.canonical.party import Birth, Party, PartyKind, PersonName, Place, Sex
from tests.support.clock import MONDAY_MORNING, VirtualClock

SECRET = "khoa-thu-cua-phan-mem"
CALLBACK_SECRET = "khoa-goi-nguoc-thu-01"
CODE = "H21.15-261123-0001"
OTHER = "H21.15-261123-0002"
PERSON = ("Nguyễn Thị Kín", "001099000001", "0900000001", "Tổ 3 đường Thử", "19990131", "31/01/1999")
CONTENT = {"tep-1": "JVBERi0xLjQK", "tep-2": "aGVsbG8="}
FOUR = ("xay-dung", "gplx", "c08", "lao-dong")
FIVE = ("hand_over", "ask_state", "send_supplement", "fetch_result", "acknowledge")
OPERATIONS = {
    "xay-dung": FIVE,
    "gplx": FIVE,
    "lao-dong": FIVE,
    "c08": ("find_vehicle", "find_registration_fee", "find_inspection", "find_customs"),
}
QUERIES = {
    "find_vehicle": {
        "plate": "81A-000.01",
        "chassis": "RLTHU0000001",
        "vehicle_kind": "1",
        "plate_colour": "T",
    },
    "find_registration_fee": {"code": "LPTB-0001", "dossier_code": CODE},
    "find_inspection": {"certificate": "DK-0001"},
    "find_customs": {"chassis": "RLTHU0000001"},
}


def a_file(number: int = 1) -> FileRef:
    return FileRef(id=f"tep-{number}", name=f"tep-{number}.pdf", url=f"https://motcua.example/tep/{number}")


PAPERS = (
    Paper("TP-1", "Đơn đề nghị", CopyKind.ORIGINAL, 1, (a_file(1),), digitised=True),
    Paper("TP-2", "Bản vẽ", CopyKind.COPY, 2, (a_file(2),)),
)


def a_dossier(code: str = CODE, **changes: Any) -> DossierFile:
    made = DossierFile(
        code=code,
        version=3,
        procedure="1.009994",
        procedure_name="Cấp giấy phép",
        field="G09-XD01",
        field_name="Xây dựng",
        agency="H21.15",
        agency_name="Sở",
        applicant=Party(
            kind=PartyKind.CITIZEN,
            name=PersonName(PERSON[0]),
            personal_number=PERSON[1],
            birth=Birth(date(1999, 1, 31)),
            sex=Sex.FEMALE,
            place=Place(province="52", commune="23575", detail="Tổ 3", text=PERSON[3]),
            phone=PERSON[2],
        ),
        state=DossierState.RECEIVED,
        received_at=MONDAY_MORNING,
        due_at=datetime(2026, 12, 7, 10, 0, tzinfo=UTC),
        officer="cb.motcua",
        papers=PAPERS,
        paid_online=True,
    )
    return replace(made, **changes)


def facts_for(name: str, code: str = CODE) -> dict[str, Any]:
    """Canonical facts of an operation that would be granted."""
    if name in QUERIES:
        return {"query": QUERIES[name], "about": {"dossier_code": code}}
    about = {
        "dossier_code": code,
        "their_reference": "",
        "at": MONDAY_MORNING.isoformat(),
        "officer": "cb.tra",
    }
    facts: dict[str, Any] = {"about": about, "files": CONTENT}
    if name == "hand_over":
        facts["dossier"] = to_json(a_dossier(code))
    if name == "send_supplement":
        asked = Supplement(
            id="YC-1",
            asked_by="cb.b",
            reason="Thiếu bản vẽ",
            asked_at=MONDAY_MORNING,
            papers=PAPERS[1:],
            answer="Đã bổ sung",
            answered_at=MONDAY_MORNING,
        )
        facts["supplement"] = to_json(asked)
    return facts


def settings(url: str = "http://127.0.0.1:9", *names: str, **changes: Any) -> Settings:
    made = {}
    for name in names or FOUR:
        facts: dict[str, Any] = {"base_url": f"{url}/handover/{name}", "callback_secret": CALLBACK_SECRET}
        if name == "c08":
            facts |= {"login_user": "motcua", "login_password": SECRET}
        else:
            facts["credentials"] = {"style": "bearer", "token": SECRET}
        made[name] = {**facts, **changes}
    return Settings(systems=made)


def sandbox(name: str, clock: Any = None, **more: Any) -> HandoverSandbox:
    return sandbox_of(name, clock=clock, secret=SECRET, callback_secret=CALLBACK_SECRET, **more)


def asked(theirs: HandoverSandbox, method: str, path: str, facts: Any = None) -> Any:
    """A control of the sandbox, in process."""
    path = f"/_sandbox/{theirs.system}/{path}"
    answer = theirs.handle(SandboxRequest(method, path, {}, {}, json.dumps(facts or {}).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


@dataclass
class Software:
    """Both sides of one system."""

    name: str
    sandbox: HandoverSandbox
    connection: Connection
    url: str

    @property
    def by_name(self) -> dict[str, Operation]:
        return {each.name: each for each in self.connection.operations}

    def do(self, name: str, facts: dict[str, Any] | None = None) -> Done:
        return self.by_name[name].perform(Call("k", CODE, facts or facts_for(name), deadline_seconds=5))

    def state(self, state: str, code: str = CODE) -> None:
        asked(self.sandbox, "POST", "state", {"key": code, "state": state})

    def books(self) -> Any:
        return asked(self.sandbox, "GET", "books")


Make = Callable[..., Software]


@pytest.fixture
def make(clock: VirtualClock) -> Iterator[Make]:
    closing: list[Any] = []

    def made(name: str, **changes: Any) -> Software:
        theirs = sandbox(name, clock)
        server = serve(theirs)
        connection = connected(settings(server.url, name, **changes), clock=clock)
        closing.extend([*connection.transports, server])
        return Software(name, theirs, connection, server.url)

    yield made
    for each in closing:
        each.close()
