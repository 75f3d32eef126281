"""Their sandbox on a real port, our client before it, and a reason for every look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from connectors.kit.sandbox import SandboxAnswer, serve
from connectors.social_insurance.client import Client
from connectors.social_insurance.connect import connected
from connectors.social_insurance.sandbox import InsuranceSandbox
from connectors.social_insurance.settings import Settings
from mappings.canonical.insurance import InsuranceQuestion
from mappings.canonical.party import Birth, BirthPrecision, Place, Sex
from mappings.canonical.purpose import Reason
from tests.contract.conformance import Replaying
from tests.support.clock import VirtualClock

TOKEN = "token-Of-Nobody"
SUBJECT_KEY = "khoa-so-muc-dich-thu"
NUMBER = "9900000101"
PERSON = (NUMBER, "Nhãn", "Trần", "19900501", "3710001234", "14371", "GD4370000000101", "Thôn Thử")
JSON = {"Content-Type": "application/json"}


def reason(**changes: str) -> Reason:
    facts = {
        "request_id": "R0000001",
        "procedure": "1.004199",
        "unit": "H42.15",
        "officer": "an@tinh.example",
        "dossier_code": "000.00.15.H42-261123-0001",
    }
    return Reason(**{**facts, **changes})


def question(**changes: Any) -> InsuranceQuestion:
    facts: dict[str, Any] = {
        "name": "Trần Thị Nhãn",
        "birth": Birth(date(1990, 5, 1)),
        "sex": Sex.FEMALE,
        "place": Place("37", "", "14371"),
    }
    return InsuranceQuestion(**{**facts, **changes})


YEAR_ONLY = {
    "name": "Vũ Văn Sấu",
    "birth": Birth(date(1955, 1, 1), BirthPrecision.YEAR),
    "sex": Sex.MALE,
    "place": Place("36", "356", "13600"),
}
MONTH_ONLY = {"name": "Đinh Na", "birth": Birth(date(1980, 3, 1), BirthPrecision.MONTH), "sex": Sex.OTHER}


def settings(url: str = "http://127.0.0.1:9", **changes: Any) -> Settings:
    facts = {
        "base_url": f"{url}/bhxh",
        "deadline_seconds": 5,
        "subject_key": SUBJECT_KEY,
        "credentials": {"style": "bearer", "token": TOKEN},
    }
    return Settings.model_validate({**facts, **changes})


@dataclass
class Insurance:
    """Both sides."""

    sandbox: InsuranceSandbox
    url: str

    def client(self, **changes: Any) -> Client:
        made: Client = connected(settings(self.url, **changes), clock=self.sandbox.clock).client
        return made


@pytest.fixture
def insurance() -> Iterator[Insurance]:
    sandbox = InsuranceSandbox(clock=VirtualClock(), token=TOKEN)
    with serve(sandbox) as server:
        yield Insurance(sandbox, server.url)


def answering(operation: str, body: bytes, ask: Any, **changes: Any) -> Any:
    """What ``ask(client)`` gives when they answer ``body``."""
    sandbox = Replaying(InsuranceSandbox(clock=VirtualClock()), operation, SandboxAnswer(200, JSON, body))
    with serve(sandbox) as server:
        return ask(connected(settings(server.url, **changes), clock=VirtualClock()).client)
