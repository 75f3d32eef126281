"""The business register passes the suite of all connectors, in every shape of address."""

from __future__ import annotations

from connectors.business_registration.connect import connected
from connectors.business_registration.sandbox import RegisterSandbox
from connectors.kit.effects import Call
from tests.contract.business_registration.conftest import CODE, COOPERATIVE, OWNER, PEOPLE, TOKEN, settings
from tests.contract.conformance import Conformance, World
from tests.support.clock import VirtualClock


class TestVersionInPath(Conformance):
    operations = (
        "enterprise",
        "cooperative",
        "household",
        "dossiers_today",
        "dossiers_between",
        "dossier_status",
    )
    shape = lists = "version_in_path"
    newer = False

    def world(self) -> World:
        clock = VirtualClock()
        sandbox = RegisterSandbox(clock=clock, newer=self.newer, token=TOKEN)

        def connect(url: str):
            return connected(settings(url, shape=self.shape, lists_shape=self.lists), clock=clock).operations

        payloads = {
            "enterprise": {"code": CODE},
            "cooperative": {"code": COOPERATIVE},
            "household": {"code": OWNER},
            "dossiers_today": {"from": "00:00", "to": "23:59"},
            "dossiers_between": {"from": "2026-11-19", "to": "2026-11-23"},
            "dossier_status": {"number": "HS-0001/26"},
        }
        calls = {name: lambda n=name: Call(f"dkdn:{n}", "", payloads[n]) for name in self.operations}
        return World(sandbox, connect, calls, secrets=(TOKEN, *PEOPLE))


class TestAdapter(TestVersionInPath):
    shape = lists = "adapter"
    newer = True


class TestFacade(TestVersionInPath):
    shape, lists = "facade", "no_version"
