"""A dossier's whole life to another system: once, in order, and found again when it was lost there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.errors import Rejected, Unavailable
from jobs.store.postgres import sync as rows
from jobs.sync import comparing
from jobs.sync.rules import Rule
from mappings.canonical.dossier import DossierState
from tests.integration.sync.conftest import CODE, PORTAL, RECEIVED, World, detail, lost


def test_a_new_dossier_is_told_and_then_its_steps(world):
    """Steps leave only when the dossier itself is there."""
    world.change(detail())
    told = world.run()

    assert (told.read, told.versions) == (1, 1)
    assert world.portal.calls == [("push", 1), ("step", 1)]
    state = world.state()
    assert (state["state"], state["there_version"], state["there_steps"]) == ("there", 1, 1)
    assert state["reference"] == f"P-{CODE}"


def test_the_same_content_again_is_no_new_version(world):
    """The feed brings a dossier again whenever it overlaps."""
    world.change(detail())
    world.run()
    world.change(detail())
    told = world.run()

    assert (told.read, told.versions, told.planned) == (1, 0, 0)
    assert world.portal.calls == [("push", 1), ("step", 1)]


def test_states_leave_in_the_order_of_their_versions(world):
    """Three changes while the other side is away arrive as three, oldest first, each step once."""
    world.portal.answers = [Unavailable("closed", system=PORTAL, operation="push")] * 2
    for hour, state in enumerate((DossierState.RECEIVED, DossierState.PROCESSING, DossierState.DONE)):
        world.change(detail(state, hours=hour))
        world.sync.run()
    for _ in range(8):
        world.deliver()
        world.later(minutes=30)

    assert [version for kind, version in world.portal.calls if kind == "push"] == [1, 1, 1, 2, 3]
    assert world.portal.steps[CODE] == [1, 2, 3]
    assert world.state()["state"] == "there"


def test_a_lost_answer_is_asked_for_and_nothing_is_sent_twice(world):
    """The portal did it; the answer was lost."""
    world.change(detail())
    world.portal.dossiers[CODE] = 1
    world.portal.answers = [lost()]
    world.run()
    world.later(hours=2)
    world.deliver()

    assert [call for call in world.portal.calls if call[0] == "push"] == [("push", 1)]
    assert world.state()["state"] == "there"


def test_where_the_other_side_allows_it_a_newer_version_takes_the_place(pg_store, clock, empty_database):
    """What has not left is taken back; what has left stays."""
    world = World(pg_store, clock, empty_database, rule=Rule(PORTAL, RECEIVED.date(), coalesce=True))
    for hour, state in enumerate((DossierState.RECEIVED, DossierState.PROCESSING, DossierState.DONE)):
        world.change(detail(state, hours=hour))
        world.sync.run()
    world.deliver()

    assert [version for kind, version in world.portal.calls if kind == "push"] == [3]
    assert world.portal.steps[CODE] == [1, 2, 3]


def test_what_is_refused_is_a_case_and_a_later_success_closes_it(world):
    """A person sees what the other side said; nobody compares lists by hand."""
    world.portal.answers = [Rejected("thiếu MaTTHC", system=PORTAL, operation="push", code="-1")]
    world.change(detail())
    world.run()
    assert world.cases() == {"sync_refused"}
    assert world.state()["state"] == "refused"
    assert ("step", 1) not in world.portal.calls

    world.change(detail(DossierState.PROCESSING, hours=1))
    world.run()
    assert world.cases() == set()
    assert world.portal.steps[CODE] == [1, 2]


def test_a_code_without_a_meaning_is_one_case_and_nobody_else_waits(world):
    """The table lacks a row: a person adds it."""
    world.change(detail(procedure="UNKNOWN"))
    world.run()

    assert world.cases() == {"sync_not_mapped"}
    assert world.portal.calls == []


def test_a_push_that_was_lost_there_is_found_by_comparing_and_told_anew(world):
    """They said yes, and a restore of theirs took it away."""
    world.change(detail())
    world.run()
    world.portal.dossiers.clear()
    world.later(days=1)

    assert comparing.compare(world.store, world.sync) == 1
    world.deliver()

    assert world.portal.dossiers == {CODE: 1}
    assert (world.state()["state"], world.state()["repairs"]) == ("there", 1)
    assert comparing.compare(world.store, world.sync) == 0, "asked once a day"


def test_what_they_lose_again_and_again_is_a_persons_matter(world):
    """It would be told for ever."""
    world.change(detail())
    world.run()
    for _ in range(4):
        world.portal.dossiers.clear()
        world.later(days=1)
        comparing.compare(world.store, world.sync)
        world.deliver()

    assert "sync_lost" in world.cases()
    assert world.state()["repairs"] == 4


def test_a_span_of_time_is_replayed_to_one_system(world):
    """After their restore an operator tells them everything of yesterday once more."""
    world.change(detail())
    world.run()
    now = world.clock.now()
    planned = world.sync.replay(
        now - timedelta(hours=1),
        now + timedelta(hours=1),
        system=PORTAL,
        reason="khôi phục",
        actor="person:vanhanh",
    )
    world.deliver()

    assert planned == 1
    assert [call for call in world.portal.calls if call[0] == "push"] == [("push", 1), ("push", 1)]


def test_a_case_system_that_is_away_costs_time_and_no_change(world):
    """What was taken is due again."""
    world.case.away = True
    world.change(detail())
    with pytest.raises(Unavailable):
        world.sync.run()
    world.case.away = False
    assert world.sync.run().read == 0
    world.later(minutes=3)
    assert world.run().versions == 1


def test_a_change_while_a_dossier_is_read_is_read_too(world, monkeypatch):
    """The newer change keeps its row."""
    first, second = detail(), detail(DossierState.PROCESSING, hours=1)
    world.change(first)
    read = world.case.dossier

    def changes_meanwhile(source_id):
        found = read(source_id)
        if world.case.asked == 1:
            world.later(seconds=1)
            world.change(second)
        return found

    monkeypatch.setattr(world.case, "dossier", changes_meanwhile)
    world.sync.run()
    world.sync.run()

    with world.store.transaction("look") as tx:
        assert rows.files_of(tx, [CODE])[CODE]["version"] == 2


def test_a_dossier_that_is_gone_is_a_case(world):
    """Nobody asks for it for ever."""
    world.change(detail())
    world.case.details.clear()
    assert world.run().versions == 0
    assert world.cases() == {"sync_unreadable"}
    assert world.run().read == 0
