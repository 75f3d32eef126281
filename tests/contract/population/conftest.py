"""The register's sandbox on a real port, and our client before it. All people are made up."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from connectors.kit.connection import Connection
from connectors.kit.sandbox import SandboxRequest, serve
from connectors.population.client import ELEMENTS, Client
from connectors.population.connect import connected
from connectors.population.sandbox import PopulationSandbox
from connectors.population.settings import Settings
from mappings.canonical.citizen import CitizenClaim
from mappings.canonical.party import Birth, BirthPrecision
from mappings.canonical.purpose import Reason
from tests.support.clock import VirtualClock

NUMBER, NAME, DETAIL = "001190000017", "Nguyễn Thị Thử Nghiệm", "Số 1 phố Thử"
PLANTED = (
    NUMBER,
    "012345678",
    NAME,
    NAME.upper(),
    "19900205",
    "1990-02-05",
    "001089000025",
    "Trần Văn Mẫu",
    DETAIL,
)
SECRET = "khoa-cua-so-muc-dich"
CLAIM = CitizenClaim(NUMBER, NAME, Birth(date(1990, 2, 5)))
ELDER = CitizenClaim("036040000033", "Lê Thị Cụ Già", Birth(date(1940, 1, 1), BirthPrecision.YEAR))


def reason(request_id: str = "YC-20261123-0001", **changes: str) -> Reason:
    facts = {
        "procedure": "1.001612",
        "unit": "H21.15",
        "officer": "an@tinh.example",
        "dossier_code": "H21.15-261123-0001",
    }
    return Reason(request_id=request_id, **{**facts, **changes})


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    facts: dict[str, Any] = {
        "base_url": url,
        "subject_key": SECRET,
        "path": "/population",
        "contracts": {**dict.fromkeys(ELEMENTS, "037"), "confirm": "033"},
        "procedures": {"TS_lop1.000.00.00.H22": "1.005099"},
        "officers": {"an@tinh.example": "canbo01"},
        "sex_codes": {"1": "male", "2": "female"},
        "marital_codes": {"2": "married"},
    }
    return Settings(**{**facts, **changes})


def told(error: BaseException) -> str:
    """Everything that a log would show of ``error``: its words and those of its causes."""
    return "".join(traceback.format_exception(error)) + repr(error)


@dataclass
class Register:
    """Both sides."""

    sandbox: PopulationSandbox
    connection: Connection

    @property
    def client(self) -> Client:
        made: Client = self.connection.client
        return made

    def books(self) -> Any:
        answer = self.sandbox.handle(SandboxRequest("GET", "/_sandbox/population/books", {}, {}, b""))
        return json.loads(answer.body)

    def control(self, what: str, **facts: Any) -> Any:
        raw = json.dumps(facts).encode()
        answer = self.sandbox.handle(SandboxRequest("POST", f"/_sandbox/population/{what}", {}, {}, raw))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)


@contextmanager
def registered(
    clock: VirtualClock, sandbox: PopulationSandbox | None = None, **changes: Any
) -> Iterator[Register]:
    """A served sandbox and a client with ``changes`` of its settings."""
    served = sandbox or PopulationSandbox(clock=clock)
    server = serve(served)
    connection = connected(settings(server.url, **changes), clock=clock)
    try:
        yield Register(served, connection)
    finally:
        for transport in connection.transports:
            transport.close()
        server.close()


@pytest.fixture
def register(clock: VirtualClock) -> Iterator[Register]:
    """The default profile."""
    with registered(clock) as made:
        yield made
