"""Registers are asked once per dossier, with a purpose; what they confirm is told on; an answer has an age."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.seams import RandomIds, seeded
from jobs.effects.actors import install_limits
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.reuse.rules import Question, read_questions
from jobs.reuse.service import DIFFERS, Reuse
from jobs.store.postgres import reuse as rows
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile
from mappings.canonical.party import Birth, Party, PartyKind, PersonName
from mappings.errors import MappingError

NUMBER = "052099000001"
ASKED = Question("population", "confirm", "citizen", register="7", hours=24)


def file(code: str, number: str = NUMBER, **changes: object) -> DossierFile:
    party = Party(
        PartyKind.CITIZEN, PersonName("NGƯỜI THỬ"), personal_number=number, birth=Birth(date(1999, 5, 4))
    )
    made = DossierFile(
        code=code, version=1, procedure="1.001193", procedure_name="", field="", field_name="", agency="H21.129",
        agency_name="", applicant=party, state=DossierState.RECEIVED,
    )  # fmt: skip
    return replace(made, **changes)


class Register:
    """A register that answers with a verdict; remembers who asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.verdict = "confirmed"
        self.refuses = False

    def confirm(self, call: Call) -> Done:
        self.calls.append(call)
        if self.refuses:
            raise Rejected("no contract", system="population", operation="confirm", code="004")
        reason = call.payload["reason"]
        purpose = {
            "request_id": reason["request_id"], "system": "population", "operation": "confirm",
            "procedure": reason["procedure"], "unit": reason["unit"], "officer": "canbo01",
            "dossier_code": reason["dossier_code"], "subject_digest": "d1", "at": "2026-11-23T01:00:00+00:00",
        }  # fmt: skip
        return Done(data={"check": {"verdict": self.verdict}, "purpose": purpose})


class World:
    def __init__(self, store, clock, dsn) -> None:
        self.store, self.register = store, Register()
        self.reuse = Reuse([ASKED], ["population"], RandomIds(), officer="an@tinh.example", key="k" * 20)
        operation = Operation("population", "confirm", EffectClass.READ, "repeated", self.register.confirm)
        self.engine = Engine(
            store, {("population", "confirm"): operation}, self.reuse.handlers(), clock=clock, chance=seeded(1), worker=1,
            lease=timedelta(seconds=90),
        )  # fmt: skip
        install_limits(store, {"population": Limits()})
        self.dsn = dsn

    def ask(self, made: DossierFile) -> int:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(
                """insert into dossier (code, source_id, state, updated_at) values (%s, %s, 'received', now())
                   on conflict do nothing""",
                (made.code, f"s-{made.code}"),
            )
        with self.store.transaction("ask") as tx:
            planned = self.reuse.ask(tx, made.code, made)
        while self.engine.step("population"):
            pass
        return planned

    def rows(self, sql: str):
        with self.store.transaction("look") as tx:
            return tx.fetch(sql)


@pytest.fixture
def world(pg_store, clock, empty_database) -> World:
    return World(pg_store, clock, empty_database)


def test_a_citizen_is_confirmed_once_and_the_look_is_written_down(world):
    """The same dossier does not spend quota twice."""
    assert world.ask(file("A")) == 1
    assert world.ask(file("A")) == 0

    assert len(world.register.calls) == 1
    [look] = world.rows("select * from purpose")
    assert (look["dossier_code"], look["procedure"], look["source"]) == ("A", "1.001193", "asked")
    assert NUMBER not in str(look)
    with world.store.transaction("look") as tx:
        assert world.reuse.used(tx, ["A"]) == {"A": ("7",)}


def test_what_a_register_confirmed_makes_the_dossier_be_told_anew(world):
    """The portal wants to hear which database was used."""
    world.ask(file("A"))

    assert [row["dossier_code"] for row in world.rows("select dossier_code from sync_wanted")] == ["A"]


def test_an_answer_that_is_young_enough_is_used_again_and_that_is_a_look_too(world, clock):
    """Another dossier of the same person within a day; the day after it is asked anew."""
    world.ask(file("A"))
    world.ask(file("B"))
    assert len(world.register.calls) == 1
    assert [row["source"] for row in world.rows("select source from purpose order by id")] == [
        "asked",
        "cache",
    ]

    clock.advance(25 * 3600)
    world.ask(file("C"))
    assert len(world.register.calls) == 2


def test_another_person_is_another_question(world):
    """The mark is of who is asked about, not of the register."""
    world.ask(file("A"))
    world.ask(file("B", number="052099000002"))
    assert len(world.register.calls) == 2


@pytest.mark.parametrize("verdict", ["not_confirmed", "not_found", "unclear"])
def test_whom_a_register_does_not_confirm_a_person_looks_at(world, verdict):
    """Never a yes, never a refusal by itself."""
    world.register.verdict = verdict
    world.ask(file("A"))

    assert [row["kind"] for row in world.rows("select kind from case_item")] == [DIFFERS]
    with world.store.transaction("look") as tx:
        assert world.reuse.used(tx, ["A"]) == {}


def test_a_refused_question_ends_and_uses_nothing(world):
    """The register said no: it is shown, and not asked for ever."""
    world.register.refuses = True
    world.ask(file("A"))

    [row] = world.rows("select state from reuse_answer")
    assert row["state"] == "refused"
    assert world.rows("select 1 from purpose") == []


def test_who_cannot_be_asked_about_is_not(world):
    """Without a birth the register would refuse, and the quota would be gone."""
    party = replace(file("A").applicant, birth=None)
    assert world.ask(replace(file("A"), applicant=party)) == 0


def test_the_ledger_of_purposes_only_grows(world):
    """The application could not rewrite it if it tried."""
    world.ask(file("A"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), world.store.transaction("try") as tx:
        tx.execute("update purpose set officer = 'x'")


def test_who_looked_at_a_person_is_answered(world):
    """For which dossier, procedure, unit and officer."""
    world.ask(file("A"))
    with world.store.transaction("look") as tx:
        assert [row["dossier_code"] for row in rows.looks(tx, "d1")] == ["A"]
        assert [row["unit"] for row in rows.looks_of(tx, "A")] == ["H21.129"]


def test_the_questions_that_ship_can_be_read_and_bad_ones_are_named(tmp_path):
    """A misspelt row asks nobody and says so."""
    assert {question.system for question in read_questions()} == {"population", "business_registration"}
    path = tmp_path / "q.toml"
    path.write_text("[[question]]\nsystem = 'x'\noperation = 'y'\nabout = 'dog'")
    with pytest.raises(MappingError):
        read_questions(str(path))
