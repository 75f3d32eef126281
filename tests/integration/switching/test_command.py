"""``lienthong switch``: a signed-in administrator switches and goes back; what differs stops a go-live script."""

from __future__ import annotations

import json

import psycopg
import pytest
from typer.testing import CliRunner

from adapters.cli import switch
from adapters.cli.day.outside import Outside, Secrets
from adapters.cli.main import main
from jobs.access.demo import PASSWORD, add_demo_people
from jobs.access.service import Access
from jobs.clock import DatabaseClock
from jobs.store.postgres.store import PgStore

RUNNER = CliRunner()


@pytest.fixture
def place(empty_database, monkeypatch):
    """An installation with two sections of the case system and demo people."""
    secrets = Secrets("one of the tests", "two of the tests", "three of the tests", "four-of-the-tests-1234")
    first = Outside("http://127.0.0.1:9", "", secrets).variables(["igate"])
    second = {name.replace("__IGATE__", "__IGATE_NEW__"): value for name, value in first.items()}
    more = {
        "LIENTHONG_DATABASE_URL": empty_database,
        "LIENTHONG_CONNECTORS__IGATE_SWITCH__SHADOW": '["dossier"]',
        "LIENTHONG_CONNECTORS__IGATE_SWITCH__OPERATIONS": '{"add_note": "old"}',
        "LIENTHONG_CONNECTORS__IGATE_SWITCH__AGENCIES": json.dumps(
            [{"pattern": "H21.15*", "version": "new", "since": "2026-12-01"}]
        ),
    }
    for name, value in (first | second | more).items():
        monkeypatch.setenv(name, value)
    store = PgStore(empty_database, DatabaseClock(empty_database), size=2)
    add_demo_people(Access(store), sandbox=True)
    store.close()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


def switched(login: str, *words: str):
    given = ["set", "igate", *words, "--reason", "quyết định 12", "--login", login]
    return RUNNER.invoke(switch.app, given, env={"LIENTHONG_PASSWORD": PASSWORD})


def test_going_back_is_the_same_command(place, capfdbinary):
    """And both stay readable, with who said it."""
    for says in ("new", "old"):
        done = switched("quantri", says, "--agency", "H21.15*")
        assert done.exit_code == 0, done.output
    capfdbinary.readouterr()
    assert main(["switch", "list", "--json"]) == 0
    shown = json.loads(capfdbinary.readouterr().out)
    assert [(row["says"], row["agency"], row["said_by"]) for row in shown["said"]] == [
        ("new", "H21.15*", "person:quantri"),
        ("old", "H21.15*", "person:quantri"),
    ]
    assert shown["side_by_side"] is True
    assert shown["settings"]["operations"] == {"add_note": "old"}
    assert shown["settings"]["agencies"] == [{"pattern": "H21.15*", "version": "new", "since": "2026-12-01"}]
    assert place.execute("select count(*) from audit where action = 'switch-connector'").fetchone() == (2,)
    assert main(["switch", "list"]) == 0


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ("vanhanh", ("new",)),
        ("quantri", ("newest",)),
        ("quantri", ("new", "--operation", "confirm_fees")),
        ("quantri", ("shadow", "--operation", "confirm_fee")),
        ("quantri", ("new", "--from", "tomorrow")),
    ],
)
def test_without_the_right_or_with_a_wrong_word_nothing_is_said(place, login, words):
    """A typo in a cut-over is found by whoever types it."""
    assert switched(login, *words).exit_code != 0
    assert place.execute("select count(*) from connector_switch").fetchone() == (0,)


def test_a_day_is_vietnams(place):
    """Midnight there."""
    assert switched("quantri", "new", "--from", "01/06/2027").exit_code == 0
    since = place.execute("select since at time zone 'UTC' from connector_switch").fetchone()[0]
    assert since.isoformat() == "2027-05-31T17:00:00"


def test_one_version_cannot_be_switched(place, monkeypatch):
    """A sentence that nobody follows would be believed."""
    import os

    for name in [name for name in os.environ if "IGATE_NEW" in name]:
        monkeypatch.delenv(name)
    assert switched("quantri", "new").exit_code == 3
    assert main(["switch", "set", "vnpay", "new", "--reason", "thử", "--login", "quantri"]) != 0
    assert main(["switch", "list"]) == 0
    assert main(["switch", "list", "vnpay"]) == 2
    assert place.execute("select count(*) from connector_switch").fetchone() == (0,)


def test_differences_are_a_problem_and_no_comparison_is_no_good_news(place, capfdbinary):
    """Exit code 6 stops a go-live script."""
    assert main(["switch", "differences"]) == 0
    assert "Chưa so sánh" in capfdbinary.readouterr().err.decode()
    place.execute(
        """insert into shadow_difference values ('igate', 'dossier', 'head.state', 'text', 3, now(), now(), 'H1');
           insert into shadow_total values ('igate', 'dossier', 'different', 3, now(), now())"""
    )
    assert main(["switch", "differences", "--json"]) == 6
    found = json.loads(capfdbinary.readouterr().out)
    assert [(row["field"], row["kind"], row["count"]) for row in found["differences"]] == [
        ("head.state", "text", 3)
    ]
    assert main(["switch", "differences", "--operation", "by_code"]) == 0
