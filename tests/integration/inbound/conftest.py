"""What comes in, on PostgreSQL: the case system, a land register and civil status as sandboxes on a port, the engine by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest

from adapters.ports import Edge
from adapters.webhooks.dossiers import doors
from connectors.civil_status.connect import connected as civil_status
from connectors.civil_status.sandbox import CivilStatusSandbox
from connectors.igate.connect import connected as igate
from connectors.igate.sandbox import CaseSystemSandbox
from connectors.kit.sandbox import SandboxRequest
from connectors.kit.sandbox_server import Server
from connectors.kit.seams import RandomIds, seeded
from connectors.land.connect import connected as land
from connectors.land.sandbox import LandSandbox
from jobs.access.service import Access
from jobs.effects.actors import install_limits
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.files.service import Files
from jobs.inbound import recording, senders
from jobs.inbound.handlers import handlers
from jobs.inbound.pulling import Pulls
from jobs.inbound.service import Inbound
from jobs.inbound.setup import read_file
from jobs.indicators import invariants
from jobs.intake.model import Dossier
from jobs.store.postgres import inbound as rows
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from tests.contract.civil_status import conftest as civil_world
from tests.contract.igate import conftest as igate_world
from tests.contract.land import conftest as land_world
from tests.integration.edge.serving import visiting

CODE = "H21.15-261123-0001"
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SET_UP = """
[default_unit]
land = "H21.15"
judicial_records = "H21.15"
[[unit]]
code = "H21.129"
place = "23710"
identifier = "H21.129"
[[unit]]
code = "H21.15"
identifier = "H21.15"
[[procedure]]
theirs = "2.001023"
ours = "2.001023"
[[procedure]]
system = "land"
theirs = "QT01"
ours = "1.004199"
[[officer]]
unit = "H21.129"
name = "tiepnhan01"
[[officer]]
unit = "H21.15"
name = "tiepnhan02"
"""


def news(kind: NewsKind, state: DossierState, hours: float = 0, **changes: Any) -> DossierNews:
    """News of the land register, its key by what it says."""
    at = AT + timedelta(hours=hours)
    made = DossierNews("land", kind, f"{kind}:{state}:{hours}", CODE, state=state, at=at)
    return replace(made, **changes)


MOVED = news(NewsKind.STATE, DossierState.PROCESSING, 1)
ASKED = news(NewsKind.SUPPLEMENT_ASKED, DossierState.SUPPLEMENT, 2)
RECEIVED = news(NewsKind.SUPPLEMENT_RECEIVED, DossierState.PROCESSING, 3)
FINISHED = news(NewsKind.FINISHED, DossierState.DONE, 4)


class World:
    """Everything together; work and engine step on the test's thread."""

    def __init__(self, store: Any, clock: Any, dsn: str) -> None:
        self.store, self.clock, self.dsn = store, clock, dsn
        self.case = CaseSystemSandbox(clock=clock, client_secret=igate_world.SECRET)
        self.land = LandSandbox(clock=clock, code=land_world.CODE)
        self.civil = CivilStatusSandbox(clock=clock, token=civil_world.TOKEN)
        self.server = Server([self.case, self.land, self.civil], "127.0.0.1", 0)
        url = self.server.url
        self.sections = SimpleNamespace(
            igate=igate_world.settings(url),
            land=land_world.settings(url),
            civil_status=civil_world.settings(url),
        )
        made = [
            igate(self.sections.igate, clock=clock),
            land(self.sections.land, clock=clock),
            civil_status(self.sections.civil_status, clock=clock),
        ]
        self.transports = [each for one in made for each in one.transports]
        self.clients = {one.system: one.client for one in made}
        self.clients["igate"].read_file = Files(store, self.clients["igate"], None).read
        self.creating = senders.creating(self.clients, self.clients["igate"])
        self.inbound = Inbound(
            store, self.creating, fetch=senders.fetchers(self.clients), names=senders.names(self.clients)
        )
        self.pulls = Pulls(store, self.clients)
        operations = {(each.system, each.name): each for one in made for each in one.operations}
        self.engine = Engine(
            store,
            operations,
            handlers(self.creating),
            clock=clock,
            chance=seeded(7),
            worker=1,
            lease=timedelta(seconds=90),
        )
        install_limits(store, {system: Limits() for system in self.clients})

    def close(self) -> None:
        for transport in self.transports:
            transport.close()
        self.server.close()

    # ---- what others do ----------------------------------------------------------------------------------------------

    def dossier(self, state: DossierState = DossierState.RECEIVED, code: str = CODE) -> str:
        """A dossier of the case system that the feed has brought; iGate's own id."""
        filed = self.control(self.case, "igate/dossiers", code=code, agency="H21.15", procedure="1.004199")
        with self.store.transaction("a-dossier") as tx:
            tx.dossiers.save(
                [Dossier(code, state.value, self.clock.now(), source_id=filed["id"], agency="H21.15")]
            )
        return str(filed["id"])

    def control(self, sandbox: Any, path: str, **facts: Any) -> Any:
        raw = json.dumps(facts).encode()
        answer = sandbox.handle(SandboxRequest("POST", f"/_sandbox/{path}", {}, {}, raw))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    def set_up(self, text: str = SET_UP) -> None:
        with self.store.transaction("set-up") as tx:
            rows.keep_setup(tx, read_file(text), "person:test")

    # ---- what we do --------------------------------------------------------------------------------------------------

    def came(self, *messages: DossierNews) -> None:
        for one in messages:
            recording.record(self.store, one.system, [one], raw=one.key.encode())

    def work(self) -> Any:
        done = self.inbound.run()
        self.deliver()
        return done

    def deliver(self) -> None:
        for _ in range(30):
            if sum(self.engine.step(system) for system in self.clients) == 0:
                return

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span).total_seconds())

    # ---- what can be seen --------------------------------------------------------------------------------------------

    def all(self, sql: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(sql, values or None).fetchall()

    def states(self) -> list[tuple[str, str]]:
        return self.all("select state, why from inbound_news order by id")

    def told(self, code: str = CODE) -> list[Any]:
        """What the case system was told of a dossier."""
        return self.case.cases[code].told

    def cases(self) -> dict[str, Any]:
        return dict(self.all("select kind, evidence from case_item where state = 'open' order by id"))

    def broken(self) -> int:
        """How many rows break 'done, due at a stated time, or with a person' (D3)."""
        return invariants.check(self.store)["D3"]

    def line(self, code: str = CODE) -> list[str]:
        return [
            kind for (kind,) in self.all("select kind from event where dossier_code = %s order by id", code)
        ]

    def edge(self) -> Edge:
        woken: set[str] = set()
        return Edge(
            dsn=self.dsn,
            store=self.store,
            clock=self.clock,
            ids=RandomIds(),
            access=Access(self.store),
            wake=woken.update,
            inbound=self.inbound,
            doors=doors(self.sections, self.clients, self.clock),
            sandbox=True,
        )


@pytest.fixture
def world(pg_store: Any, clock: Any, empty_database: str) -> Iterator[World]:
    made = World(pg_store, clock, empty_database)
    yield made
    made.close()


@pytest.fixture
def street(world: World) -> Iterator[Any]:
    """The application with every door."""
    from tests.integration.inbound.streets import Street

    made = Street(world)
    yield made
    made.close()


@pytest.fixture
def client(street: Any) -> Iterator[httpx.Client]:
    """Somebody outside."""
    with visiting(street.edge) as made:
        yield made
