"""Tiers are judged by facts, and the page that tells them is true."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import pytest

from adapters.cli import connector_facts as facts
from adapters.cli.main import main
from connectors.kit.tiers import RULES, Facts, Tier, judged
from connectors.registry import SYSTEMS

GOLD = Facts("x", schema=True, stub=True, connection_test=True, registered=True, limits_told=True, tagged=True, planted=True, replay=True, runbook=True)  # fmt: skip
OWED: dict[str, str] = {"vietqr": "its client is being written"}
"""System → the rule that it still misses and why that is known."""


@cache
def every() -> tuple[facts.Seen, ...]:
    return tuple(facts.seen(name) for name in facts.systems())


@pytest.mark.parametrize(
    ("change", "tier", "rule"),
    [
        ({}, Tier.GOLD, ""),
        ({"runbook": False}, Tier.SILVER, "runbook"),
        ({"replay": False}, Tier.SILVER, "replay"),
        ({"untried": ("pay",)}, Tier.SILVER, "fault-suite"),
        ({"planted": False}, Tier.BRONZE, "masking"),
        ({"tagged": False}, Tier.BRONZE, "masking"),
        ({"registered": False}, Tier.BRONZE, "quota"),
        ({"limits_told": False}, Tier.BRONZE, "quota"),
        ({"undeclared": ("pay",)}, Tier.BRONZE, "look-up"),
        ({"wordless": ("pay",)}, Tier.NONE, "words"),
        ({"suite_passed": False}, Tier.NONE, "connection-test"),
        ({"stub": False, "runbook": False}, Tier.NONE, "stub"),
    ],
)
def test_a_tier_is_earned_rule_by_rule(change, tier, rule):
    """The first rule that is missing is the next to earn, and a higher one never makes up for it."""
    found = judged(replace(GOLD, **change))

    assert found.tier is tier
    assert (found.missing[0][0].name if found.missing else "") == rule


def test_rules_speak_both_languages_and_stand_in_order():
    """They are read by developers of the province."""
    assert [rule.tier for rule in RULES] == sorted(rule.tier for rule in RULES)
    assert all(rule.vi and rule.en and rule.vi != rule.en for rule in RULES)


def test_every_system_of_the_registry_is_at_least_silver():
    """What is not may not be called by anybody."""
    low = {
        each.system: each.judgement
        for each in every()
        if each.system in SYSTEMS and each.judgement.tier < Tier.SILVER
    }

    assert {name: found.missing for name, found in low.items() if name not in OWED} == {}
    assert not [name for name in OWED if name not in low], "a debt that was paid"


def test_money_and_signatures_are_gold():
    """They are not tried out on people."""
    low = {
        each.system: each.judgement.missing
        for each in every()
        if each.system in SYSTEMS and facts.must_be_gold(each)
    }

    assert {name: missing for name, missing in low.items() if missing and name not in OWED} == {}


def test_the_page_of_all_systems_is_true():
    """``lienthong connector matrix --write`` makes it anew."""
    root = facts.checkout()
    assert root is not None
    assert (root / facts.PAGE).read_text("utf-8") == facts.matrix(every())


def test_an_unwritten_runbook_is_none(monkeypatch):
    """The heading alone helps nobody at night."""
    head = "## Khi hỏng · When it fails\n\n| a | b |\n| --- | --- |\n"
    assert not facts._has_runbook("")
    assert not facts._has_runbook(head + "| CHƯA VIẾT | |\n| x | y |\n")
    assert not facts._has_runbook(head + "| x | y |\n")
    assert facts._has_runbook(head + "| x | y |\n| z | y |\n\n## Else\n")
    assert not facts._has_runbook(head + "| x | y |\n\n## Else\n| z | y |\n| z | y |\n")


def test_a_wheel_says_that_its_tests_are_not_there(monkeypatch, capsys):
    """Instead of a tier that nobody earned."""
    monkeypatch.setattr(facts, "checkout", lambda: None)

    assert main(["--lang", "en", "connector", "check", "lgsp"]) == 2
    assert "checkout" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["check", "nowhere"], ["try", "lgsp", "nothing"], ["record", "nowhere", "x"], ["new", "x1"], ["new", "x1", "--rest", "--soap"], ["new", "x1", "--rest", "--from", "/nowhere.json"], ["new", "x1", "--rest", "--look-up", "a"]])  # fmt: skip
def test_wrong_use_is_said_in_a_sentence(command, capsys):
    """And nothing is written."""
    assert main(["--lang", "en", "connector", *command]) == 2
    assert capsys.readouterr().err.strip()


def test_a_call_is_tried_on_the_sandbox_alone(capsys):
    """With the sample of the contract test."""
    assert main(["connector", "try", "social_insurance", "by_number"]) == 0
    assert '"code": "found"' in capsys.readouterr().out


def har(text: str) -> str:
    """As a browser saves one exchange, headers and all."""
    secret = [{"name": "Authorization", "value": "Bearer mat-khau-thu"}]
    asked = {"method": "POST", "url": "https://a.example/sync?page=1", "headers": secret, "postData": {"mimeType": "application/json", "text": text}}  # fmt: skip
    answer = {"status": 200, "content": {"mimeType": "application/json", "text": "eyJvayI6IHRydWV9", "encoding": "base64"}}  # fmt: skip
    return json.dumps({"log": {"entries": [{"request": asked, "response": answer}]}})


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A checkout that nobody minds being written to."""
    monkeypatch.setattr(facts, "checkout", lambda: tmp_path)
    return tmp_path


def test_a_recording_with_somebody_in_it_is_refused_and_nothing_is_written(elsewhere, capsys):
    """The field is named; its value is not repeated."""
    source = elsewhere / "x.har"
    source.write_text(har('{"Unheard": "0912000001"}'))

    assert main(["--lang", "en", "connector", "record", "lgsp", "sync_dossier", "--from", str(source)]) == 6
    said = capsys.readouterr().err
    assert "Unheard" in said
    assert "0912000001" not in said
    assert not (elsewhere / "tests").exists()


def test_a_recording_keeps_no_header_and_is_not_written_over(elsewhere, capsys):
    """Secrets travel in headers; a fixture that changes under a test proves nothing."""
    source = elsewhere / "x.har"
    source.write_text(har('{"CitizenName": "Nguyễn Thị Thử", "DocCode": "000.00.15.H42-261123-0001"}'))
    command = ["--lang", "en", "connector", "record", "lgsp", "sync_dossier", "--from", str(source)]

    assert main(command) == 0
    text = (elsewhere / "tests/contract/lgsp/recorded/sync_dossier.json").read_text("utf-8")
    assert "mat-khau-thu" not in text
    assert "Nguyễn" not in text
    assert json.loads(text)["answer"]["body"] == {"ok": True}
    assert json.loads(text)["request"]["query"] == {"page": "1"}
    assert main(command) == 2
    assert main([*command, "--force"]) == 0
    assert main([*command, "--force", "--entry", "1"]) == 2
    assert main([*command, "--label", "../x"]) == 2
    capsys.readouterr()


def test_what_would_be_written_is_only_printed(capsys):
    """With the very lines for the two files."""
    assert main(["connector", "new", "print_only_thing", "--soap", "--print-only"]) == 0

    said = capsys.readouterr().out
    root = facts.checkout()
    assert root is not None
    assert '    "print_only_thing",' in said
    assert "PrintOnlyThingSettings | None = None" in said
    assert not (root / "connectors" / "print_only_thing").exists()
