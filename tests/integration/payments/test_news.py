"""News of payments: one function, whatever the door; order and repetition do not matter."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from jobs.fees.model import UnitAccount
from mappings.canonical.payment import AttemptState, PaymentVerdict
from tests.support.money import CODE, TERMINAL, line, paid

R, F, X = f"receivable:vnpay:{TERMINAL}", "fee_payable:H21.129:2716", f"surplus:vnpay:{TERMINAL}"
S = f"suspense:vnpay:{TERMINAL}"


@pytest.fixture
def opened(world) -> str:
    world.dossier(CODE, line(100_000))
    return world.open()


def test_news_that_agrees_makes_the_attempt_paid_and_everything_that_follows_with_it(world, opened):
    """State, ledger, fee, time line and the call to the case system are one commit."""
    assert world.tell(paid(opened)) == ["paid"]

    attempt = world.attempt(opened)
    assert attempt.state is AttemptState.PAID
    assert attempt.paid_amount == 100_000
    assert attempt.next_look_up_at is None
    assert world.balance("receivable") == {R: 100_000}
    assert world.balance("fee_payable") == {F: -100_000}
    assert world.fee_state() == "paid"
    assert "payment.paid" in world.events()
    told = world.effects()[f"fee-paid:{CODE}:{opened}"]
    assert told["lane"] == CODE
    assert told["payload"]["amount"] == 100_000
    assert told["payload"]["fee_lines"] == [
        {"code": "P1", "name": "Phí thẩm định", "kind": "phí", "amount": 100_000}
    ]


def test_the_same_news_any_number_of_times_is_one_payment(world, opened):
    """They repeat what was answered, and what was not."""
    world.tell(*[paid(opened)] * 20)
    world.tell(paid(opened))
    assert world.balance("receivable") == {R: 100_000}
    assert world.owed.opened == {}
    assert world.events().count("payment.paid") == 1


@pytest.mark.parametrize(
    ("wrong", "differs"),
    [({"terminal": "OTHER"}, "merchant"), ({"provider": "momo"}, "merchant"), ({"amount": 99_999}, "amount"),
     ({"amount": None}, "amount"), ({"currency": "USD"}, "currency")],
)  # fmt: skip
def test_news_that_agrees_only_in_part_is_a_case_and_never_a_payment(world, opened, wrong, differs):
    """Merchant, reference, amount and currency must all agree."""
    assert world.tell(replace(paid(opened), **wrong)) == ["mismatch"]

    assert world.attempt(opened).state is AttemptState.SENT
    assert world.balance("fee_payable") == {}
    (case,) = world.cases("payment_mismatch")
    assert differs in case["evidence"]["disagrees"]
    assert case["evidence"]["payment_reference"] == opened


def test_a_short_payment_goes_to_suspense_and_to_a_person(world, opened):
    """It is somebody's money: never dropped, never taken for the fee, and suspense is the sum of its open cases."""
    short = paid(opened, 40_000)
    world.tell(short)
    world.tell(short, replace(short, source="query"))

    assert world.balance("suspense") == {S: -40_000}
    (case,) = world.cases("payment_mismatch")
    assert case["amount"] == 40_000
    assert world.balance("receivable") == {R: 40_000}
    with world.store.transaction("test") as tx:
        assert sum(e.amount for e in tx.ledger.of_reference(case["key"]) if e.account == S) == -40_000


def test_money_under_a_reference_that_nobody_knows_goes_to_suspense(world):
    """Signed news of money that we cannot place."""
    world.tell(paid("0000000000000099", 70_000))
    assert world.balance("suspense") == {S: -70_000}
    assert [case["amount"] for case in world.cases("payment_unplaced")] == [70_000]


def test_a_failure_of_a_payment_that_nobody_knows_moves_no_money(world):
    """There is no money in it."""
    world.tell(replace(paid("0000000000000099", 70_000), verdict=PaymentVerdict.FAILED))
    assert world.balance("suspense") == {}
    assert world.cases("payment_unplaced") == []


def test_paid_stays_paid_whatever_comes_after(world, opened):
    """Contrary news raises an alarm and a look-up, once, and never a step back."""
    world.tell(paid(opened))
    for verdict in (
        PaymentVerdict.FAILED,
        PaymentVerdict.REVERSED,
        PaymentVerdict.FAILED,
        PaymentVerdict.PENDING,
    ):
        world.tell(replace(paid(opened), verdict=verdict, source="query"))

    assert world.attempt(opened).state is AttemptState.PAID
    assert len(world.cases("payment_contrary")) == 2
    assert len([key for key in world.effects() if ":query:" in key]) == 2
    assert world.balance("fee_payable") == {F: -100_000}


def test_a_second_payment_under_the_same_reference_is_money_in_suspense(world, opened):
    """Two transactions of the provider are two payments, even if they name one order."""
    world.tell(paid(opened))
    world.tell(paid(opened, provider_reference="ANOTHER"))
    assert world.balance("suspense") == {S: -100_000}
    assert len(world.cases("payment_mismatch")) == 1


def test_money_that_comes_after_the_page_expired_is_recorded_and_counts(world, clock, opened):
    """EXPIRED is ours alone."""
    clock.advance(minutes=20)
    assert world.payments.expire() == 1
    assert world.attempt(opened).state is AttemptState.EXPIRED

    world.tell(paid(opened))
    assert world.attempt(opened).state is AttemptState.PAID
    assert world.fee_state() == "paid"
    assert world.owed.opened == {}


@pytest.mark.parametrize("state", ["refused", "withdrawn", "cancelled"])
def test_money_for_a_closed_dossier_is_owed_back_by_itself(world, clock, opened, state):
    """Paid an hour after the refusal and never refunded: that has happened elsewhere."""
    clock.advance(minutes=20)
    world.payments.expire()
    world.dossier(CODE, state=state, stage="processing")
    world.tell(paid(opened))

    assert world.balance("surplus") == {X: -100_000}
    assert world.balance("fee_payable") == {}
    ((key, owed),) = world.owed.opened.items()
    assert key == f"late_payment:{opened}"
    assert owed == {"attempt_reference": opened, "amount": 100_000, "cause": "late_payment", "dossier_code": CODE,
                    "stage": "processing"}  # fmt: skip
    assert f"fee-paid:{CODE}:{opened}" not in world.effects()


def test_a_fee_paid_twice_is_owed_back_once(world, clock, opened):
    """The second payment is surplus from its first moment."""
    clock.advance(minutes=20)
    world.payments.expire()
    second = world.open()
    world.tell(paid(second), paid(opened), paid(opened))

    assert world.owed.causes() == [("paid_twice", 100_000)]
    assert world.balance("surplus") == {X: -100_000}
    assert world.balance("fee_payable") == {F: -100_000}
    assert world.fee_state() == "paid"


def test_what_a_lowered_fee_no_longer_asks_is_surplus(world, opened):
    """The payer paid what he was asked; what is due is less by now."""
    world.dossier(CODE, line(60_000))
    world.tell(paid(opened))
    assert world.owed.causes() == [("paid_too_much", 40_000)]
    assert world.balance("surplus") == {X: -40_000}
    assert world.fee_state() == "paid"


def test_a_reversed_payment_is_owed_in_full(world, opened):
    """The bank took it, the provider did not: the citizen is owed, and the provider owes us nothing for it."""
    world.tell(replace(paid(opened), verdict=PaymentVerdict.REVERSED, code="00/04"))
    attempt = world.attempt(opened)
    assert attempt.state is AttemptState.REVERSED
    assert attempt.paid_amount == 100_000
    assert world.owed.causes() == [("reversed", 100_000)]
    assert world.balance("receivable") == {}
    assert world.balance("reversal_claim") == {f"reversal_claim:vnpay:{TERMINAL}": 100_000}
    assert world.fee_state() == "open"


def test_a_suspected_payment_waits_in_suspense_for_the_decision(world, opened):
    """Money is taken, the provider waits for us: accepted, it is the fee's; refused, it never was."""
    world.tell(replace(paid(opened), verdict=PaymentVerdict.SUSPECT, code="07"))
    assert world.attempt(opened).state is AttemptState.SUSPECT
    assert world.attempt(opened).next_look_up_at is not None
    assert world.balance("suspense") == {S: -100_000}
    assert len(world.cases("payment_suspect")) == 1

    world.tell(paid(opened))
    assert world.balance("suspense") == {}
    assert world.balance("fee_payable") == {F: -100_000}
    assert world.balance("receivable") == {R: 100_000}
    assert world.cases("payment_suspect") == []


@pytest.mark.parametrize("verdict", [PaymentVerdict.FAILED, PaymentVerdict.REVERSED])
def test_a_suspected_payment_that_ends_otherwise_leaves_suspense_empty(world, opened, verdict):
    """Suspense is the sum of the open cases, in every ending."""
    world.tell(replace(paid(opened), verdict=PaymentVerdict.SUSPECT))
    world.tell(replace(paid(opened), verdict=verdict))
    assert world.balance("suspense") == {}
    assert world.balance("receivable") == {}
    assert world.cases("payment_suspect") == []


def test_one_pending_answer_does_not_stop_the_asking(world, opened):
    """Paid but 'unpaid' for ever: that poller is known."""
    world.tell(replace(paid(opened), verdict=PaymentVerdict.PENDING, source="query"))
    assert world.attempt(opened).state is AttemptState.SENT
    assert world.attempt(opened).next_look_up_at is not None
    world.tell(replace(paid(opened), verdict=PaymentVerdict.PENDING))
    assert world.attempt(opened).state is AttemptState.UNKNOWN
    assert world.attempt(opened).next_look_up_at is not None
    world.tell(paid(opened))
    assert world.attempt(opened).state is AttemptState.PAID


def test_a_failed_attempt_that_was_paid_after_all_counts(world, opened):
    """A provider may be wrong first and right later; the money is there."""
    world.tell(replace(paid(opened), verdict=PaymentVerdict.FAILED, code="24/02"))
    assert world.attempt(opened).state is AttemptState.FAILED
    world.tell(paid(opened))
    assert world.attempt(opened).state is AttemptState.PAID
    assert world.balance("fee_payable") == {F: -100_000}


def test_one_payment_for_three_dossiers_pays_each_of_them(world):
    """300,000 paid once for A, B and C: each is told for itself."""
    from jobs.payments.opening import Request
    from tests.support.money import PORTAL

    codes = [world.dossier(f"H21.1-{letter}", line(100_000)) for letter in "ABC"]
    request = Request(tuple((code, 100_000) for code in codes), "vnpay", "", "vi", "three", PORTAL)
    reference = world.payments.open_for(request)
    world.tell(paid(reference, 300_000))

    assert [world.fee_state(code) for code in codes] == ["paid"] * 3
    assert {key for key in world.effects() if key.startswith("fee-paid")} == {
        f"fee-paid:{c}:{reference}" for c in codes
    }
    assert world.balance("fee_payable") == {F: -300_000}


def test_money_that_goes_straight_to_the_office_is_no_claim_on_the_provider(world):
    """The platform may never hold it, so it cannot owe it."""
    world.dossier(CODE, line(100_000, account="3511.0.123"))
    reference = world.open(channel="payment_platform")
    world.tell(paid(reference, provider="payment_platform", terminal="PARTNER"))
    assert world.balance("receivable") == {}
    assert world.balance("in_transit") == {"in_transit:3511.0.123": 100_000}


def test_money_in_transit_is_on_its_way_to_the_account_that_the_receipt_named(world):
    """A fee line without an account of its own is paid to its unit's, as it was on the day of the receipt."""
    world.dossier(CODE, line(100_000))
    with world.store.transaction("test") as tx:
        for account, first, last in (
            ("1020", date(2025, 1, 1), date(2026, 12, 31)),
            ("1021", date(2027, 1, 1), None),
        ):
            tx.fees.add_account(UnitAccount("H21.129", account, "VCB", "Sở", "collect", first, last))
        tx.fees.add_account(UnitAccount("H21.129", "9999", "VCB", "Sở", "refund", date(2025, 1, 1), None))
    reference = world.open(channel="payment_platform")
    told = world.effects()[f"attempt:{reference}:init"]["payload"]["receipt"]["account"]
    world.tell(paid(reference, provider="payment_platform", terminal="PARTNER"))
    assert told == "1020"
    assert world.balance("in_transit") == {"in_transit:1020": 100_000}


def test_where_the_case_system_cannot_be_told_the_counter_gets_a_line(world):
    """'Đã thu, chưa ghi nhận trên iGate': by dossier and payment, once."""
    world.payments.rules = replace(world.payments.rules, confirms=False)
    world.dossier(CODE, line(100_000))
    reference = world.open()
    world.tell(paid(reference))
    world.tell(paid(reference))
    (case,) = world.cases("paid_unconfirmed")
    assert (case["dossier_code"], case["amount"]) == (CODE, 100_000)
    assert not [key for key in world.effects() if key.startswith("fee-paid")]


STORY = [
    (PaymentVerdict.PENDING, "query"), (PaymentVerdict.PAID, "ipn"), (PaymentVerdict.PAID, "query"),
    (PaymentVerdict.FAILED, "ipn"),
]  # fmt: skip


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::3])
def test_the_same_news_in_any_order_ends_the_same(world, opened, order):
    """Notifications overtake each other, and our own look-ups overtake them."""
    news = [replace(paid(opened), verdict=verdict, source=source) for verdict, source in STORY]
    for number in order:
        world.tell(news[number])
    assert world.attempt(opened).state is AttemptState.PAID
    assert world.balance("receivable") == {R: 100_000}
    assert world.balance("fee_payable") == {F: -100_000}
    assert world.balance("suspense") == {}


def test_a_hundred_payments_told_in_batches_shuffled_ten_times_are_a_hundred_postings(world):
    """Set by set, and still each payment once."""
    references = []
    for number in range(100):
        code = world.dossier(f"H21.1-{number:04d}", line(10_000 + number))
        references.append((world.open(code, 10_000 + number), 10_000 + number))
    news = [paid(reference, amount) for reference, amount in references for _ in range(10)]
    random.Random(7).shuffle(news)
    for begin in range(0, len(news), 137):
        world.tell(*news[begin : begin + 137])
    total = sum(amount for _, amount in references)
    assert world.balance("receivable") == {R: total}
    assert world.balance("fee_payable") == {F: -total}
    assert world.events().count("payment.paid") == 100


def test_an_unresolved_attempt_always_knows_when_it_is_asked_about_next(world, clock, opened):
    """Nothing about money rests without the time of its next look-up."""
    before = world.attempt(opened).next_look_up_at
    assert before is not None
    asked = 0
    for _ in range(12):
        attempt = world.attempt(opened)
        assert attempt.next_look_up_at is not None
        clock.set(attempt.next_look_up_at + timedelta(seconds=1))
        world.payments.expire()
        asked += world.payments.plan_due_look_ups()
    assert asked == 12
    assert {f"attempt:{opened}:query:{n}" for n in range(1, 13)} <= set(world.effects())
    payload = world.effects()[f"attempt:{opened}:query:1"]["payload"]
    assert payload["request_time"] == world.attempt(opened).request_time
    assert payload["amount"] == 100_000
