"""Reading commands show what the pages show, without persons."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from adapters.cli import jobs, reading, refunds

RUNNER = CliRunner()
ROW = {
    "id": 7, "reference": "A1B2C3D4E5F6G7H8", "payment_reference": "P", "amount": 50_000, "state": "PROPOSED",
    "route": "gateway", "reason": "withdrawn", "waiting_for": None, "document_number": None,
    "applicant_name": "Nguyễn Thị Bưởi", "system": "vnpay", "operation": "refund", "code": "", "message": "",
}  # fmt: skip


@pytest.fixture
def answers(monkeypatch):
    """What the database would answer, command by command."""
    given = []
    for module in (reading, refunds, jobs):
        monkeypatch.setattr(module, "read", lambda _question: given.pop(0))
    return given


def test_refunds_are_listed_without_persons(answers):
    """A terminal has no masking by right."""
    answers.append([ROW])
    done = RUNNER.invoke(refunds.app, ["list", "--json"])

    (row,) = json.loads(done.stdout)["refunds"]
    assert row["amount"] == 50_000
    assert "Bưởi" not in done.stdout


def test_an_unknown_refund_is_said_and_not_an_empty_table(answers):
    """Silence would be read as 'nothing happened'."""
    answers.append((None, []))
    done = RUNNER.invoke(refunds.app, ["show", "NOTHING"])

    assert done.exit_code == 1
    assert "NOTHING" in done.output


def test_a_job_is_explained_with_its_calls(answers):
    """Who asks why wants the calls, not only the state."""
    answers.append((ROW, [{"at": None, "outcome": "unknown", "status": 504}]))
    done = RUNNER.invoke(jobs.app, ["explain", "7", "--json"])

    (job,) = json.loads(done.stdout)["job"]
    assert job["calls"][0]["outcome"] == "unknown"
    assert "applicant_name" not in job
