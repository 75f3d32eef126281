"""A person who does not exist is told to the portal, looked up in the register and handed to the land office.

Whatever happens on the way (done, refused, lost, broken, closed), she is in no log line, metric, exchange row, error, audit row
or wake-up, and in no table but those that are there to hold her (S4).
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from urllib.parse import quote, quote_plus

import psycopg
import pytest
import structlog
from prometheus_client import generate_latest

from config.logging import set_up
from config.settings import Logging
from connectors.dvcqg.connect import connected as portal
from connectors.dvcqg.sandbox import PortalSandbox
from connectors.kit.effects import Operation
from connectors.kit.sandbox import Fault, Sandbox, serve
from connectors.kit.seams import seeded
from connectors.land.connect import connected as land
from connectors.land.sandbox import LandSandbox
from connectors.population.connect import connected as population
from connectors.population.sandbox import PopulationSandbox
from jobs.effects.actors import install_limits
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.effects.model import NewEffect
from jobs.evidence.keeper import Keeper
from jobs.evidence.service import Evidence
from jobs.store.postgres.store import PgStore
from mappings.canonical.citizen import CitizenClaim
from mappings.canonical.codec import to_json
from mappings.canonical.party import Birth, PersonName
from tests.contract.dvcqg import conftest as dvcqg
from tests.contract.land import conftest as land_facts
from tests.contract.population import conftest as register
from tests.integration.evidence.conftest import ANN, MASTER

CODE = land_facts.RECEIPT
NAME, UPPER, PLAIN = "Trịnh Thị Cẩm Quỳnh", "TRỊNH THỊ CẨM QUỲNH", "TRINH THI CAM QUYNH"
NUMBER, PHONE, EMAIL = "079185012347", "0912345678", "camquynh@example.invalid"
TRACES = (
    NAME,
    UPPER,
    PLAIN,
    "Cẩm Quỳnh",
    NUMBER,
    PHONE,
    EMAIL,
    quote(NAME),
    quote_plus(UPPER),
    "Cẩm Quỳnh".encode().hex(),
    NUMBER.encode().hex(),
)
HOLDS_HER = {"effect"}
"""What we were asked to tell, and what we were told: the work itself. Everything else must know her by a code."""
SYSTEMS = ("dvcqg", "population", "land")
KINDS = (None, "lose_answer", "error_200", "half", "error_after_acting", "garbage", "too_many", "closed")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that this process logs, in its production form, as loud as it can be."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up(Logging(form="json", level="debug"), process="test", stream=stream)
    yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


@pytest.fixture
def outside(clock) -> Iterator[tuple[dict[str, Sandbox], dict[tuple[str, str], Operation]]]:
    """The three stand-ins on real ports, and our operations before them."""
    boxes: dict[str, Sandbox] = {
        "dvcqg": PortalSandbox(clock=clock, password=dvcqg.PASSWORD),
        "population": PopulationSandbox(clock=clock),
        "land": LandSandbox(clock=clock, product="vbdlis", code=land_facts.CODE),
    }
    with ExitStack() as open_:
        urls = {name: open_.enter_context(serve(box)).url for name, box in boxes.items()}
        made = (
            portal(dvcqg.settings(f"{urls['dvcqg']}/dvcqg"), clock=clock),
            population(register.settings(urls["population"]), clock=clock),
            land(land_facts.settings(urls["land"]), clock=clock, files=land_facts.files),
        )
        for connection in made:
            for transport in connection.transports:
                open_.callback(transport.close)
        yield boxes, {(o.system, o.name): o for connection in made for o in connection.operations}


def her_effects(round_: int) -> list[NewEffect]:
    """What is to be told and asked about her."""
    party = dvcqg.person(name=PersonName(UPPER), personal_number=NUMBER, phone=PHONE, email=EMAIL)
    told = replace(dvcqg.dossier(), applicant=party, summary=f"Hồ sơ của {NAME}")
    handed = land_facts.dossier()
    handed = replace(handed, applicant=replace(handed.applicant, name=PersonName(UPPER), personal_number=NUMBER, phone=PHONE, email=EMAIL))  # fmt: skip
    claim = CitizenClaim(NUMBER, NAME, Birth(date(1985, 7, 9)))
    asked = {"claim": to_json(claim), "reason": to_json(register.reason(f"YC-20261123-{round_:04}"))}
    calls = (
        ("dvcqg", "push_dossier", {"dossier": to_json(told)}),
        ("dvcqg", "find_dossier", {"dossier_code": CODE}),
        ("dvcqg", "find_account", {"tax_code": NUMBER}),
        ("population", "confirm", asked),
        ("population", "look_up", asked),
        ("land", "hand_over", {"dossier": to_json(handed)}),
    )
    return [
        NewEffect(
            key=f"{system}:{name}:{round_}", system=system, operation=name, lane=f"{name}:{round_}", payload=payload,
            dossier_code=CODE, reference=CODE, cause="test",
        )
        for system, name, payload in calls
    ]  # fmt: skip


def found(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


def play(store: PgStore, clock, boxes: dict[str, Sandbox], operations) -> None:
    """Every call with every mishap; what is unknown is asked about."""
    engine = Engine(
        store, operations, {}, clock=clock, chance=seeded(3), worker=1, deadline_seconds=5, bodies=True
    )
    install_limits(store, dict.fromkeys(SYSTEMS, Limits(rate=1e6, burst=1e6, breaker_after=10_000)))
    for round_, kind in enumerate(KINDS):
        for box in boxes.values():
            box.faults.clear()
            if kind is not None:
                box.faults.add(Fault.read({"operation": "*", "kind": kind, "times": 3}))
        with store.transaction("plan") as tx:
            tx.effects.plan(her_effects(round_))
        for _ in range(2):
            for system in SYSTEMS:
                engine.step(system)
            clock.advance(minutes=20)
    engine.close()


def tables(dsn: str) -> dict[str, list[str]]:
    """Every row of every table as text."""
    with psycopg.connect(dsn, autocommit=True) as sql:
        names = [
            name
            for (name,) in sql.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')"
            )
        ]
        return {
            name: [row[0] for row in sql.execute(f'select t::text from "{name}" t')] for name in sorted(names)
        }


def test_she_is_nowhere_but_where_she_must_be(empty_database, clock, outside, log):
    """Logs are read by many, copied to other machines and kept for long."""
    boxes, operations = outside
    woken: set[str] = set()
    store = PgStore(empty_database, clock, keeper=Keeper([MASTER]), wake=woken.update)
    try:
        play(store, clock, boxes, operations)
        with store.transaction("look") as tx:
            numbers = [row["id"] for row in tx.fetch("select id from effect order by id")]
        evidence = Evidence(store, store.keeper)
        bodies = [each for n in numbers for each in evidence.look(n, reason="Kiểm tra", actor=ANN)]
    finally:
        store.close()
    rows = tables(empty_database)

    assert len(rows["exchange"]) >= len(KINDS) * 5
    outcomes = " ".join(rows["exchange"])
    for outcome in ("ok", "OutcomeUnknown", "Unavailable", "ContractBroken"):
        assert outcome in outcomes, f"nothing ended in {outcome}: this proves little"
    sent = b"".join(each.request + each.response for each in bodies).decode("utf-8", "replace")
    assert {UPPER, NUMBER, PHONE} <= set(found(sent)), "she was never sent: this proves nothing"
    assert found("".join(rows["effect"]))

    for name in rows.keys() - HOLDS_HER:
        for row in rows[name]:
            assert found(row) == [], f"{name}: {row[:300]}"
    with psycopg.connect(empty_database) as sql:
        states = {state for (state,) in sql.execute("select state from effect")}
        said = sql.execute("select code, message, reason, lane, key, reference from effect").fetchall()
    assert {"done", "refused", "unknown"} <= states, "this proves little"
    assert found(repr(said)) == [], "a refusal that quotes the message"
    written = log.getvalue()
    assert found(written) == [], next(line for line in written.splitlines() if found(line))
    assert found(generate_latest().decode()) == []
    assert found(repr(woken)) == []


def test_the_search_itself_finds_her(log):
    """A net with holes catches nothing either."""
    structlog.get_logger().warning("x", words=f"hồ sơ của {NAME}")

    assert NAME in found(log.getvalue())
