"""A day: what is missing and when, sessions and their money, matches by hand, closing by two people."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg
import pytest

from jobs.access.model import Actor
from jobs.errors import NotAllowed
from tests.integration.reconciliation.conftest import Desk
from tests.support.clock import VirtualClock
from tests.support.session_files import FRIDAY, bank, settlement

VNPAY, BANK, ACCOUNT = "vnpay-session", "bank-generic-csv", "0011001234567"
WEDNESDAY = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def test_a_payment_is_missing_only_after_its_session_and_one_more(desk: Desk, clock: VirtualClock) -> None:
    """Before that its file is under way; a weekend is one session."""
    desk.ours("LT01")
    clock.set(datetime(2026, 11, 22, 10, 0, tzinfo=UTC))
    desk.service.run(FRIDAY)
    assert desk.open_breaks() == set()

    clock.set(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    desk.service.run(FRIDAY)

    assert desk.open_breaks() == {("only_ours", "LT01")}
    assert (1, "LT01") in desk.asked("ask_gateway")


def test_a_late_file_closes_the_break_that_it_explains(
    desk: Desk, clock: VirtualClock, person: Actor
) -> None:
    """What is found is no longer missing, and nobody has to say so."""
    desk.ours("LT01")
    clock.set(WEDNESDAY)
    desk.service.run(FRIDAY)

    desk.service.load_settlement(settlement([{"reference": "LT01"}]), "f.csv", VNPAY, person)

    assert desk.open_breaks() == set()


def test_a_refund_without_an_outcome_after_the_cut_off_is_asked_about(
    desk: Desk, clock: VirtualClock
) -> None:
    """Unknown is not failed: the gateway is asked, nothing is sent again."""
    desk.ours("RF01", kind=2, status=3)
    clock.set(WEDNESDAY)

    desk.service.run(FRIDAY)

    assert desk.open_breaks() == {("refund_unknown", "RF01")}
    assert (2, "RF01") in desk.asked("ask_gateway")


def _session(desk: Desk, person: Actor, credited: int, text: str) -> None:
    desk.ours("LT01")
    desk.service.load_settlement(settlement([{"reference": "LT01", "fee": 1_100}]), "f.csv", VNPAY, person)
    desk.service.load_statement(bank([{"amount": credited, "text": text}]), "sk.csv", BANK, person)
    desk.service.run(FRIDAY)


def test_the_net_line_pays_its_session_to_the_dong(desk: Desk, clock: VirtualClock, person: Actor) -> None:
    """Sum of the rows is bank plus fee; the pay-out is posted with both."""
    clock.set(WEDNESDAY)

    _session(desk, person, 48_900, "VNPAY LIENTH01 phien 20/11/2026")

    assert desk.open_breaks() == set()
    paid = [facts for facts in desk.asked("post") if facts[0] == "session_paid"]
    assert [facts[2] for facts in paid] == [{"bank": 48_900, "fee": 1_100}]
    desk.service.run(FRIDAY)
    assert desk.open_breaks() == set()


@pytest.mark.parametrize("file_first", [True, False])
def test_a_session_is_paid_as_soon_as_file_and_bank_line_are_there(
    desk: Desk, clock: VirtualClock, person: Actor, file_first: bool
) -> None:
    """Whoever looks after loading must not see as open what both papers prove."""
    clock.set(WEDNESDAY)
    desk.ours("LT01")
    file = settlement([{"reference": "LT01", "fee": 1_100}])
    line = bank([{"amount": 48_900, "text": "VNPAY LIENTH01 phien 20/11/2026"}])
    if file_first:
        desk.service.load_settlement(file, "f.csv", VNPAY, person)
    desk.service.load_statement(line, "sk.csv", BANK, person)
    if not file_first:
        desk.service.load_settlement(file, "f.csv", VNPAY, person)

    posted = [
        ("session_paid", f"{VNPAY}:LIENTH01:{FRIDAY}", {"bank": 48_900, "fee": 1_100}, date(2026, 11, 23))
    ]
    assert desk.asked("post") == posted
    desk.service.run(FRIDAY)
    assert desk.asked("post") == posted


def test_a_provider_that_pays_straight_to_the_accounts_owes_no_pay_out(
    desk: Desk, clock: VirtualClock, person: Actor
) -> None:
    """Its day file is a list of payments; nothing is short."""
    clock.set(WEDNESDAY)
    desk.ours("LT01")
    head = "STT;MaThamChieu;MaGiaoDich;SoTien;ThoiGianGD;TrangThai;MaDoiTac;NgayDoiSoat"
    row = "1;LT01;G1;50000;20/11/2026 12:00:00;1;DVCTHU;20/11/2026"
    raw = f"{head}\n{row}\nTổng cộng: 1;;;50000;;;;\n".encode()
    loaded = desk.service.load_settlement(raw, "DSTT_DVCTHU_20261120.csv", "payment-platform-day", person)
    assert loaded.loaded, loaded.troubles

    desk.service.run(FRIDAY)

    assert desk.open_breaks() == set()


@pytest.mark.parametrize(("credited", "kind"), [(48_899, "settlement_short"), (48_901, "settlement_long")])
def test_one_dong_less_or_more_is_named(
    desk: Desk, clock: VirtualClock, person: Actor, credited: int, kind: str
) -> None:
    """Tolerance is zero."""
    clock.set(WEDNESDAY)

    _session(desk, person, credited, "VNPAY LIENTH01 20261120")

    assert [(row["kind"], row["amount"]) for row in desk.service.breaks()] == [(kind, 1)]


def test_the_same_amount_without_a_name_is_only_a_proposal(
    desk: Desk, clock: VirtualClock, person: Actor, other: Actor
) -> None:
    """Amount and date never match by themselves; a person does, and may be undone by a counter-record."""
    clock.set(WEDNESDAY)
    _session(desk, person, 48_900, "CT DEN 555")
    assert ("only_theirs", "") in desk.open_breaks()
    assert [facts[0] for facts in desk.asked("post")] == ["unexplained"]
    with desk.store.transaction("look") as tx:
        proposal = tx.fetch("select id from match_proposal")[0]["id"]

    desk.service.accept(proposal, actor=other)
    desk.service.accept(proposal, actor=other)

    assert ("only_theirs", "") not in desk.open_breaks()
    with desk.store.transaction("look") as tx:
        [match] = tx.fetch("select id from match_record where rule = 'person'")
    desk.service.undo(match["id"], reason="nhầm dòng", actor=person)
    with pytest.raises(NotAllowed):
        desk.service.undo(match["id"], reason="lần nữa", actor=person)
    desk.service.run(FRIDAY)
    assert ("only_theirs", "") in desk.open_breaks()


def test_what_a_person_explained_stays_closed(desk: Desk, clock: VirtualClock, person: Actor) -> None:
    """Running the day again may not overrule the person who signed the reason."""
    desk.ours("LT01")
    clock.set(WEDNESDAY)
    desk.service.run(FRIDAY)
    [item] = desk.service.breaks()

    desk.service.explain(item["id"], reason="cổng xác nhận sẽ gửi bổ sung", actor=person)
    desk.service.run(FRIDAY)

    assert desk.open_breaks() == set()


def test_who_proposes_does_not_accept(desk: Desk, person: Actor, other: Actor) -> None:
    """Four eyes on every match by hand."""
    desk.service.load_settlement(settlement([{"reference": "LT01"}]), "f.csv", VNPAY, person)
    desk.service.load_statement(bank([{"amount": 49_000, "text": "CT DEN"}]), "sk.csv", BANK, person)
    with desk.store.transaction("look") as tx:
        line, file = (tx.fetch(f"select id from {t}")[0]["id"] for t in ("statement_line", "settlement_file"))
    proposal = desk.service.propose_match(line, file, reason="cổng đã xác nhận", actor=person)

    with pytest.raises(NotAllowed):
        desk.service.accept(proposal, actor=person)

    desk.service.accept(proposal, actor=other)
    assert desk.count("match_record where rule = 'person'") == 1


def test_a_day_is_closed_by_two_people_and_its_report_stays(desk: Desk, person: Actor, other: Actor) -> None:
    """A signed report prints again identically, whatever comes later."""
    desk.service.load_statement(bank([{"amount": 10_000, "day": FRIDAY}]), "sk.csv", BANK, person)
    assert desk.service.sign_close(ACCOUNT, FRIDAY, person) == 1
    with pytest.raises(NotAllowed):
        desk.service.sign_close(ACCOUNT, FRIDAY, person)
    assert desk.service.sign_close(ACCOUNT, FRIDAY, other) == 2
    signed = desk.service.report(ACCOUNT, FRIDAY)

    desk.service.load_settlement(settlement([{"reference": "LT09"}]), "late.csv", VNPAY, person)

    assert desk.service.report(ACCOUNT, FRIDAY) == signed
    with pytest.raises(NotAllowed):
        desk.service.sign_close(ACCOUNT, FRIDAY, person)


def test_reopening_takes_two_signatures(desk: Desk, person: Actor, other: Actor) -> None:
    """One person alone cannot take a signed day back."""
    for who in (person, other):
        desk.service.sign_close(ACCOUNT, FRIDAY, who)

    desk.service.sign_reopen(ACCOUNT, FRIDAY, person, reason="tệp đến muộn")
    assert [c.state for c in desk.service.closings(FRIDAY)] == ["closed"]
    desk.service.sign_reopen(ACCOUNT, FRIDAY, other, reason="đồng ý")

    assert [c.state for c in desk.service.closings(FRIDAY)] == ["open"]
    assert desk.service.sign_close(ACCOUNT, FRIDAY, person) == 1


def test_a_day_without_its_file_closes_with_a_note(desk: Desk, person: Actor, other: Actor) -> None:
    """A missing file of one account never blocks the others, and is never silent."""
    for who in (person, other):
        desk.service.sign_close("VCB-02", FRIDAY, who)

    [closing] = desk.service.closings(FRIDAY)
    assert closing.state == "closed"
    assert "thiếu tệp" in closing.note


def test_a_session_without_a_file_is_a_break_until_the_file_comes(
    desk: Desk, clock: VirtualClock, person: Actor
) -> None:
    """Nobody may have to notice that nothing came."""
    clock.set(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    desk.service.watch_files({VNPAY: "LIENTH01"})
    missing = {row["evidence"]["session"] for row in desk.service.breaks()}
    assert str(FRIDAY) in missing
    assert str(date(2026, 11, 22)) not in missing

    desk.service.load_settlement(settlement([{"reference": "LT01"}]), "f.csv", VNPAY, person)
    desk.service.watch_files({VNPAY: "LIENTH01"})

    assert str(FRIDAY) not in {row["evidence"].get("session") for row in desk.service.breaks()}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("settlement_line", "gross"),
        ("statement_line", "amount"),
        ("match_record", "amount"),
        ("reconciliation_act", "note"),
    ],
)
def test_the_application_cannot_change_what_was_received_or_matched(
    desk: Desk, table: str, column: str
) -> None:
    """A correction is a new row."""
    for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), desk.store.transaction("harm") as tx:
            tx.execute(statement)
