"""Signing sessions on PostgreSQL: the case system and two signature CAs as sandboxes on a port, the engine by hand."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.csc.connect import connected as csc
from connectors.csc.sandbox import CscSandbox
from connectors.igate.connect import connected as igate
from connectors.igate.sandbox import CaseSystemSandbox
from connectors.kit.sandbox import SandboxRequest
from connectors.kit.sandbox_server import Server
from connectors.kit.seams import RandomIds, seeded
from connectors.signature_check.settings import Settings as CheckSettings
from connectors.smartca.connect import connected as smartca
from connectors.smartca.sandbox import SmartcaSandbox
from jobs.access.model import Actor, ActorKind
from jobs.effects.actors import install_limits
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.indicators import invariants
from jobs.intake.model import Dossier
from jobs.signatures.handlers import handlers
from jobs.signatures.judging import Judging
from jobs.signatures.model import Asking, Session
from jobs.signatures.service import Signatures
from jobs.signatures.validation import Validation
from jobs.store.postgres import signatures as rows
from mappings.canonical.dossier import DossierState
from tests.contract.csc import conftest as csc_world
from tests.contract.igate import conftest as igate_world
from tests.contract.signature_check.pdfs import blank
from tests.contract.smartca import conftest as smartca_world

CODE = "H21.15-261123-0001"
XML = "<?xml version='1.0' encoding='UTF-8'?><don><noi_dung>Đề nghị cấp giấy</noi_dung></don>".encode()
WHO = {"csc": "001099000011", "smartca": "001099000021"}
NAMES = ("Trần Thị Ký Thử", "Phạm Văn Ký Thử")
ACTOR = Actor(ActorKind.KEY, "kho-so")


class World:
    """Everything together; work and engine step on the test's thread."""

    def __init__(self, store: Any, clock: Any, dsn: str, folder: Path, *, wait: bool) -> None:
        self.store, self.clock, self.dsn, self.folder = store, clock, dsn, folder
        self.case = CaseSystemSandbox(clock=clock, client_secret=igate_world.SECRET)
        version = "v2" if wait else "v1"
        self.csc = CscSandbox(clock=clock, token=csc_world.TOKEN, version=version, wait=wait)
        self.smartca = SmartcaSandbox(clock=clock)
        self.server = Server([self.case, self.csc, self.smartca], "127.0.0.1", 0)
        url = self.server.url
        made = [
            igate(igate_world.settings(url), clock=clock),
            csc(csc_world.settings(url, version), clock=clock),
            smartca(
                smartca_world.settings(url, rejected_words={"rejected"}, watch_seconds=3 * 86400),
                clock=clock,
            ),
        ]
        self.transports = [each for one in made for each in one.transports]
        operations = {(each.system, each.name): each for one in made for each in one.operations}
        self.trust()
        self.judging = Judging(
            CheckSettings(
                trust_directory=str(folder / "roots"), intermediates_directory=str(folder / "between"),
                crls_directory=str(folder / "crls"),
            ),
            clock,
        )  # fmt: skip
        self.signatures = self.process()
        self.validation = Validation(store, self.judging)
        self.systems = ("csc", "smartca", "igate")
        self.engine = Engine(
            store,
            operations,
            handlers(self.signatures),
            clock=clock,
            chance=seeded(7),
            worker=1,
            lease=timedelta(seconds=90),
        )
        install_limits(store, {system: Limits() for system in self.systems})

    def process(self) -> Signatures:
        return Signatures(
            self.store, RandomIds(), self.judging, {"csc": "Ký số từ xa", "smartca": "VNPT SmartCA"},
            key="khoa-thu-nghiem-rat-dai", tells=True, finish=["csc"],
        )  # fmt: skip

    def close(self) -> None:
        self.judging.close()
        for transport in self.transports:
            transport.close()
        self.server.close()

    def trust(self, *, lists: bool = True) -> None:
        """What the sandboxes' authorities are vouched for by."""
        for name in ("roots", "between", "crls"):
            (self.folder / name).mkdir(exist_ok=True)
        for sandbox in (self.csc, self.smartca):
            request = SandboxRequest(
                "GET", f"/_sandbox/{sandbox.system}/trust", {}, {}, b"", {"system": sandbox.system}
            )
            told = json.loads(sandbox.handle(request).body)
            given = {
                "roots": told["roots"],
                "between": told["intermediates"],
                "crls": told["crls"] if lists else [],
            }
            for name, texts in given.items():
                for number, text in enumerate(texts):
                    (self.folder / name / f"{sandbox.system}-{number}.der").write_bytes(
                        base64.b64decode(text)
                    )

    # ---- what people do ----------------------------------------------------------------------------------------------

    def dossier(self, code: str = CODE) -> None:
        filed = self.control(self.case, "igate/dossiers", code=code, agency="H21.15", procedure="1.004199")
        with self.store.transaction("a-dossier") as tx:
            state = DossierState.PROCESSING.value
            tx.dossiers.save([Dossier(code, state, self.clock.now(), source_id=filed["id"], agency="H21.15")])

    def paper(
        self, name: str = "don.pdf", raw: bytes | None = None, code: str = CODE, media_type: str = ""
    ) -> int:
        content = blank(name) if raw is None else raw
        facts = {
            "dossier_code": code, "name": name, "sha256": hashlib.sha256(content).hexdigest(),
            "media_type": media_type or ("application/pdf" if name.endswith("pdf") else "application/xml"),
        }  # fmt: skip
        with self.store.transaction("a-paper") as tx:
            return rows.keep_file(tx, f"igate:{name}:{len(content)}:{tx.now}", content, facts)

    def citizen(self, provider: str = "csc", **facts: Any) -> None:
        self.control(getattr(self, provider), f"{provider}/citizen", **facts)

    def fault(self, provider: str, operation: str, kind: str, **facts: Any) -> None:
        self.control(getattr(self, provider), "faults", operation=operation, kind=kind, **facts)

    def control(self, sandbox: Any, path: str, **facts: Any) -> Any:
        raw = json.dumps(facts).encode()
        answer = sandbox.handle(SandboxRequest("POST", f"/_sandbox/{path}", {}, {}, raw))
        assert answer.status < 300, answer.body
        return json.loads(answer.body)

    def books(self, provider: str) -> Any:
        sandbox = getattr(self, provider)
        return json.loads(
            sandbox.handle(SandboxRequest("GET", f"/_sandbox/{provider}/books", {}, {}, b"")).body
        )

    # ---- what we do --------------------------------------------------------------------------------------------------

    def open(self, *files: int, provider: str = "csc", key: str = "khoa-0001", **changes: Any) -> Session:
        facts = {
            "dossier_code": CODE,
            "files": files,
            "provider": provider,
            "signer": WHO[provider],
            "key": key,
        }
        return self.signatures.open(Asking(**{**facts, **changes}), actor=ACTOR)

    def work(self) -> None:
        """Until nothing is due at this moment."""
        for _ in range(30):
            moved = self.signatures.run()
            moved += sum(self.engine.step(system) for system in self.systems)
            if not moved:
                return

    def later(self, **span: float) -> None:
        self.clock.advance(timedelta(**span).total_seconds())
        self.work()

    # ---- what can be seen --------------------------------------------------------------------------------------------

    def all(self, sql: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(sql, values or None).fetchall()

    def state(self, session: Session) -> tuple[str, str]:
        now = self.signatures.get(session.id)
        return now.state.value, now.code

    def signed(self, session: Session) -> list[bytes]:
        """The signed files that were stored."""
        found = self.all(
            """select content from stored_file s join signing_file f on f.signed_file = s.id where f.session_id = %s
               order by f.number""",
            session.id,
        )
        return [bytes(raw) for (raw,) in found]

    def told(self) -> list[Any]:
        """What the case system was told."""
        return self.case.cases[CODE].told

    def cases(self) -> list[str]:
        return [kind for (kind,) in self.all("select kind from case_item where state = 'open' order by id")]

    def line(self) -> list[str]:
        return [k for (k,) in self.all("select kind from event where dossier_code = %s order by id", CODE)]

    def effects(self, operation: str) -> list[tuple[str, str]]:
        return self.all("select state, code from effect where operation = %s order by id", operation)

    def left_overs(self) -> int:
        """Prepared files that are still there."""
        return self.all("select count(*) from stored_file where origin like 'signing-prepared:%%'")[0][0]

    def broken(self) -> int:
        return invariants.check(self.store)["D3"]


START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def _world(store: Any, clock: Any, dsn: str, folder: Path, *, wait: bool) -> Iterator[World]:
    made = World(store, clock, dsn, folder, wait=wait)
    made.dossier()
    yield made
    made.close()


@pytest.fixture
def world(pg_store: Any, clock: Any, empty_database: str, tmp_path: Path) -> Iterator[World]:
    yield from _world(pg_store, clock, empty_database, tmp_path, wait=False)


@pytest.fixture
def waiting(pg_store: Any, clock: Any, empty_database: str, tmp_path: Path) -> Iterator[World]:
    """The CSC service answers with a handle and is asked until the signer has agreed."""
    yield from _world(pg_store, clock, empty_database, tmp_path, wait=True)
