"""News of a dossier: kept once, judged by the order of states, told to the case system once."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from connectors.kit.sandbox import Fault
from jobs.effects.model import NewEffect
from jobs.inbound import recording
from jobs.store.postgres import sync as sync_rows
from jobs.sync.assembling import plain
from jobs.sync.model import MARK
from jobs.sync.rules import Rule
from jobs.sync.service import Sync
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import FileRef, ResultPaper
from mappings.canonical.inbound import NewsKind
from mappings.canonical.tax import TaxNotice
from tests.contract.land.conftest import dossier
from tests.integration.inbound.conftest import ASKED, CODE, FINISHED, MOVED, RECEIVED, news
from tests.integration.sync.conftest import PORTAL, ROUTE


def test_fifty_times_at_once_is_once(world):
    """D2: one row, one state told, one line of the time line."""
    world.dossier()
    with ThreadPoolExecutor(16) as pool:
        kept = list(
            pool.map(lambda _: recording.record(world.store, "land", [MOVED], raw=b"x").new, range(50))
        )
    world.work()
    world.work()

    assert sum(kept) == 1
    assert world.states() == [("applied", "moves")]
    assert (
        world.told() == [{"state": 4, "text": "Đất đai (VBDLIS, iLIS): Cập nhật trạng thái"}]
        or len(world.told()) == 1
    )
    assert world.line() == ["inbound.state"]


@pytest.mark.parametrize("order", list(itertools.permutations([MOVED, ASKED, RECEIVED, FINISHED]))[::5])
def test_reordered_messages_come_to_the_same_end(world, order):
    """Whatever came first, the case system ends with the result."""
    world.dossier()
    for one in order:
        world.came(one)
        world.work()

    assert world.case.cases[CODE].status == 4, "has a result"
    assert world.all("select state from inbound_standing") == [("done",)]
    assert world.cases() == {}


def test_a_message_that_comes_a_week_late_changes_nothing(world):
    """It is kept and shown: 'ignored, late'."""
    world.dossier()
    world.came(FINISHED)
    world.work()
    world.later(days=7)
    world.came(MOVED)
    world.work()

    assert world.states() == [("applied", "moves"), ("ignored", "late")]
    assert [each["state"] for each in world.told()] == [9]
    assert world.line() == ["inbound.finished", "inbound.state"]


def test_late_news_in_the_minutes_before_the_feed_knows_is_late_too(world):
    """The feed still says 'received'; what the news brought counts."""
    world.dossier()
    world.came(FINISHED, MOVED)
    world.inbound.run()

    assert world.states() == [("applied", "moves"), ("ignored", "late")]


def test_a_person_who_moves_the_dossier_afterwards_is_believed(world):
    """The result was wrong: the office works on, and the register's next move counts again."""
    world.dossier()
    world.came(FINISHED)
    world.work()
    with world.store.transaction("the-feed") as tx:
        known = tx.dossiers.by_code(CODE)
        tx.dossiers.save([replace(known, state="done")])
        tx.dossiers.save([replace(known, state="processing")])
    world.came(news(NewsKind.SUPPLEMENT_ASKED, DossierState.SUPPLEMENT, 9))
    world.work()

    assert [each["state"] for each in world.told()] == [9, 5]


def test_news_of_a_dossier_that_the_feed_has_not_brought_waits_and_is_then_applied(world):
    """Callbacks may come before we have seen the dossier."""
    world.came(MOVED)
    assert world.work().parked == 0
    world.dossier()
    world.later(minutes=1)
    world.work()

    assert world.states() == [("applied", "moves")]
    assert len(world.told()) == 1
    assert world.cases() == {}


def test_news_of_a_dossier_that_nobody_knows_is_a_persons_matter_and_goes_on_by_itself(world):
    """Parked visibly; tried again every ten minutes."""
    world.came(MOVED)
    for _ in range(3):
        world.work()
        world.later(minutes=1)
    assert world.states() == [("parked", "unknown_dossier")]
    assert world.cases()["inbound_parked"]["why"] == "unknown_dossier"

    world.dossier()
    world.later(minutes=10)
    world.work()
    assert world.states() == [("applied", "moves")]
    assert world.cases() == {}


def test_an_unknown_word_for_a_state_is_one_case_per_word(world):
    """R6: pending; the table lacks a row."""
    world.dossier()
    for number in range(3):
        world.came(replace(MOVED, key=f"u{number}", state=DossierState.PENDING, their_state="77"))
    world.work()

    assert world.states() == [("ignored", "unknown")] * 3
    assert world.cases()["inbound_unknown_state"]["their_state"] == "77"
    assert world.told() == []


def handed_over(world, version: int = 1) -> str:
    """A hand-over of ours whose answer was lost."""
    world.dossier()
    file = dossier(CODE, papers=())
    mark = {"version": version, "steps": 0}
    key = f"sync:land:{CODE}:hand_over:{version}"
    payload = {"dossier": to_json(file), "agency": "H21.15", MARK: mark}
    with world.store.transaction("hand-over") as tx:
        tx.effects.plan([NewEffect(key, "land", "hand_over", CODE, payload, CODE, cause="sync")])
        sync_rows.planned(tx, [("land", CODE, version, 0)])
    world.land.faults.add(Fault.read({"operation": "hand_over", "kind": "lose_answer"}))
    world.deliver()
    return key


def test_news_before_the_hand_over_was_answered_settles_it(world):
    """At VBDLIS there is no look-up: their first callback is the proof, and nothing is sent a second time."""
    key = handed_over(world)
    assert world.all("select state from effect where key = %s", key) == [("unknown",)]
    world.came(MOVED)
    world.work()
    world.later(days=2)
    world.deliver()

    assert world.all("select state, code from effect where key = %s", key) == [("done", "news")]
    assert world.all("select state, there_version from sync_state") == [("there", 1)]
    assert world.land.dossiers[CODE]["asked_again"] == 0


def test_a_result_is_fetched_by_its_link_and_stored_once(world):
    """From the allowed host, with the digest of its bytes."""
    world.dossier()
    world.land.files["GCN-1.pdf"] = b"%PDF-1.4 giay chung nhan"
    link = ResultPaper(
        "", "Giấy chứng nhận", FileRef("link:1", "GCN-1.pdf", "application/pdf", url="tep/GCN-1.pdf")
    )
    world.came(replace(FINISHED, results=(link,)))
    world.work()

    assert world.all("select dossier_code, name, media_type, content from stored_file") == [
        (CODE, "GCN-1.pdf", "application/pdf", b"%PDF-1.4 giay chung nhan")
    ]
    assert world.states() == [("applied", "moves")]


def test_results_reach_the_other_systems_with_the_next_version(world):
    """The register's certificate is part of the dossier as everybody is told of it; told again it is nothing new."""
    world.dossier()
    world.inbound._sync = Sync(world.store, None, {PORTAL: ROUTE}, [Rule(PORTAL, date(2026, 11, 1))])
    with world.store.transaction("version-1") as tx:
        sync_rows.keep_files(tx, [(CODE, 1, "x", plain(dossier(CODE, papers=())))])
    world.land.files["GCN-1.pdf"] = b"%PDF-1.4 giay chung nhan"
    link = ResultPaper("", "Giấy chứng nhận", FileRef("link:1", "GCN-1.pdf", url="tep/GCN-1.pdf"))
    world.came(replace(FINISHED, results=(link,)), replace(FINISHED, key="again", results=(link,)))
    world.inbound.run()

    [(version, content)] = world.all("select version, content from dossier_file")
    assert version == 2
    assert [each["file"]["name"] for each in content["results"]] == ["GCN-1.pdf"]
    assert world.all("select key from effect where system = %s", PORTAL) == [
        (f"sync:{PORTAL}:{CODE}:push:2",)
    ]


def test_a_link_to_another_host_is_never_followed(world):
    """The state is true all the same; a person asks for the file."""
    world.dossier()
    link = ResultPaper("", "x", FileRef("link:2", "x.pdf", url="http://169.254.169.254/latest/meta-data"))
    world.came(replace(FINISHED, results=(link,)))
    world.work()

    assert world.states() == [("applied", "moves")]
    assert world.cases().keys() == {"inbound_no_file"}
    assert world.all("select count(*) from stored_file") == [(0,)]


def test_a_file_that_is_not_there_yet_is_waited_for(world):
    """The state comes with its file, or after some tries without it and with a case."""
    world.dossier()
    link = ResultPaper("", "x", FileRef("link:3", "late.pdf", url="tep/late.pdf"))
    world.came(replace(FINISHED, results=(link,)))
    world.work()
    assert world.states()[0][0] == "waiting"
    assert world.told() == []

    world.land.files["late.pdf"] = b"%PDF-1.4"
    world.later(minutes=5)
    world.work()
    assert world.states() == [("applied", "moves")]
    assert world.cases() == {}


def test_the_register_being_away_costs_time_only(world):
    """Other dossiers go on; this one is parked after some tries and taken up again."""
    world.dossier()
    world.land.files["a.pdf"] = b"%PDF-1.4"
    world.land.faults.add(Fault.read({"operation": "fetch", "kind": "lose_request"}))
    link = ResultPaper("", "x", FileRef("link:4", "a.pdf", url="tep/a.pdf"))
    world.came(replace(FINISHED, results=(link,)))
    for _ in range(6):
        assert world.cases() == {}
        world.work()
        world.later(minutes=10)
    assert world.states() == [("parked", "land.fetch: unavailable")]
    assert world.cases().keys() == {"inbound_parked"}

    world.land.faults.clear()
    world.later(minutes=10)
    world.work()
    assert world.states() == [("applied", "moves")]
    assert world.cases() == {}


def notice(amount: int | None = 500_000, **changes):
    facts = {
        "notices": [to_json(TaxNotice(CODE, "0123456789", "TB-1", amount, item="Trước bạ", owner_name="A"))]
    }
    return replace(news(NewsKind.TAX_NOTICE, DossierState.PENDING, 5, facts=facts), **changes)


def receipt(amount: int = 500_000, state: str = "1"):
    facts = {"tax_code": "0123456789", "notice": "TB-1", "amount": amount, "payer_name": "NGUYỄN VĂN THỬ"}
    made = news(NewsKind.TAX_RECEIPT, DossierState.PENDING, 6, facts=facts, their_state=state)
    return replace(made, system="dvcqg", key=f"receipt:{amount}:{state}")


@pytest.mark.parametrize("order", [0, 1])
def test_a_tax_notice_and_its_receipt_are_one_row_in_either_order(world, order):
    """Key (MaHoSo, MaSoThue, SoQuyetDinh)."""
    world.dossier()
    for one in [notice(), receipt()][:: -1 if order else 1]:
        world.came(one)
        world.work()

    assert world.all("select tax_code, decision, amount, paid_amount, paid from inbound_tax") == [
        ("0123456789", "TB-1", 500_000, 500_000, True)
    ]
    assert world.cases() == {}
    assert len([each for each in world.told() if "step" in each]) == 2


def test_a_receipt_of_another_amount_is_a_case(world):
    """Compared exactly."""
    world.dossier()
    world.came(notice(), receipt(499_999))
    world.work()

    assert world.cases()["inbound_tax"] == {"decision": "TB-1", "amount": 500_000, "paid_amount": 499_999}


def test_a_receipt_that_says_something_else_than_paid_is_not_paid(world):
    """Their word is in no table: kept, and the first that says paid takes its place."""
    world.dossier()
    world.came(receipt(state="7"))
    world.work()
    assert world.all("select paid, their_state from inbound_tax") == [(False, "7")]
    world.came(receipt(state="1"))
    world.work()
    assert world.all("select paid, their_state from inbound_tax") == [(True, "1")]
    world.came(receipt(1, state="7"))
    world.work()
    assert world.all("select paid, paid_amount from inbound_tax") == [(True, 500_000)]


@pytest.mark.parametrize("kind", [NewsKind.UPDATE_ASKED, NewsKind.WRONG_TAX_RESULT])
def test_what_only_a_person_can_do_is_a_case_and_a_note(world, kind):
    """They ask us to put something right."""
    world.dossier()
    world.came(news(kind, DossierState.PENDING, note="Sửa diện tích"))
    world.work()

    assert world.cases().keys() == {"inbound_asks"}
    assert [each["text"].endswith("Sửa diện tích") for each in world.told()] == [True]


def test_a_case_system_that_refuses_is_a_persons_matter_and_its_state_counts_again(world):
    """Nothing is shown that is not true: our standing gives way to what the case system holds."""
    world.dossier()
    world.case.cases.clear()
    world.case._by_id.clear()
    world.came(FINISHED)
    world.work()

    assert world.cases()["inbound_not_told"]["operation"] == "update_status"
    assert world.all("select state from inbound_standing") == [("",)]
    world.came(news(NewsKind.STATE, DossierState.PROCESSING, 9))
    world.work()
    assert world.states()[1] == ("applied", "moves")


def test_a_worker_that_dies_leaves_the_news_to_the_next_one(world):
    """Taken, then killed: due again after the lease, at most three times."""
    from jobs.store.postgres import inbound as rows

    world.dossier()
    world.came(MOVED)
    for number in range(4):
        with world.store.transaction("taken-and-killed") as tx:
            assert len(rows.take(tx, 10)) == 1, number
        world.later(minutes=2)
    world.work()

    assert world.states() == [("parked", "broken")]
    assert world.told() == []
    assert world.cases().keys() == {"inbound_parked"}


def test_the_sweep_finds_what_no_wake_up_reached(world):
    """D4: the broker may be emptied at any moment."""
    from jobs.inbound.actors import FINDERS

    world.came(MOVED)
    [(sql, facts)] = FINDERS
    with world.store.transaction("sweep") as tx:
        assert [row["queue"] for row in tx.fetch(sql, {**facts, "now": tx.now})] == ["inbound"]
        assert tx.fetch(sql, {**facts, "now": tx.now - timedelta(hours=1)}) == []
