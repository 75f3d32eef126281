"""``statements read`` as a person and as a program use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.cli.statements import app
from connectors.statements.troubles import codes, trouble
from tests.unit.statements.samples import camt, entry


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.xml"
    path.write_bytes(camt(entry(), closing="150"))
    return path


def test_json_for_programs_and_a_table_for_people(good: Path) -> None:
    """Both tell the same; exit code 0 means nothing is wrong."""
    data = CliRunner().invoke(app, ["read", str(good), "--json"])
    table = CliRunner().invoke(app, ["read", str(good)])

    assert (data.exit_code, table.exit_code) == (0, 0)
    [statement] = json.loads(data.stdout)["statements"]
    assert (statement["opening"], statement["closing"], statement["difference"]) == ("100", "150", "0")
    assert (
        statement["entries"][0] | {"amount": "50", "amount_minor": 50, "sign": "credit"}
        == statement["entries"][0]
    )
    assert "0011" in table.stdout


def test_problems_have_their_own_exit_code(tmp_path: Path) -> None:
    """Scripts stop on 6; the report is printed all the same."""
    path = tmp_path / "bad.xml"
    path.write_bytes(camt(entry(), closing="151"))
    result = CliRunner().invoke(app, ["read", str(path), "--json"])

    assert result.exit_code == 6
    assert json.loads(result.stdout)["troubles"][0]["code"] == "does-not-add-up"


@pytest.mark.parametrize("options", [["--profile", "none"], []])
def test_wrong_use_is_told_without_a_traceback(good: Path, options: list[str]) -> None:
    """Exit code 2 and a sentence."""
    file = str(good) if options else str(good.parent / "missing.xml")
    result = CliRunner().invoke(app, ["read", file, *options])

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_every_trouble_speaks_both_languages() -> None:
    """The accountant reads Vietnamese; the catalogue must not break while it formats."""
    for code in codes():
        item = trouble(code, "dòng 1", "amount", "{raw}")
        assert item.message_vi
        assert item.message_en
        assert item.message_vi != item.message_en
