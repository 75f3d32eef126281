"""Transfers by VietQR: nobody tells of the money but the bank's statement, and it goes back by a transfer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from jobs.access.model import Actor, ActorKind
from jobs.payments.channels import TRANSFER_LIVES, RedirectChannel
from jobs.reconciliation.service import Reconciliation
from jobs.reconciliation.sessions import PlainCalendar
from jobs.refunds.remedies import Remedies
from mappings.canonical.payment import AttemptState
from tests.support.money import CODE, Page, line
from tests.support.refunds import RefundWorld
from tests.support.session_files import bank

KETOAN = Actor(ActorKind.PERSON, "ke.toan")
TUESDAY = date(2026, 11, 24)
ACCOUNT = "0011001234567"


class OurPage(Page):
    """Our own page with the code; there is nobody whom a request time would be told."""

    def payment_url(self, *, reference, **_more):
        return f"https://motcua.example/thanh-toan/vietqr?reference={reference}", ""


@pytest.fixture
def pg(pg_store, clock) -> RefundWorld:
    world = RefundWorld(pg_store, clock)
    channel = RedirectChannel(
        OurPage(), "STNMT", "vietqr", "vietqr", 2_000, 499_999_999, straight=True, page_lives=TRANSFER_LIVES
    )
    world.payments.channels["vietqr"] = channel
    world.payments.rules = type(world.payments.rules)(frozenset({"vietqr", "payment_platform"}))
    return world


@pytest.fixture
def desk(pg, pg_store) -> Reconciliation:
    return Reconciliation(pg_store, PlainCalendar(), Remedies(pg.payments, pg.refunds))


@pytest.fixture
def asked(pg) -> str:
    """A payer has a code in hand."""
    pg.dossier(CODE, line(100_000), applicant_name="Nguyễn Văn An")
    return pg.open(CODE, 100_000, channel="vietqr")


def read(desk: Reconciliation, *rows: dict, name: str = "sk.csv", opening: int = 0) -> None:
    loaded = desk.load_statement(
        bank([{"day": TUESDAY, **row} for row in rows], opening=opening), name, "bank-generic-csv", KETOAN
    )
    assert loaded.loaded, loaded.troubles


def test_a_code_needs_no_call_and_nobody_is_asked_about_it(pg, asked, clock):
    """There is nobody to call; the attempt stays open until the next statement is due."""
    attempt = pg.attempt(asked)
    assert attempt.state is AttemptState.SENT
    assert attempt.payment_url.endswith(asked)
    clock.advance(timedelta(hours=1))
    pg.payments.plan_due_look_ups()
    assert not [key for key in pg.effects() if key.startswith("attempt:")]


@pytest.mark.parametrize(
    "text",
    [
        "{0} le phi",
        "CT DEN:529 {1} tu NGUYEN VAN AN",
        "MBVCB.12.{0}.CT tu 0123",
        "{2} le phi",
        "IBFT{0}GD123",
    ],
)
def test_the_statement_makes_it_paid_whatever_was_made_of_the_text(pg, desk, asked, text):
    """Payers and banks change the text; the reference is found, and the books say where the money lies."""
    said = text.format(asked, asked.lower(), f"{asked[:7]} {asked[7:]}")
    read(desk, {"amount": 100_000, "text": said})
    attempt = pg.attempt(asked)
    assert (attempt.state, attempt.paid_amount) == (AttemptState.PAID, 100_000)
    assert attempt.paid_at.date() <= TUESDAY
    assert pg.fee_state() == "paid"
    assert pg.balance("in_transit") == {}
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 100_000}
    assert [key for key in pg.effects() if key.startswith("fee-paid:")] == [f"fee-paid:{CODE}:{asked}"]
    desk.run(TUESDAY)
    assert desk.breaks() == []


def test_the_same_line_in_a_second_statement_is_one_payment(pg, desk, asked):
    """Statements overlap."""
    row = {"amount": 100_000, "text": asked, "reference": "FT1"}
    read(desk, row)
    read(desk, row, {"amount": 5_000, "text": "lai tien gui", "reference": "FT2"}, name="sk2.csv")
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 100_000}
    assert pg.events().count("payment.paid") == 1


def test_money_that_comes_after_the_code_was_given_up_is_recorded(pg, desk, asked, clock):
    """EXPIRED is ours alone."""
    clock.advance(TRANSFER_LIVES + timedelta(minutes=1))
    pg.payments.expire()
    assert pg.attempt(asked).state is AttemptState.EXPIRED
    read(desk, {"amount": 100_000, "text": asked})
    assert pg.attempt(asked).state is AttemptState.PAID


def test_another_amount_is_a_persons_and_lies_in_suspense(pg, desk, asked):
    """The payer typed it himself: nothing is believed in part (M8), nothing is dropped (M9)."""
    read(desk, {"amount": 90_000, "text": asked})
    assert pg.attempt(asked).state is AttemptState.SENT
    (case,) = pg.cases("payment_mismatch")
    assert case["evidence"]["told_amount"] == 90_000
    assert sum(pg.balance("suspense").values()) == -90_000
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 90_000}
    assert pg.balance("receivable") == {}


def test_two_references_of_ours_in_one_line_are_a_persons(pg, desk, asked):
    """One transfer for two dossiers: nobody guesses the split."""
    other = pg.open(pg.dossier("H21.1-2", line(50_000)), 50_000, channel="vietqr")
    read(desk, {"amount": 150_000, "text": f"{asked} {other}"})
    pg.later(days=2)
    desk.run(TUESDAY)
    assert {pg.attempt(name).state for name in (asked, other)} == {AttemptState.SENT}
    assert sum(pg.balance("suspense").values()) == -150_000


def test_a_second_transfer_of_the_same_code_is_money_of_nobody_yet(pg, desk, asked):
    """The payer scanned again: it is a person's, and in suspense, until it goes back."""
    rows = [{"amount": 100_000, "text": asked, "reference": f"FT{n}"} for n in (1, 2)]
    read(desk, *rows)
    assert pg.attempt(asked).paid_amount == 100_000
    assert pg.balance("bank") == {f"bank:{ACCOUNT}": 200_000}
    assert sum(pg.balance("suspense").values()) == -100_000


@pytest.mark.parametrize("amount", [-100_000, 100_000])
def test_only_money_that_came_in_for_good_pays(pg, desk, asked, amount):
    """A debit, and a transfer of ours that came back, carry references too."""
    read(desk, {"amount": amount, "text": asked, "reason": "AC01" if amount > 0 else ""}, opening=500_000)
    assert pg.attempt(asked).state is AttemptState.SENT


def test_money_goes_back_by_a_transfer_to_an_account_that_a_person_names(pg, desk, asked):
    """The scheme knows no refund."""
    read(desk, {"amount": 100_000, "text": asked})
    refund = pg.refund(pg.propose(asked, 100_000))
    assert (str(refund.route), refund.waiting_for, refund.one_at_a_time) == ("transfer", "account", False)
