"""``lienthong mappings``: gaps before go-live, lists by day, a proposal by a signed-in person."""

from __future__ import annotations

import json

import psycopg
import pytest
from typer.testing import CliRunner

from adapters.cli import mappings
from adapters.cli.day.outside import Outside, Secrets
from adapters.cli.main import main
from jobs.access.demo import PASSWORD, add_demo_people
from jobs.access.service import Access
from jobs.clock import DatabaseClock
from jobs.store.postgres.store import PgStore

RUNNER = CliRunner()
GAP = """insert into case_item (kind, key, dossier_code, opened_at, state, evidence)
         values ('sync_refused', 'a', 'H1', now(), 'open', '{"system": "ministry", "code": "not-sent",
                 "message": "applicants: no meaning for ''ministry:cooperative''; on 2026-11-25"}')"""


@pytest.fixture
def place(empty_database, monkeypatch):
    """An installation with demo people."""
    secrets = Secrets("one of the tests", "two of the tests", "three of the tests", "four-of-the-tests-1234")
    outside = Outside("http://127.0.0.1:9", "", secrets)
    for name, value in (outside.variables(["igate"]) | {"LIENTHONG_DATABASE_URL": empty_database}).items():
        monkeypatch.setenv(name, value)
    store = PgStore(empty_database, DatabaseClock(empty_database), size=2)
    add_demo_people(Access(store), sandbox=True)
    store.close()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        yield connection


def propose(login: str, *more: str, meaning: str = "cooperative"):
    words = [
        "propose",
        "applicant",
        "ministry",
        "5",
        meaning,
        "--from",
        "2026-01-01",
        "--reason",
        "công văn 12",
    ]
    return RUNNER.invoke(
        mappings.app, [*words, "--login", login, *more], env={"LIENTHONG_PASSWORD": PASSWORD}
    )


def test_a_proposal_is_kept_for_somebody_else(place):
    """The command proposes; accepting is done on a page, by another person."""
    done = propose("vanhanh", "--until", "31/12/2026")
    assert done.exit_code == 0, done.output
    row = place.execute("select code, valid_to::text, proposed_by, accepted_by from mapping_row").fetchone()
    assert row == ("5", "2026-12-31", "person:vanhanh", None)
    assert place.execute("select count(*) from audit where action = 'propose-mapping'").fetchone() == (1,)


def test_without_the_right_or_with_a_wrong_word_nothing_is_kept(place):
    """As on the page."""
    assert propose("xem").exit_code == 1
    assert propose("vanhanh", "--way", "sideways").exit_code == 2
    assert propose("vanhanh", meaning="robot").exit_code != 0
    assert place.execute("select count(*) from mapping_row").fetchone() == (0,)


def test_what_dossiers_wait_for_is_a_problem_until_a_row_is_there(place, capfdbinary):
    """Exit code 6 stops a go-live script."""
    assert main(["mappings", "check"]) == 0
    place.execute(GAP)
    capfdbinary.readouterr()
    assert main(["mappings", "check", "--json"]) == 6
    found = json.loads(capfdbinary.readouterr().out)
    assert found["waiting"] == [
        {"system": "ministry", "list": "applicant", "side": "ours", "value": "cooperative", "dossiers": 1}
    ]
    assert main(["mappings", "check", "--system", "dvcqg"]) == 0
    place.execute(
        """insert into mapping_row (system, list, code, meaning, way, valid_from, reason, proposed_by, proposed_at,
                                    accepted_by, accepted_at)
           values ('ministry', 'applicant', '5', 'cooperative', 'both', '2020-01-01', 'công văn', 'person:a', now(),
                   'person:b', now())"""
    )
    assert main(["mappings", "check"]) == 0
    assert main(["mappings", "list", "applicant", "--system", "ministry"]) == 0
    assert "mapping_row 1" in capfdbinary.readouterr().out.decode()


def test_unconfirmed_rows_are_problems_only_when_asked(capfd):
    """Before a go-live somebody asks for them; afterwards nobody is stopped by them."""
    assert main(["mappings", "check", "--offline"]) == 0
    assert main(["mappings", "check", "--offline", "--strict", "--system", "judicial_records"]) == 6
    assert main(["mappings", "list", "--offline"]) == 0
    assert main(["mappings", "list", "colour", "--offline"]) == 2


def test_a_list_is_shown_as_of_its_day(capfd):
    """The portal had two kinds of applicants before 2022."""
    assert (
        main(
            [
                "mappings",
                "list",
                "applicant",
                "--system",
                "dvcqg",
                "--on",
                "2021-06-01",
                "--offline",
                "--json",
            ]
        )
        == 0
    )
    codes = {row["code"] for row in json.loads(capfd.readouterr().out)["rows"]}
    assert codes == {"1", "2"}


def test_local_procedures_get_likely_national_ones_and_nothing_is_decided(tmp_path, capfd):
    """A list for a person; no row is written."""
    (tmp_path / "local.csv").write_text(
        "code,name\nTS_lop1.000.00.00.H22,dang ky khai sinh\nX,việc khác\n", "utf-8"
    )
    (tmp_path / "national.csv").write_text(
        "\ufeffcode,name\n1.1,Đăng ký khai sinh\n1.2,Đăng ký khai tử\n", "utf-8"
    )
    files = [str(tmp_path / "local.csv"), str(tmp_path / "national.csv")]
    assert main(["mappings", "match", *files, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)["proposals"]
    assert (found[0]["local"], found[0]["rank"], found[0]["national"]) == ("TS_lop1.000.00.00.H22", 1, "1.1")
    (tmp_path / "local.csv").write_text("a;b\n", "utf-8")
    assert main(["mappings", "match", *files]) == 2
