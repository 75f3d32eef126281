"""Synchronisation on PostgreSQL with a small case system and a small portal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from connectors.errors import OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Operation
from connectors.kit.seams import seeded
from jobs.effects.actors import install_limits
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.sync.handlers import handlers
from jobs.sync.model import Message, Route, There
from jobs.sync.rules import Rule
from jobs.sync.service import Sync
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierDetail, DossierHead, DossierStage, DossierState
from mappings.canonical.file import DossierFile
from mappings.errors import MappingError

PORTAL = "portal"
CODE = "H21.129-261124-0001"
RECEIVED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@dataclass
class CaseSystem:
    """Dossiers by id; away or without one when told so."""

    details: dict[str, DossierDetail] = field(default_factory=dict)
    asked: int = 0
    away: bool = False

    def dossier(self, source_id: str) -> DossierDetail:
        self.asked += 1
        if self.away:
            raise Unavailable("down", system="igate", operation="dossier")
        if source_id not in self.details:
            raise Rejected("none", system="igate", operation="dossier", code="404")
        return self.details[source_id]


@dataclass
class Portal:
    """An outside system that takes dossiers and steps, and can be asked what it has."""

    dossiers: dict[str, int] = field(default_factory=dict)
    steps: dict[str, list[int]] = field(default_factory=dict)
    calls: list[tuple[str, int]] = field(default_factory=list)
    answers: list[Exception] = field(default_factory=list)

    def push(self, call: Call) -> Done:
        self.calls.append(("push", call.payload["dossier"]["version"]))
        self._misbehave()
        code = call.payload["dossier"]["code"]
        self.dossiers[code] = call.payload["dossier"]["version"]
        return Done(data={"reference": f"P-{code}"})

    def push_steps(self, call: Call) -> Done:
        self.calls += [("step", step["version"]) for step in call.payload["steps"]]
        self._misbehave()
        self.steps.setdefault(call.payload["code"], []).extend(s["version"] for s in call.payload["steps"])
        return Done()

    def ask(self, call: Call) -> Done:
        code = call.payload["code"]
        return Done(data={"found": code in self.dossiers})

    def _misbehave(self) -> None:
        if self.answers:
            raise self.answers.pop(0)

    def operations(self) -> dict[tuple[str, str], Operation]:
        def made(name: str, kind: EffectClass, perform: Any, look_up: Any = None) -> Operation:
            return Operation(
                PORTAL,
                name,
                kind,
                "by asking",
                perform,
                look_up=look_up,
                not_found_is_proof=look_up is not None,
            )

        def find(call: Call) -> Done | NotDone:
            there = self.dossiers.get(call.payload["dossier"]["code"]) == call.payload["dossier"]["version"]
            return Done() if there else NotDone()

        listed = (
            made("push", EffectClass.FINDABLE, self.push, find),
            made("push_steps", EffectClass.IDEMPOTENT, self.push_steps),
            made("ask", EffectClass.READ, self.ask),
        )
        return {(PORTAL, one.name): one for one in listed}


def tell(file: DossierFile, there: There) -> Message:
    if file.procedure == "UNKNOWN":
        raise MappingError("procedures", file.procedure)
    return Message("push", {"dossier": to_json(file)}, file.version, there.planned_steps)


def follow(file: DossierFile, there: There) -> list[Message]:
    new = [step for step in file.steps if step.version > max(there.steps, there.planned_steps)]
    if not new:
        return []
    payload = {"code": file.code, "steps": [to_json(step) for step in new]}
    return [Message("push_steps", payload, file.version, new[-1].version)]


ROUTE = Route(
    ("push", "push_steps"),
    tell,
    follow,
    "ask",
    lambda file, _reference: {"code": file.code},
    lambda data, _file: bool(data["found"]),
)


def detail(state: DossierState = DossierState.RECEIVED, *, hours: int = 0, **changes: Any) -> DossierDetail:
    head = DossierHead(
        code=CODE, source_id="a1", national_code="", agency="H21.129", agency_name="UBND phường Trung tâm",
        procedure="1.001193", procedure_name="Cấp bản sao trích lục", status=2, state=state, stage=DossierStage.PROCESSING,
        applicant_name="NGƯỜI NỘP THỬ", updated_at=RECEIVED + timedelta(hours=hours), applied_at=RECEIVED, accepted_at=RECEIVED,
    )  # fmt: skip
    return DossierDetail(replace(head, **changes), None, {"request": "Cấp bản sao"})


class World:
    """Everything together; the engine steps on the test's thread."""

    def __init__(self, store: Any, clock: Any, dsn: str, *, rule: Rule) -> None:
        self.store, self.clock, self.dsn = store, clock, dsn
        self.case, self.portal = CaseSystem(), Portal()
        self.sync = Sync(store, self.case, {PORTAL: ROUTE}, [rule])
        operations = self.portal.operations()
        self.engine = Engine(
            store,
            operations,
            handlers(self.sync),
            clock=clock,
            chance=seeded(7),
            worker=1,
            lease=timedelta(seconds=90),
        )
        install_limits(store, {PORTAL: Limits()})
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                "insert into dossier (code, source_id, state, updated_at) values (%s, 'a1', 'received', now())",
                (CODE,),
            )

    def change(self, made: DossierDetail) -> None:
        """The case system changes and its feed says so."""
        from jobs.intake.model import Dossier

        self.case.details["a1"] = made
        with self.store.transaction("feed") as tx:
            self.sync.want(tx, [Dossier(CODE, "received", self.clock.now(), source_id="a1")])

    def run(self) -> Any:
        told = self.sync.run()
        self.deliver()
        return told

    def deliver(self) -> None:
        for _ in range(20):
            if not self.engine.step(PORTAL):
                return

    def later(self, **span: int) -> None:
        self.clock.advance(timedelta(**span).total_seconds())

    def state(self) -> Any:
        with self.store.transaction("look") as tx:
            return tx.fetch_one(
                "select * from sync_state where system = %s and dossier_code = %s", (PORTAL, CODE)
            )

    def cases(self) -> set[str]:
        with self.store.transaction("look") as tx:
            return {row["kind"] for row in tx.fetch("select kind from case_item where state = 'open'")}


@pytest.fixture
def world(pg_store, clock, empty_database) -> World:
    return World(pg_store, clock, empty_database, rule=Rule(PORTAL, RECEIVED.date()))


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("the line went dead", system=PORTAL, operation="push")
