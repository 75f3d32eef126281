"""Who may switch, what cannot be meant, and that every sentence leaves its audit row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.kit.switching import Says
from jobs.access.model import Actor, ActorKind, Role
from jobs.errors import BadInput, NotAllowed
from jobs.refunds.people import Fixed
from jobs.switching.service import Sentence, SwitchDesk
from jobs.switching.stored import rules

PEOPLE = Fixed({"an": Role.OPERATOR, "binh": Role.ADMINISTRATOR, "xem": Role.VIEWER})
BINH = Actor(ActorKind.PERSON, "binh")
MOVE = Sentence("igate", Says.NEW, agency="H21.15*")


@pytest.fixture
def desk(pg_store) -> SwitchDesk:
    return SwitchDesk(pg_store, people=PEOPLE)


def test_a_sentence_is_kept_with_its_name_and_audited(desk, pg_store, clock):
    """S7: the row of the act and the row of the audit, or neither."""
    number = desk.say(MOVE, reason="quyết định 12", actor=BINH)
    with pg_store.transaction("look") as tx:
        [audit] = tx.fetch("select * from audit where action = 'switch-connector'")
        [rule] = rules(tx, "igate")
    assert (rule.agency, rule.says, rule.since) == ("H21.15*", Says.NEW, clock.now())
    assert (audit["actor"], audit["subject"], audit["reason"]) == (
        "person:binh",
        "connector:igate",
        "quyết định 12",
    )
    assert audit["facts"]["number"] == number
    [row] = desk.said("igate")
    assert (row["said_by"], row["said_at"]) == ("person:binh", clock.now())


@pytest.mark.parametrize(
    "who",
    [
        Actor(ActorKind.PERSON, "an"),
        Actor(ActorKind.PERSON, "xem"),
        Actor(ActorKind.PERSON, "nobody"),
        Actor(ActorKind.RULE, "binh"),
    ],
)
def test_who_has_no_right_switches_nothing(desk, pg_store, who):
    """Asked in the transaction of the act; a rule is no person."""
    with pytest.raises(NotAllowed, match="no-right"):
        desk.say(MOVE, reason="quyết định 12", actor=who)
    assert not desk.said("igate")
    with pg_store.transaction("look") as tx:
        assert not tx.fetch("select from audit where action = 'switch-connector'")


@pytest.mark.parametrize(
    "changes",
    [
        {"system": "vnpay"},
        {"system": "igate'; drop"},
        {"operation": "confirm_fees"},
        {"says": Says.SHADOW, "operation": "confirm_fee"},
        {"says": Says.SHADOW, "operation": "file"},
        {"agency": "H21 15"},
        {"agency": "H" * 101},
        {"agency": "H21\u202e"},
        {"since": datetime(2026, 12, 1)},
        {"since": datetime(2036, 12, 1, tzinfo=UTC)},
    ],
)
def test_a_sentence_that_cannot_be_meant_is_refused(desk, changes):
    """A typo in a cut-over is found by whoever types it."""
    with pytest.raises(BadInput):
        desk.say(replace(MOVE, **changes), reason="quyết định 12", actor=BINH)
    assert not desk.said("igate")


@pytest.mark.parametrize("reason", ["", "  ", "x", "x" * 501])
def test_a_reason_is_needed(desk, reason):
    """It is what the next person reads."""
    with pytest.raises(BadInput):
        desk.say(MOVE, reason=reason, actor=BINH)


def test_nothing_is_said_for_the_past(desk, clock):
    """Calls that were made do not move: a day that has begun means from now on."""
    desk.say(replace(MOVE, since=clock.now() - timedelta(days=3)), reason="quyết định 12", actor=BINH)
    desk.say(replace(MOVE, since=clock.now() + timedelta(days=3)), reason="quyết định 13", actor=BINH)
    assert [row["since"] for row in desk.said("igate")] == [clock.now(), clock.now() + timedelta(days=3)]
