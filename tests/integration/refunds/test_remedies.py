"""Reconciliation moves refunds: real files and statements against real refunds, end to end on PostgreSQL."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jobs.access.model import Actor, ActorKind
from jobs.reconciliation.service import Reconciliation
from jobs.reconciliation.sessions import PlainCalendar
from jobs.refunds.remedies import Remedies
from jobs.refunds.routes import Payee
from tests.support.money import CODE, TERMINAL, line, paid
from tests.support.refunds import LAN, MINH, RefundWorld
from tests.support.session_files import bank, settlement

KETOAN = Actor(ActorKind.PERSON, "ke.toan")
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, day) for day in (23, 24, 25))
ACCOUNT = "0011001234567"


@pytest.fixture
def pg(pg_store, clock) -> RefundWorld:
    return RefundWorld(pg_store, clock)


@pytest.fixture
def desk(pg, pg_store) -> Reconciliation:
    return Reconciliation(pg_store, PlainCalendar(), Remedies(pg.payments, pg.refunds))


def load(desk: Reconciliation, rows, day: date) -> None:
    loaded = desk.load_settlement(
        settlement(rows, day=day, terminal=TERMINAL), f"{day}.csv", "vnpay-session", KETOAN
    )
    assert loaded.loaded, loaded.troubles


def sent_transfer(pg: RefundWorld, amount: int) -> tuple[str, str]:
    pg.account(account=ACCOUNT)
    payment = pg.payment(100_000, channel="payment_platform")
    reference = pg.propose(payment, amount)
    pg.refunds.set_payee(reference, Payee("VCB", "0123456789", "An"), actor=LAN)
    pg.approve(reference, MINH)
    pg.refunds.order_files()
    pg.step("statements")
    return payment, reference


def test_the_session_file_settles_a_refund_that_was_finished_days_later(pg, desk):
    """A refund is asynchronous: its session is the provider's, and no break."""
    payment = pg.payment(100_000)
    number = pg.attempt(payment).provider_reference
    reference = pg.accepted(payment, 100_000)
    load(desk, [{"reference": payment, "amount": 100_000, "number": number}], MONDAY)
    pg.later(days=2)
    load(desk, [{"reference": reference, "kind": "02", "amount": 100_000, "number": pg.refund(reference).provider_reference}], WEDNESDAY)  # fmt: skip
    assert pg.state(reference) == "SETTLED"
    assert {row["kind"] for row in desk.breaks()} <= {"file_missing", "settlement_short"}
    with pg.store.transaction("look") as tx:
        booked = tx.ledger.find("refund_settled_provider", reference)
    assert booked.dates.value_on == WEDNESDAY
    assert pg.balance("refunds_payable") == {}


def open_items(pg: RefundWorld) -> list[dict]:
    with pg.store.transaction("look") as tx:
        return tx.fetch("select kind, key from case_item where state = 'open' and kind = 'refund_returned'")


def test_a_return_is_one_item_until_its_replacement_is_paid(pg, desk):
    """A person is asked once for a new account, and not any more when the money has arrived."""
    payment, reference = sent_transfer(pg, 50_000)
    out = {"amount": -50_000, "text": f"{reference} Hoan tra phi", "day": TUESDAY, "reference": "FT1"}
    back = {
        "amount": 50_000,
        "text": f"Tra lai {reference}",
        "reason": "AC01",
        "day": TUESDAY,
        "reference": "FT2",
    }
    desk.load_statement(bank([out, back], opening=50_000), "sk1.csv", "bank-generic-csv", KETOAN)
    desk.run(MONDAY)
    again = pg.of(payment)[1].reference
    pg.refunds.set_payee(again, Payee("VCB", "987654321", "An"), actor=LAN)
    pg.approve(again, LAN)
    pg.approve(again, MINH)
    pg.refunds.order_files()
    pg.step("statements")
    assert [item["key"] for item in open_items(pg)] == [f"refund_returned:{reference}"]
    paid_out = {"amount": -50_000, "text": f"{again} Hoan tra phi", "day": WEDNESDAY, "reference": "FT3"}
    desk.load_statement(bank([paid_out], opening=50_000), "sk2.csv", "bank-generic-csv", KETOAN)
    desk.run(TUESDAY)
    assert pg.state(again) == "SETTLED"
    assert open_items(pg) == []


def test_a_session_with_more_refunds_than_receipts_is_borne_by_the_next(pg, desk):
    """Nothing comes and nothing is taken; the next pay-out is so much less, and the gateway owes nothing in the end."""
    first, second, third = (pg.payment(amount, f"H21.1-{amount}") for amount in (100_000, 30_000, 90_000))
    number = {name: pg.attempt(name).provider_reference for name in (first, second, third)}
    row = {"reference": first, "amount": 100_000, "number": number[first]}
    load(desk, [row], MONDAY)
    came = {
        "amount": 100_000,
        "text": f"VNPAY {TERMINAL} phien 23/11/2026",
        "day": TUESDAY,
        "reference": "FT1",
    }
    desk.load_statement(bank([came]), "sk1.csv", "bank-generic-csv", KETOAN)
    refund = pg.accepted(first, 100_000)
    back = {
        "reference": refund,
        "kind": "02",
        "amount": 100_000,
        "number": pg.refund(refund).provider_reference,
    }
    load(desk, [{"reference": second, "amount": 30_000, "fee": 300, "number": number[second]}, back], TUESDAY)
    pg.later(days=4)
    desk.run(TUESDAY)
    assert sum(pg.balance("carried").values()) == -70_300
    assert "settlement_short" not in {item["kind"] for item in desk.breaks()}

    load(desk, [{"reference": third, "amount": 90_000, "number": number[third]}], WEDNESDAY)
    netted = {
        "amount": 19_700,
        "text": f"VNPAY {TERMINAL} phien 25/11/2026",
        "day": date(2026, 11, 26),
        "reference": "FT2",
    }
    desk.load_statement(bank([netted], opening=100_000), "sk2.csv", "bank-generic-csv", KETOAN)
    desk.run(WEDNESDAY)
    assert pg.balance("carried") == pg.balance("receivable") == {}
    assert sum(pg.balance("bank").values()) == 119_700
    assert sum(pg.balance("provider_fee").values()) == 300
    assert not {"settlement_short", "settlement_long"} & {item["kind"] for item in desk.breaks()}


def test_a_gateway_that_takes_a_negative_session_from_the_account_leaves_nothing_to_carry(pg, desk):
    """The bank's line has the last word."""
    payment = pg.payment(100_000)
    load(
        desk,
        [{"reference": payment, "amount": 100_000, "number": pg.attempt(payment).provider_reference}],
        MONDAY,
    )
    refund = pg.accepted(payment, 100_000)
    back = {
        "reference": refund,
        "kind": "02",
        "amount": 100_000,
        "number": pg.refund(refund).provider_reference,
    }
    load(desk, [back], TUESDAY)
    taken = {
        "amount": -100_000,
        "text": f"VNPAY {TERMINAL} phien 24/11/2026",
        "day": WEDNESDAY,
        "reference": "FT1",
    }
    desk.load_statement(bank([taken], opening=100_000), "sk.csv", "bank-generic-csv", KETOAN)
    pg.later(days=4)
    desk.run(TUESDAY)
    assert sum(pg.balance("bank").values()) == -100_000
    assert pg.balance("carried") == {}
    assert (
        sum(pg.balance("receivable").values()) == 100_000
    )  # the payment's own session, of which nothing came


def test_money_that_waited_in_suspense_for_its_session_leaves_it(pg, desk):
    """The file came after the day's run: the bank's money is booked once."""
    payment = pg.payment(100_000)
    came = {
        "amount": 100_000,
        "text": f"VNPAY {TERMINAL} phien 23/11/2026",
        "day": MONDAY,
        "reference": "FT1",
    }
    desk.load_statement(bank([came]), "sk.csv", "bank-generic-csv", KETOAN)
    desk.run(MONDAY)
    assert sum(pg.balance("suspense").values()) == -100_000
    load(
        desk,
        [{"reference": payment, "amount": 100_000, "number": pg.attempt(payment).provider_reference}],
        MONDAY,
    )
    assert pg.balance("suspense") == pg.balance("receivable") == {}
    assert sum(pg.balance("bank").values()) == 100_000
    assert "only_theirs" not in {item["kind"] for item in desk.breaks()}


def test_what_two_people_match_is_booked_and_taken_back_is_in_suspense_again(pg, desk):
    """A bank line without a name: the match pays the session; undone, the money is nobody's once more."""
    payment = pg.payment(100_000)
    number = pg.attempt(payment).provider_reference
    load(desk, [{"reference": payment, "amount": 100_000, "number": number}], MONDAY)
    desk.load_statement(
        bank([{"amount": 100_000, "text": "CT DEN", "day": MONDAY}]), "sk.csv", "bank-generic-csv", KETOAN
    )
    desk.run(MONDAY)
    assert sum(pg.balance("suspense").values()) == -100_000
    with pg.store.transaction("look") as tx:
        [line], [file] = (tx.fetch(f"select id from {t}") for t in ("statement_line", "settlement_file"))
    proposal = desk.propose_match(line["id"], file["id"], reason="cổng đã xác nhận", actor=LAN)

    for _ in range(2):  # taken back and matched anew, the books say the same
        desk.accept(proposal, actor=MINH)
        assert pg.balance("suspense") == pg.balance("receivable") == {}
        assert sum(pg.balance("bank").values()) == 100_000
        assert not {"only_theirs", "settlement_short"} & {item["kind"] for item in desk.breaks()}
        with pg.store.transaction("look") as tx:
            match = tx.fetch("select max(id) as id from match_record where rule = 'person'")[0]["id"]
        desk.undo(match, reason="nhầm dòng", actor=LAN)
        desk.run(MONDAY)
        assert sum(pg.balance("suspense").values()) == -100_000
        assert sum(pg.balance("receivable").values()) == 100_000
        assert "only_theirs" in {item["kind"] for item in desk.breaks()}
        proposal = desk.propose_match(line["id"], file["id"], reason="lần nữa", actor=LAN)


def test_a_refund_row_that_names_the_payment_settles_its_one_open_refund(pg, desk):
    """Some files carry the payment's number only."""
    payment = pg.payment(100_000)
    reference = pg.accepted(payment, 40_000)
    remedies = Remedies(pg.payments, pg.refunds)
    from mappings.canonical.payment import RefundNews, RefundVerdict

    with pg.store.transaction("file") as tx:
        remedies.refund_seen(tx, RefundNews(payment, RefundVerdict.SETTLED, "file", 40_000))
    assert pg.state(reference) == "SETTLED"


def test_the_bank_statement_settles_a_transfer_and_its_return_brings_it_back(pg, desk):
    """Out, back, out again ends at nothing; each line is booked once, on its day."""
    payment, reference = sent_transfer(pg, 50_000)
    out = {"amount": -50_000, "text": f"{reference} Hoan tra phi", "day": TUESDAY, "reference": "FT1"}
    desk.load_statement(bank([out], opening=50_000), "sk1.csv", "bank-generic-csv", KETOAN)
    assert pg.state(reference) == "SETTLED"
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": -50_000}

    back = {
        "amount": 50_000,
        "text": f"Tra lai {reference}",
        "reason": "AC01",
        "day": WEDNESDAY,
        "reference": "FT2",
    }
    for name in ("sk2.csv", "sk2 copy.csv"):
        desk.load_statement(bank([back], opening=0), name, "bank-generic-csv", KETOAN)
    assert pg.state(reference) == "RETURNED_BY_BANK"
    assert pg.refund(reference).message == "AC01"
    assert pg.balance("bank") == pg.balance("refunds_payable") == {}
    again = pg.of(payment)[1]
    assert (again.state, again.waiting_for, again.cause) == ("REQUESTED", "account", "other")
    assert [item["key"] for item in open_items(pg)] == [f"refund_returned:{reference}"]
    with pg.store.transaction("look") as tx:
        rows = tx.fetch(
            "select event, document, value_on from ledger_transaction where event = 'refund_returned'"
        )
    assert [(row["value_on"]) for row in rows] == [WEDNESDAY]


def test_money_that_our_books_do_not_hold_opens_a_case_and_no_refund(pg, desk):
    """The gateway says 'paid twice' under one reference: where the second money is, a person finds out."""
    payment = pg.payment(100_000)
    number = pg.attempt(payment).provider_reference
    load(desk, [{"reference": payment, "amount": 100_000, "number": number},
                {"reference": payment, "amount": 100_000, "number": "N2"}], MONDAY)  # fmt: skip
    assert pg.of(payment) == []
    assert len(pg.cases("refund_mismatch")) == 1
    assert pg.balance("fee_payable") == {"fee_payable:H21.129:2716": -100_000}


def test_a_missing_refund_is_asked_for_at_the_gateway(pg, desk):
    """The remedy of an unknown refund: ask, never send."""
    payment = pg.payment(100_000)
    reference = pg.accepted(payment, 100_000)
    with pg.store.transaction("ask") as tx:
        Remedies(pg.payments, pg.refunds).ask_gateway(tx, 2, reference)
    before = len(pg.far.asked)
    pg.step()
    assert len(pg.far.asked) == before + 1
    assert len(pg.far.calls) == 1


def test_money_paid_straight_to_an_account_is_booked_when_the_bank_shows_it(pg, desk):
    """Once per payment, however often the line comes: from in transit to the account, on the bank's day."""
    pg.account(account=ACCOUNT)
    payment = pg.payment(100_000, channel="payment_platform")
    assert pg.balance("in_transit") == {f"in_transit:{ACCOUNT}": 100_000}
    credit = {"amount": 100_000, "text": f"{payment} nop phi", "day": TUESDAY, "reference": "FT1"}
    for name, opening in (("sk.csv", 0), ("sk copy.csv", 0), ("again.csv", 5)):
        desk.load_statement(bank([credit], opening=opening), name, "bank-generic-csv", KETOAN)
    desk.run(MONDAY)
    assert pg.balance("in_transit") == {}
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 100_000}
    with pg.store.transaction("look") as tx:
        assert tx.ledger.find("direct_credited", payment).dates.value_on == TUESDAY


def test_money_in_doubt_that_came_straight_is_no_claim_on_the_provider_any_more(pg, desk):
    """Another amount than was asked stays in suspense for a person; the bank's balance is right all the same."""
    pg.dossier(CODE, line(100_000))
    payment = pg.open(CODE, channel="payment_platform")
    pg.tell(paid(payment, 90_000, provider="payment_platform", terminal="PARTNER"))
    credit = {"amount": 90_000, "text": f"{payment} nop phi", "day": TUESDAY, "reference": "FT1"}
    desk.load_statement(bank([credit]), "sk.csv", "bank-generic-csv", KETOAN)
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 90_000}
    assert pg.balance("receivable") == pg.balance("in_transit") == {}
    assert sum(pg.balance("suspense").values()) == -90_000


def test_money_that_comes_twice_for_one_payment_is_nobodys_the_second_time(pg, desk):
    """It stands on the account all the same: in suspense, under a person's item."""
    pg.account(account=ACCOUNT)
    payment = pg.payment(100_000, channel="payment_platform")
    twice = [
        {"amount": amount, "text": payment, "day": TUESDAY, "reference": f"FT{amount}"}
        for amount in (100_000, 7)
    ]
    desk.load_statement(bank(twice), "sk.csv", "bank-generic-csv", KETOAN)
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 100_007}
    assert pg.balance("suspense") == {f"suspense:bank:{ACCOUNT}": -7}
    assert ("only_theirs", 7) in {(row["kind"], row["amount"]) for row in desk.breaks()}


def test_a_bank_line_that_names_a_payment_through_a_gateway_books_nothing_by_itself(pg, desk):
    """Such a provider pays whole sessions."""
    payment = pg.payment(100_000)
    credit = {"amount": 100_000, "text": f"{payment} nop phi", "day": TUESDAY, "reference": "FT1"}
    desk.load_statement(bank([credit]), "sk.csv", "bank-generic-csv", KETOAN)
    assert pg.balance("bank") == {}


def test_unexplained_money_stands_in_suspense_under_its_case(pg, desk):
    """Never dropped: suspense is the sum of the open cases."""
    pg.clock.advance(timedelta(days=1))
    stray = {"amount": 7_000, "text": "khong ro", "day": MONDAY, "reference": "FT9"}
    desk.load_statement(bank([stray]), "sk.csv", "bank-generic-csv", KETOAN)
    desk.run(MONDAY)
    assert pg.balance("suspense") == {f"suspense:bank:{ACCOUNT}": -7_000}
    (case,) = [row for row in desk.breaks() if row["kind"] == "only_theirs"]
    with pg.store.transaction("look") as tx:
        assert [entry.amount for entry in tx.ledger.of_reference(case["key"])] == [-7_000]


def test_a_payment_in_the_file_that_nobody_told_becomes_paid(pg, desk):
    """The file proves it; the case system is told."""
    pg.dossier(CODE, line(100_000))
    payment = pg.open()
    load(desk, [{"reference": payment, "amount": 100_000, "number": "N1"}], MONDAY)
    assert pg.attempt(payment).state == "PAID"
    assert paid(payment).reference == payment
