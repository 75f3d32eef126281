"""The case system's feed: read with overlap, taken once, and what it changes is told in the same transaction."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from connectors.errors import Unavailable
from connectors.kit.effects import Exchange
from connectors.kit.exchanges import note
from jobs.intake.actors import drains
from jobs.intake.feed import FEED, Feed
from mappings.canonical.dossier import DossierHead, DossierStage, DossierState, FeeDemand, FeedPage, FeesRead
from tests.support.money import CODE, World, line, paid


@dataclass
class CaseSystem:
    """A small case system: dossiers by id, two on a page, newest first."""

    heads: dict[str, DossierHead] = field(default_factory=dict)
    demands: dict[str, FeeDemand] = field(default_factory=dict)
    asked: list[object] = field(default_factory=list)
    away_after: int | None = None
    unreadable: tuple[tuple[str, str], ...] = ()
    spoilt: frozenset[str] = frozenset()

    def changed_since(self, since, page):
        self.asked.append(since)
        if self.away_after is not None and page >= self.away_after:
            raise Unavailable("down", system="igate", operation="changed_since")
        found = sorted(
            (h for h in self.heads.values() if h.updated_at >= since),
            key=lambda h: h.updated_at,
            reverse=True,
        )
        begin = page * 2
        return FeedPage(tuple(found[begin : begin + 2]), begin + 2 < len(found), unreadable=self.unreadable)

    def fees_read(self, source_ids):
        good = tuple(self.demands[s] for s in source_ids if s in self.demands and s not in self.spoilt)
        return FeesRead(good, tuple((s, "SoTien") for s in source_ids if s in self.spoilt))


@pytest.fixture
def world(store, clock) -> World:
    return World(store, clock)


@pytest.fixture
def system(world) -> CaseSystem:
    return CaseSystem()


@pytest.fixture
def feed(world, system) -> Feed:
    return Feed(world.store, system, world.owed)


def file(system, clock, code: str = CODE, *lines, **facts) -> str:
    source = facts.pop("source", f"id-{code}")
    before = system.heads.get(source)
    head = before or DossierHead(
        code=code, source_id=source, national_code="", agency="H21.129", agency_name="Trung tâm", procedure="1.1",
        procedure_name="Cấp phép", status=2, state=DossierState.PROCESSING, stage=DossierStage.PROCESSING,
        applicant_name="Nguyễn Thị Hoà", updated_at=clock.now(), applied_at=None, accepted_at=None,
    )  # fmt: skip
    system.heads[source] = replace(head, code=code, updated_at=clock.now(), **facts)
    if lines:
        system.demands[source] = FeeDemand(code, source, tuple(lines))
    return source


def dossier(world, code: str = CODE):
    with world.store.transaction("test") as tx:
        return tx.dossiers.by_code(code)


def test_dossiers_and_fees_come_in_and_can_be_paid(world, system, feed, clock):
    """From a fee in the case system to a payment, without a hand."""
    for number in range(5):
        file(system, clock, f"H21.1-{number}", line(10_000))
        clock.advance(60)
    done = feed.run()
    assert (done.pages, done.dossiers, done.changed, done.fees) == (3, 5, 5, 5)
    assert world.events().count("dossier-seen") == 5
    world.tell(paid(world.open("H21.1-3", 10_000), 10_000))
    assert world.fee_state("H21.1-3") == "paid"
    assert dossier(world, "H21.1-3").folded == "h21.1-3 nguyen thi hoa"


def test_the_same_feed_again_changes_nothing(world, system, feed, clock):
    """The overlap brings most of it again each time."""
    file(system, clock, CODE, line(10_000))
    feed.run()
    events = world.events()
    done = feed.run()
    assert (done.dossiers, done.changed, done.fees) == (1, 0, 0)
    assert world.events() == events


def test_the_next_run_begins_a_little_before_where_the_last_one_ended(world, system, feed, clock):
    """The case system writes its dates before its commits."""
    file(system, clock)
    newest = clock.now()
    feed.run()
    clock.advance(hours=3)
    feed.run()
    assert system.asked[-1] == newest - timedelta(minutes=10)


def test_a_run_that_dies_in_the_middle_is_read_again_from_where_it_began(world, system, feed, clock):
    """Pages come newest first: moving the watermark at once would lose the older ones."""
    for number in range(5):
        file(system, clock, f"H21.1-{number}")
        clock.advance(60)
    system.away_after = 1
    drains(feed, world.store)["intake"]()
    with world.store.transaction("test") as tx:
        assert tx.dossiers.watermark(FEED) is None
    system.away_after = None
    feed.run()
    assert all(dossier(world, f"H21.1-{number}") for number in range(5))


@pytest.mark.parametrize("state", [DossierState.REFUSED, DossierState.WITHDRAWN, DossierState.CANCELLED])
def test_a_closed_dossier_is_told_to_whoever_opens_refunds_once(world, system, feed, clock, state):
    """Refund owed opens by itself, in the transaction that learns it."""
    file(system, clock, CODE, line(10_000))
    feed.run()
    clock.advance(60)
    file(system, clock, CODE, state=state, status=6)
    feed.run()
    feed.run()
    assert world.owed.closed == [(CODE, state.value, "processing")]
    assert dossier(world).closed_at == clock.now()
    assert f"dossier.{state.value}" in world.events()


def test_a_dossier_that_we_see_for_the_first_time_when_it_is_refused_is_told_as_well(
    world, system, feed, clock
):
    """Its payment may have come by file."""
    file(system, clock, CODE, state=DossierState.REFUSED)
    feed.run()
    assert world.owed.closed == [(CODE, "refused", "processing")]


def test_an_older_version_never_overwrites_a_newer_one(world, system, feed, clock):
    """Pages shift while they are read."""
    source = file(system, clock, CODE, state=DossierState.DONE)
    feed.run()
    system.heads[source] = replace(
        system.heads[source], state=DossierState.PROCESSING, updated_at=clock.now() - timedelta(minutes=5)
    )
    feed.run()
    assert dossier(world).state == "done"


def test_an_unknown_status_is_shown_and_changes_nothing(world, system, feed, clock):
    """Never taken for done, never for refused; one case for the table's missing line."""
    for number in range(3):
        file(system, clock, f"H21.1-{number}")
    feed.run()
    clock.advance(60)
    for number in range(3):
        file(system, clock, f"H21.1-{number}", status=99, state=DossierState.PENDING, status_known=False)
    feed.run()
    found = dossier(world, "H21.1-1")
    assert (found.state, found.status, found.status_known) == ("processing", 99, False)
    assert len(world.cases("dossier_unknown_status")) == 1
    assert world.owed.closed == []


def test_a_dossier_that_goes_to_another_agency_keeps_its_money_and_both_codes(world, system, feed, clock):
    """The money stays with the collecting unit; who searches by the old code finds it, by the new one too."""
    source = file(system, clock, CODE, line(100_000, unit=""))
    feed.run()
    world.tell(paid(world.open()))
    clock.advance(60)
    file(system, clock, "H21.130-261123-0009", line(100_000, unit=""), source=source, agency="H21.130")
    feed.run()

    assert dossier(world).code == dossier(world, "H21.130-261123-0009").code == CODE
    assert dossier(world).name_there == "H21.130-261123-0009"
    assert world.balance("fee_payable") == {"fee_payable:H21.129:2716": -100_000}
    assert world.fee_state() == "paid"
    assert world.owed.lowered == []


def test_a_raised_and_a_lowered_fee_come_with_the_feed(world, system, feed, clock):
    """Lowered below what was paid is owed."""
    file(system, clock, CODE, line(100_000))
    feed.run()
    world.tell(paid(world.open()))
    clock.advance(60)
    file(system, clock, CODE, line(80_000))
    feed.run()
    assert world.owed.lowered == [CODE]
    assert world.fee_state() == "overpaid"


def test_what_cannot_be_read_stops_nobody_else_and_a_person_sees_it(world, system, feed, clock):
    """One broken dossier of a page of fifty."""
    file(system, clock, CODE)
    system.unreadable = (("id-9", "no code"),)
    feed.run()
    feed.run()
    assert dossier(world) is not None
    assert len(world.cases("dossier_unreadable")) == 1


def test_the_counters_list_is_looked_at_again_until_each_line_is_gone(world, system, feed, clock):
    """'Đã thu, chưa ghi nhận trên iGate': the counter records it there, the feed takes it off the list."""
    world.payments.rules = replace(world.payments.rules, confirms=False)
    source = file(system, clock, CODE, line(100_000))
    feed.run()
    world.tell(paid(world.open()))
    feed.run()
    assert len(world.cases("paid_unconfirmed")) == 1
    system.demands[source] = FeeDemand(CODE, source, (line(100_000, paid=True),))
    feed.run()
    assert world.cases("paid_unconfirmed") == []


def test_the_national_code_finds_the_dossier_too(world, system, feed, clock):
    """Citizens have that one on their paper."""
    file(system, clock, CODE, national_code="G22.99.99-261123-0001")
    feed.run()
    assert dossier(world, "G22.99.99-261123-0001").code == CODE


def test_fees_that_cannot_be_read_become_a_persons_case_and_stop_nobody_else(feed, system, world, clock):
    """Not known is not none: nobody may be asked for nothing because a line was spoilt."""
    file(system, clock)
    file(system, clock, "H21.12-261123-0002")
    system.spoilt = frozenset({f"id-{CODE}"})

    feed.run()

    assert len(world.cases("dossier_unreadable")) == 1


def test_calls_of_the_feed_stand_in_the_exchange_log(pg_store, monkeypatch):
    """Every exchange with an outside system is kept, also those that are no effects."""
    exchange = Exchange("igate", "changed_since", "out", "", 200, "ok", 3, "", "", {}, {})
    feed = Feed(pg_store, CaseSystem(), owed=None)
    monkeypatch.setattr(feed, "run", lambda: note(exchange, None))

    drains(feed, pg_store)["intake"]()

    with pg_store.transaction("look") as tx:
        [row] = tx.fetch("select system, operation, outcome, effect_id from exchange")
    assert dict(row) == {"system": "igate", "operation": "changed_since", "outcome": "ok", "effect_id": None}


def test_two_workers_that_read_the_same_page_at_once_tell_of_a_dossier_once(pg_store, clock):
    """The time line would show what did not happen."""
    system, owed = CaseSystem(), World(pg_store, clock).owed
    file(system, clock)
    both = threading.Barrier(2)

    class Together(Feed):
        def _take(self, *given):
            both.wait(5) if given[1] else None
            return super()._take(*given)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: Together(pg_store, system, owed).run(), range(2)))

    with pg_store.transaction("look") as tx:
        assert tx.fetch("select kind from event where kind = 'dossier-seen'") == [{"kind": "dossier-seen"}]
