"""``lienthong evidence`` as an administrator uses it, and what ``doctor`` says about it."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator

import psycopg
import pytest
from typer.testing import CliRunner, Result

from adapters.cli import doctor, evidence
from jobs.access.demo import PASSWORD, add_demo_people
from jobs.access.service import Access
from jobs.clock import DatabaseClock
from jobs.evidence.keeper import Keeper
from jobs.store.postgres.store import PgStore
from tests.contract.kit.conftest import plain, served  # noqa: F401 - fixtures
from tests.integration.evidence.conftest import CODE, MASTER, MASTER_TEXT, NUMBER, exchange, note
from tests.integration.evidence.test_bodies import delivered
from tests.integration.evidence.test_chain import seal_all
from tests.integration.evidence.test_pack import SIGNER, run

RUNNER = CliRunner()
APPROVER, ADMINISTRATOR, VIEWER = "duyet", "quantri", "xem"


def said(*words: str, login: str = "", password: str = PASSWORD) -> Result:
    """One command."""
    if not login:
        return RUNNER.invoke(evidence.app, list(words))
    return RUNNER.invoke(evidence.app, [*words, "--login", login], env={"LIENTHONG_PASSWORD": password})


@pytest.fixture
def place(empty_database, monkeypatch, served) -> Iterator[psycopg.Connection]:  # noqa: F811
    """An installation with keys, people and one dossier that was told to somebody."""
    monkeypatch.setenv("LIENTHONG_DATABASE_URL", empty_database)
    monkeypatch.setenv("LIENTHONG_EVIDENCE__MASTER_KEY", MASTER_TEXT)
    monkeypatch.setenv(
        "LIENTHONG_EVIDENCE__SIGNING_KEY", base64.b64encode(SIGNER.key.private_bytes_raw()).decode()
    )
    clock = DatabaseClock(empty_database)
    store = PgStore(empty_database, clock, size=2, keeper=Keeper([MASTER]))
    add_demo_people(Access(store), sandbox=True)
    with psycopg.connect(empty_database, autocommit=True) as sql:
        sql.execute(
            """insert into dossier (code, state, agency, procedure, applicant_name, folded, updated_at)
               values (%s, 'open', 'H21', '1.1', 'x', 'x', now())""",
            (CODE,),
        )
        delivered(store, clock, served, ("a", CODE))
        note(store, exchange(2), exchange(3))
        seal_all(store)
        store.close()
        yield sql


def test_the_chain_is_verified_and_its_end_can_be_noted(place):
    """Exit code 6 and a sentence when somebody was at it."""
    good = said("verify", "--json")
    assert (good.exit_code, json.loads(good.stdout)["rows"]) == (0, 3)
    assert len(json.loads(good.stdout)["head"]) == 64
    assert said("verify", "--day", "23/11/2020").exit_code == 0
    assert said("verify", "--day", "31/02/2026").exit_code == 2

    place.execute("update exchange set outcome = 'x' where id = (select max(id) from exchange)")
    bad = said("verify")
    assert (bad.exit_code, "Dòng đã bị sửa" in bad.stdout) == (6, True)


def test_a_pack_is_written_for_who_may_and_checked_by_the_tool(place, tmp_path):
    """With bodies only for who may see persons; no other user of the machine can read it."""
    out = tmp_path / "pack.zip"
    refused = said("export", CODE, "--out", str(out), "--reason", "Tòa án", "--bodies", login=VIEWER)
    assert (refused.exit_code, out.exists()) == (1, False)
    made = said("export", CODE, "--out", str(out), "--reason", "Tòa án", "--bodies", login=APPROVER)
    assert made.exit_code == 0, made.output

    assert run(out, "--key", SIGNER.public)[0] == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert NUMBER not in made.output
    assert said("export", CODE, "--out", str(out), "--reason", "Tòa án", login=APPROVER).exit_code == 2


def test_two_people_erase(place):
    """One asks, another one confirms; the first cannot do both."""
    assert said("erase", CODE, "--reason", "hết hạn", login=VIEWER).exit_code == 1
    assert said("erase", CODE, "--reason", "hết hạn", login=ADMINISTRATOR).exit_code == 0
    assert CODE in said("erasures").stdout
    assert said("erase", CODE, "--reason", "đúng", "--confirm", login=ADMINISTRATOR).exit_code != 0
    assert place.execute("select wrapped is not null from dossier_key").fetchone() == (True,)
    assert said("erase", CODE, "--reason", "đúng", "--confirm", login=APPROVER).exit_code == 0
    assert place.execute("select wrapped is null from dossier_key").fetchone() == (True,)
    assert said("verify").exit_code == 0


def test_doctor_says_whether_bodies_are_kept(place, monkeypatch):
    """An installation that keeps nothing must know it before the complaint comes."""
    good = RUNNER.invoke(doctor.app, ["--only", "evidence", "--json"])
    assert json.loads(good.stdout)["checks"][0]["verdict"] == "ok"
    monkeypatch.delenv("LIENTHONG_EVIDENCE__SIGNING_KEY")
    assert "no key to sign" in RUNNER.invoke(doctor.app, ["--only", "evidence", "--json"]).stdout
    monkeypatch.delenv("LIENTHONG_EVIDENCE__MASTER_KEY")
    assert "not kept" in RUNNER.invoke(doctor.app, ["--only", "evidence", "--json"]).stdout
