"""Commands that act ask who acts, look at the right, and leave an audit row; the dossier is shown whole."""

from __future__ import annotations

import json

import psycopg
import pytest
from typer.testing import CliRunner

from adapters.cli import db, dossier, jobs
from adapters.cli.day.outside import Outside, Secrets
from jobs.access.demo import PASSWORD, add_demo_people
from jobs.access.service import Access
from jobs.clock import DatabaseClock
from jobs.effects.model import NewEffect
from jobs.store.postgres.store import PgStore

RUNNER = CliRunner()


@pytest.fixture
def place(empty_database, monkeypatch):
    """An installation with demo people and one effect that waits for a person."""
    outside = Outside(
        "http://127.0.0.1:9",
        "",
        Secrets("one of the tests", "two of the tests", "three of the tests", "four-of-the-tests-1234"),
    )
    for name, value in (outside.variables(["igate"]) | {"LIENTHONG_DATABASE_URL": empty_database}).items():
        monkeypatch.setenv(name, value)
    store = PgStore(empty_database, DatabaseClock(empty_database), size=2)
    add_demo_people(Access(store), sandbox=True)
    with store.transaction("plan") as tx:
        tx.effects.plan([NewEffect("k", "igate", "confirm_fee", "H1", {}, dossier_code="H1")])
    store.close()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("update effect set state = 'parked', reason = 'budget'")
        yield connection


def retry(login: str, password: str = PASSWORD):
    return RUNNER.invoke(
        jobs.app,
        ["retry", "1", "--reason", "đã gọi iGate", "--login", login],
        env={"LIENTHONG_PASSWORD": password},
    )


def test_an_operator_sends_a_parked_effect_again_and_is_written_down(place):
    """No audit row, no action (S7)."""
    assert retry("vanhanh").exit_code == 0

    assert place.execute("select state from effect").fetchone() == ("planned",)
    (actor, reason) = place.execute("select actor, reason from audit where action like '%retry%'").fetchone()
    assert (actor, reason) == ("person:vanhanh", "đã gọi iGate")


@pytest.mark.parametrize(("login", "password"), [("xem", PASSWORD), ("vanhanh", "wrong-one")])
def test_without_the_right_or_the_password_nothing_happens(place, login, password):
    """A shell on the machine is no right."""
    assert retry(login, password).exit_code == 1

    assert place.execute("select state from effect").fetchone() == ("parked",)


def test_without_a_terminal_the_password_is_not_waited_for(place):
    """A script that hangs at night is noticed in the morning."""
    done = RUNNER.invoke(jobs.app, ["retry", "1", "--reason", "x", "--login", "vanhanh"])

    assert done.exit_code == 2
    assert "LIENTHONG_PASSWORD" in done.output


def test_after_a_restore_the_command_tells_how_many_are_looked_up_first(place):
    """M13 is a command that somebody can run at night."""
    done = RUNNER.invoke(db.app, ["restored", "--json"])

    assert json.loads(done.stdout) == {"looked_up_first": 0}


def test_a_dossier_is_shown_whole_and_without_its_person(place):
    """A terminal has no masking by right."""
    place.execute(
        """insert into dossier (code, source_id, agency, procedure, status, state, applicant_name, folded, updated_at)
           values ('H1', 'x', 'H21', 'p', 2, 'processing', 'Nguyễn Thị Bưởi', '', now())"""
    )
    done = RUNNER.invoke(dossier.app, ["show", "H1", "--json"])

    found = json.loads(done.stdout)
    assert found["dossier"]["code"] == "H1"
    assert [task["operation"] for task in found["tasks"]] == ["confirm_fee"]
    assert "Bưởi" not in done.stdout
    assert RUNNER.invoke(dossier.app, ["show", "NOTHING"]).exit_code == 1
