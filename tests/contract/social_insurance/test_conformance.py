"""The look-ups of social security pass the suite of all connectors."""

from __future__ import annotations

from connectors.kit.effects import Call
from connectors.social_insurance.connect import connected
from connectors.social_insurance.sandbox import InsuranceSandbox
from mappings.canonical.codec import to_json
from tests.contract.conformance import Conformance, World
from tests.contract.social_insurance.conftest import (
    NUMBER,
    PERSON,
    SUBJECT_KEY,
    TOKEN,
    question,
    reason,
    settings,
)
from tests.support.clock import VirtualClock


class TestSocialInsurance(Conformance):
    operations = ("by_number", "find_number", "household")

    def world(self) -> World:
        clock = VirtualClock()
        facts = {"question": to_json(question()), "reason": to_json(reason())}
        payloads = {
            "by_number": {"number": NUMBER, "reason": to_json(reason())},
            "find_number": facts,
            "household": facts,
        }
        return World(
            sandbox=InsuranceSandbox(clock=clock, token=TOKEN),
            connect=lambda url: connected(settings(url), clock=clock).operations,
            calls={
                name: lambda n=name: Call(f"bhxh:{n}", "R0000001", payloads[n]) for name in self.operations
            },
            secrets=(TOKEN, SUBJECT_KEY, *PERSON),
        )
