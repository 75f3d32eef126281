"""The 46 real files of many banks, against what their publishers' own tests state and plain counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.statements.reader import read_statement
from connectors.statements.report import statement_json

BANK = Path(__file__).parents[2] / "data" / "bank"
EXPECTED: dict[str, dict[str, Any]] = json.loads((BANK / "expected.json").read_text("utf-8"))
# The file whose opening and closing balance stand in two currencies cannot name a difference
NO_DIFFERENCE = {"camt/genkgo-053-v08.xml"}


def _name(key: str) -> str:
    return key.removeprefix("bank/")


@pytest.fixture(params=sorted(EXPECTED), ids=_name)
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any], Any]:
    name = _name(request.param)
    return name, EXPECTED[request.param], read_statement(BANK / name)


def test_every_file_yields_the_statements_and_entries_that_stand_in_it(case: Any) -> None:
    """Nothing may be merged, lost or counted twice: that is where bought readers failed."""
    _, expected, read = case
    counted = expected["counted_here"]

    assert len(read.statements) == counted.get("statements", counted.get("messages"))
    assert sum(len(statement.entries) for statement in read.statements) == counted["entries"]


def test_whether_a_statement_adds_up_is_told_and_the_difference_named(case: Any) -> None:
    """Masked samples do not add up; hiding it would hide a missing line in a real file just as well."""
    name, expected, read = case
    if expected["counted_here"]["adds_up"]:
        assert [statement.adds_up for statement in read.statements] == expected["counted_here"]["adds_up"]
    for statement in read.statements:
        if statement.adds_up is False:
            assert statement.difference_minor or name in NO_DIFFERENCE
            assert any(item.code == "does-not-add-up" for item in read.troubles)
            assert not read.loadable


def test_what_the_publishers_tests_state_holds(case: Any) -> None:
    """Their tests know their banks better than we do."""
    _, expected, read = case
    stated = expected["source_expects"] or {}
    entries = [entry for statement in read.statements for entry in statement.entries]
    if "accounts" in stated:
        assert len({statement.account for statement in read.statements}) == stated["accounts"]
    if "booked_credits_not_reversed" in stated:
        found = [entry for entry in entries if entry.booked and entry.credit and not entry.reversal]
        assert len(found) == stated["booked_credits_not_reversed"]
    if "page" in stated:
        assert (read.statements[0].page, read.statements[0].last_page) == (
            stated["page"],
            stated["last_page"],
        )
    if "entry_amounts_in_smallest_unit" in stated:
        signed = [f"{'' if entry.credit else '-'}{entry.minor} {entry.currency}" for entry in entries]
        assert signed == stated["entry_amounts_in_smallest_unit"]
    if "messages" in stated:
        assert len(read.statements) == stated["messages"]
    if "entries" in stated:
        assert len(entries) == stated["entries"]
    if "first_entry" in stated:
        assert f"{'' if entries[0].credit else '-'}{entries[0].amount}" == stated["first_entry"]
    for key, minor, end in (("first_opening", "opening_minor", 0), ("last_closing", "closing_minor", -1)):
        if key in stated:
            digits = stated[key].split()[0]
            assert getattr(read.statements[end], minor) == round(float(digits) * 100)
    if "error" in stated:
        assert not read.loadable


def test_reversals_and_returns_are_marked(case: Any) -> None:
    """A reversal taken for a payment is money counted twice."""
    _, expected, read = case
    counted = expected["counted_here"]
    entries = [entry for statement in read.statements for entry in statement.entries]
    if "reversal_true" in counted:
        assert sum(entry.reversal for entry in entries) == counted["reversal_true"]
        parts = [part for entry in entries for part in (entry.details or (entry,))]
        assert sum(part.return_reason is not None for part in parts) == counted["return_infos"]


def test_the_json_form_is_complete_and_stable(case: Any) -> None:
    """Other programs read it: same keys for every file, whatever its format."""
    name, _, read = case
    data = json.loads(json.dumps(statement_json(name, read)))

    assert set(data) == {"file", "format", "digest", "loadable", "statements", "troubles"}
    for statement in data["statements"]:
        for entry in statement["entries"]:
            assert entry["status"] in {"booked", "pending", "information", "future"}
            assert entry["sign"] in {"credit", "debit"}
            assert entry["amount_minor"] is None or isinstance(entry["amount_minor"], int)


@pytest.mark.parametrize(
    ("name", "code", "raw"),
    [
        ("mt940/odd-february-30.sta", "impossible-date", "160230"),
        ("mt940/odd-incomplete-61.sta", "incomplete-line", "170914D233,15NMSC"),
        ("mt940/odd-unknown-tag.sta", "unknown-tag", "12"),
    ],
)
def test_odd_files_are_refused_with_the_reason_and_still_shown(name: str, code: str, raw: str) -> None:
    """A person must see what the bank wrote, and where, to ask for a better file."""
    read = read_statement(BANK / name)

    assert (code, raw) in {(item.code, item.raw) for item in read.troubles}
    assert not read.loadable
    assert read.statements[0].entries[0].minor is not None


def test_thirty_february_is_not_moved_to_another_day() -> None:
    """A date that does not exist is not known; the nearest day would be a guess about money."""
    entry = read_statement(BANK / "mt940/odd-february-30.sta").statements[0].entries[0]

    assert entry.value_date is None
    assert entry.raw == {"value_date": "160230"}


def test_every_sample_has_its_licence_beside_it() -> None:
    """Files of others are kept only with the text that allows it."""
    manifest = (BANK / "MANIFEST.md").read_text("utf-8")
    rows = [line.split("|") for line in manifest.splitlines() if line.startswith(("| camt/", "| mt940/"))]

    assert len(rows) == len(EXPECTED) == 46
    for row in rows:
        assert (BANK / row[1].strip()).is_file()
        assert (BANK / "licences" / f"{row[2].strip().replace('/', '+')}.txt").is_file()
