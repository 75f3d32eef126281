"""The old and the new case system, each on a port of its own, and our one connection before them.

The new one speaks another profile: times of change under another name, bare status numbers, amounts of whole lines, an
adapter that answers in plain text, other paths. Both number from one, so every id means two dossiers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from connectors.igate import sides
from connectors.igate.connect import connected
from connectors.igate.sandbox import CaseSystemSandbox
from connectors.kit.connection import Connection
from connectors.kit.effects import Operation
from connectors.kit.sandbox import SandboxAnswer, SandboxRequest, serve
from connectors.kit.shadow import Compared
from connectors.kit.sidebyside import Beside, Remembered, Subject
from connectors.kit.switching import Rule, Says, Switch
from tests.contract.igate.conftest import FEES, SECRET, asked, settings
from tests.support.clock import VirtualClock

AGENCY, OTHER = "H21.15", "H21.16"


class NewCaseSystem(CaseSystemSandbox):
    """The same books told in another shape."""

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        if request.path.startswith("/paas/"):
            request = replace(request, path=request.path.replace("/paas/", "/pa/", 1))
        answer = super().handle(request)
        if not request.path.startswith("/pa/") or answer.status != 200:
            return answer
        told = self._reshaped(json.loads(answer.body))
        return replace(answer, body=json.dumps(told, ensure_ascii=False).encode())

    def knows(self, request: SandboxRequest) -> bool:
        return super().knows(replace(request, path=request.path.replace("/paas/", "/pa/", 1)))

    def _reshaped(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._reshaped(item) for item in value]
        if not isinstance(value, dict):
            return value
        made = {
            ("lastModifiedDate" if key == "updatedDate" else key): self._reshaped(item)
            for key, item in value.items()
        }
        if isinstance(made.get("dossierStatus"), dict):
            made["dossierStatus"] = made["dossierStatus"]["id"]
        if "procost" in made:
            made["amount"] *= made["quantity"]
            made["dossier"]["code"] = self._by_id[made["dossier"]["id"]].code
        return made


NEW_PROFILE: dict[str, Any] = {
    "dossiers_prefix": "/paas",
    "updated_keys": ("lastModifiedDate",),
    "amount_is": "total",
    "page_size": 2,
}


@dataclass
class Installation:
    """What people said, and the dossiers that the feed brought."""

    said: list[Rule] = field(default_factory=list)
    dossiers: dict[str, Subject] = field(default_factory=dict)
    heard: list[Compared] = field(default_factory=list)
    memory: Remembered = field(default_factory=Remembered)

    def rules(self, system: str) -> Sequence[Rule]:
        assert system == "igate"
        return self.said

    def known(self, names: Sequence[str]) -> Mapping[str, Subject]:
        return {name: self.dossiers[name] for name in names if name in self.dossiers}

    def beside(self) -> Beside:
        return Beside(self, self.memory, self, self.heard.append)


class Pair:
    """Both sides of both versions."""

    def __init__(self, clock: VirtualClock, stack: ExitStack, switch: Switch | None = None) -> None:
        self.clock, self.ours = clock, Installation()
        self.old = CaseSystemSandbox(clock=clock, client_secret=SECRET)
        self.new = NewCaseSystem(clock=clock, client_secret=SECRET, plain_ok=True)
        self.servers = [stack.enter_context(serve(each)) for each in (self.old, self.new)]
        old, new = (server.url for server in self.servers)
        one = connected(settings(old, deadline_seconds=5), clock=clock)
        two = connected(settings(new, deadline_seconds=5, **NEW_PROFILE), clock=clock)
        self.connection: Connection = sides.beside(
            one, two, switch or Switch(), self.ours.beside(), clock=clock
        )
        self.client: Any = self.connection.client
        for transport in self.connection.transports:
            stack.callback(transport.close)

    def say(self, says: str, *, agency: str = "", operation: str = "") -> None:
        """A person says it now."""
        self.clock.advance(1)
        self.ours.said.append(Rule(operation, agency, Says(says), self.clock.now()))

    def file(self, where: CaseSystemSandbox, code: str, **facts: Any) -> str:
        """A dossier in one of the two; its id there."""
        self.clock.advance(60)
        body = {"fees": FEES, "code": code, "agency": code.partition("-")[0], **facts}
        made: str = asked(where, "POST", "/_sandbox/igate/dossiers", body)["id"]
        return made

    def both(self, code: str, **facts: Any) -> tuple[str, str]:
        """The same dossier in both, known to the installation by the old one's id; ids there."""
        old, new = self.file(self.old, code, **facts), self.file(self.new, code, **facts)
        self.knows(code, old)
        return old, new

    def knows(self, code: str, source_id: str) -> None:
        """The feed brought it."""
        subject = Subject(code, code.partition("-")[0])
        self.ours.dossiers |= {code: subject, source_id: subject}

    def fault(self, where: CaseSystemSandbox, operation: str, kind: str, **more: Any) -> None:
        asked(where, "POST", "/_sandbox/faults", {"operation": operation, "kind": kind, **more})

    def book(self, where: CaseSystemSandbox, code: str) -> Any:
        return asked(where, "GET", "/_sandbox/igate/books", {})["dossiers"][code]

    def operation(self, name: str) -> Operation:
        [found] = [each for each in self.connection.operations if each.name == name]
        return found

    def codes(self, *, days: int = 30) -> list[str]:
        """Everything that the feed tells, page after page."""
        since, found = self.clock.now() - timedelta(days=days), []
        for page in range(100):
            read = self.client.changed_since(since, page)
            assert not read.unreadable
            found += [head.code for head in read.items]
            if not read.more:
                return found
        raise AssertionError("the feed does not end")
