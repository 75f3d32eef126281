"""Which version takes a call: settings first, what people said above them, the last sentence in force counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from connectors.kit.switching import (
    AgencyRule,
    Rule,
    Says,
    Switch,
    Version,
    arrived,
    choose,
    concerned,
    shadowed,
)

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
OLD, NEW = Version.OLD, Version.NEW
DAY = timedelta(days=1)


def said(says: str, *, agency: str = "", operation: str = "", ago: timedelta = timedelta()) -> Rule:
    return Rule(operation, agency, Says(says), NOW - ago)


def place(
    rules=(), *, switch: Switch | None = None, operation="dossier", agency="H21.15", now=NOW
) -> Version:
    return choose(switch or Switch(), rules, operation, (agency,) if agency else (), now)


def test_without_a_word_everything_is_old():
    """A second section in the settings must change nothing by being there."""
    assert place() is OLD
    assert concerned(Switch(), (), "dossier", NOW) == {OLD}


@pytest.mark.parametrize(
    ("switch", "operation", "agency", "wanted"),
    [
        (Switch(default=NEW), "dossier", "H21.15", NEW),
        (Switch(operations={"dossier": NEW}), "dossier", "H21.15", NEW),
        (Switch(operations={"dossier": NEW}), "add_note", "H21.15", OLD),
        (
            Switch(agencies=(AgencyRule(pattern="H21.15*", version=NEW, since=date(2026, 12, 1)),)),
            "x",
            "H21.15.2",
            NEW,
        ),
        (
            Switch(agencies=(AgencyRule(pattern="H21.15*", version=NEW, since=date(2026, 12, 1)),)),
            "x",
            "H21.16",
            OLD,
        ),
        (Switch(agencies=(AgencyRule(pattern="*", version=NEW, since=date(2026, 12, 1)),)), "x", "", OLD),
        (
            Switch(agencies=(AgencyRule(pattern="*", version=NEW, since=date(2026, 12, 2)),)),
            "x",
            "H21.15",
            OLD,
        ),
        (
            Switch(
                operations={"add_note": OLD},
                agencies=(AgencyRule(pattern="*", version=NEW, since=date(2026, 11, 1)),),
            ),
            "add_note",
            "H21.15",
            OLD,
        ),
        (
            Switch(
                agencies=(
                    AgencyRule(pattern="H21.*", version=NEW, since=date(2026, 11, 1)),
                    AgencyRule(pattern="H21.15", version=OLD, since=date(2026, 11, 20)),
                )
            ),
            "x",
            "H21.15",
            OLD,
        ),
        (
            Switch(
                agencies=(
                    AgencyRule(pattern="H21.15", version=NEW, since=date(2026, 11, 1)),
                    AgencyRule(pattern="H21.*", version=OLD, since=date(2026, 11, 1)),
                )
            ),
            "x",
            "H21.15",
            NEW,
        ),
    ],
)
def test_settings_operation_before_agency_the_latest_agency_rule_then_the_longest(
    switch, operation, agency, wanted
):
    """An operation is named where it is an exception to the agencies."""
    assert place(switch=switch, operation=operation, agency=agency) is wanted


def test_a_day_begins_in_vietnam():
    """17:00 UTC of the day before."""
    switch = Switch(agencies=(AgencyRule(pattern="H21.15", version=NEW, since=date(2026, 12, 1)),))
    begins = datetime(2026, 11, 30, 17, 0, tzinfo=UTC)
    assert place(switch=switch, now=begins) is NEW
    assert place(switch=switch, now=begins - timedelta(seconds=1)) is OLD


def test_what_people_say_is_above_the_settings_and_going_back_is_one_sentence():
    """In an emergency nobody looks for every sentence that was said before."""
    switch = Switch(operations={"dossier": NEW})
    rules = [said("new", agency="H21.15", ago=2 * DAY), said("new", operation="dossier", ago=DAY)]
    assert place(rules, switch=switch) is NEW
    assert place([*rules, said("old")], switch=switch) is OLD
    assert concerned(switch, [*rules, said("old")], "dossier", NOW) == {OLD}


def test_a_sentence_of_another_agency_or_operation_or_of_tomorrow_changes_nothing():
    """Only what fits and is in force."""
    assert place([said("new", agency="H21.16")]) is OLD
    assert place([said("new", operation="add_note")]) is OLD
    assert place([said("new", ago=-DAY)]) is OLD
    assert place([said("new", agency="*")], agency="") is OLD


def test_the_last_in_force_counts_and_at_one_moment_the_one_said_later():
    """A cut-over that was planned for today takes place after a general sentence of yesterday."""
    planned, general = said("new", agency="H21.15"), said("old", ago=DAY)
    assert place([planned, general]) is NEW
    assert place([said("new"), said("old")]) is OLD
    assert place([said("old"), said("new")]) is NEW


def test_both_are_read_while_agencies_live_in_both():
    """What is told of all agencies at once must be read of every version that has one."""
    rules = [said("new", agency="H21.15")]
    assert concerned(Switch(), rules, "changed_since", NOW) == {OLD, NEW}
    assert concerned(Switch(), [*rules, said("new")], "changed_since", NOW) == {NEW}
    assert concerned(Switch(), [said("new", operation="dossier")], "changed_since", NOW) == {OLD}


def test_who_came_to_a_version_since_is_read_there_from_before():
    """A cut-over of today is news to whoever read yesterday, and none to whoever read after it."""
    rules = [
        said("new", agency="H21.15", ago=DAY),
        said("old", agency="H21.16", ago=DAY / 2),
        said("new", ago=-DAY),
    ]
    switch = Switch(agencies=(AgencyRule(pattern="H21.17", version=NEW, since=date(2026, 12, 1)),))
    assert arrived(Switch(), rules, "changed_since", NOW - 2 * DAY, NOW) == {OLD, NEW}
    assert arrived(Switch(), rules, "changed_since", NOW - DAY * 0.9, NOW) == {OLD}
    assert arrived(Switch(), rules, "changed_since", NOW - DAY * 0.4, NOW) == frozenset()
    assert arrived(switch, [], "changed_since", NOW - DAY, NOW) == {NEW}
    assert arrived(switch, [], "changed_since", NOW, NOW) == frozenset()
    assert arrived(switch, [], "changed_since", NOW - 2 * DAY, NOW - DAY) == frozenset()
    assert arrived(Switch(), [said("shadow")], "changed_since", NOW - DAY, NOW) == frozenset()


def test_shadow_is_its_own_sentence():
    """Comparing neither switches nor is ended by switching."""
    switch = Switch(shadow=frozenset({"dossier"}))
    assert shadowed(switch, [said("new")], "dossier", ("H21.15",), NOW)
    assert not shadowed(switch, [said("alone")], "dossier", ("H21.15",), NOW)
    assert not shadowed(switch, [], "by_code", ("H21.15",), NOW)
    rules = [said("shadow", operation="by_code", agency="H21.15")]
    assert shadowed(switch, rules, "by_code", ("H21.15",), NOW)
    assert not shadowed(switch, rules, "by_code", ("H21.16",), NOW)
    assert place(rules, operation="by_code") is OLD


@pytest.mark.parametrize(
    "facts",
    [
        {"default": "newest"},
        {"operations": {"dossier": "both"}},
        {"agencies": [{"pattern": "", "version": "new", "since": "2026-12-01"}]},
        {"agencies": [{"pattern": "H21", "version": "new"}]},
        {"shadow_waiting": 0},
        {"somewhere": "else"},
    ],
)
def test_a_switch_that_cannot_be_meant_stops_the_start(facts):
    """A typo must not send writes to the wrong system."""
    with pytest.raises(ValidationError):
        Switch(**facts)
