"""The accountants' examples: lines, units, treasury, transfers, returns, several dossiers in one payment."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.errors import IllegalTransition, NotAllowed
from jobs.ledger.posting import Posting, Share, post
from jobs.payments.model import Terminal
from jobs.payments.opening import Request
from jobs.refunds.routes import Payee
from mappings.canonical.dossier import FeeKind
from tests.support.money import PORTAL, TERMINAL, line, paid
from tests.support.refunds import HOA, LAN, MINH, lost

A, B, C = (f"H21.129-261123-000{n}" for n in (1, 2, 3))
CITIZEN = Payee("VCB", "0123456789", "Nguyễn Văn An")


def transfer(world, payment: str, amount: int) -> str:
    """A transfer with its payee, approved and at the bank."""
    reference = world.propose(payment, amount)
    world.refunds.set_payee(reference, CITIZEN, actor=LAN)
    world.approve(reference, MINH)
    assert world.refunds.order_files() == 1
    world.step("statements")
    assert world.state(reference) == "SENT_TO_BANK"
    return reference


def test_three_dossiers_paid_once_and_two_of_them_refused(world):
    """B refused: 100,000 back; C refused while B's is open: C's waits, and goes on by itself."""
    for code in (A, B, C):
        world.dossier(code, line(100_000))
    items = tuple((code, 100_000) for code in (A, B, C))
    payment = world.payments.open_for(Request(items, "vnpay", "127.0.0.1", "vi", "three", PORTAL))
    world.tell(paid(payment, 300_000))

    world.close(B)
    (first,) = world.of(payment)
    assert (first.amount, first.dossier_code) == (100_000, B)
    world.both(first.reference)
    world.step()
    world.close(C)
    second = world.of(payment)[1]
    assert second.amount == 100_000
    world.both(second.reference)
    assert (world.state(second.reference), world.refund(second.reference).waiting_for) == (
        "RESERVED",
        "other_refund",
    )
    world.step()
    assert len(world.far.calls) == 1

    world.news(first.reference, "settled", amount=100_000)
    world.step()
    assert world.state(second.reference) == "ACCEPTED"
    assert world.far.calls[1].payload["other_provider_references"] == [f"G{first.reference[-6:]}"]
    assert world.balance("fee_payable") == {"fee_payable:H21.129:2716": -100_000}


def test_money_that_was_remitted_comes_back_from_two_places(world):
    """Fee 1,000,000, 70 % kept, remitted: 700,000 from the unit, 300,000 by treasury order."""
    world.account()
    world.dossier(A)
    with world.store.transaction("test") as tx:
        from jobs.fees.model import FeeLine, FeeState

        own = FeeLine(0, "P1", "phí", "Phí", 1_000_000, unit="H21.129", item="2716", share_kept_percent=70)
        tx.fees.add_version(A, [own], digest="d", state=FeeState.OPEN)
    payment = world.open(A, 1_000_000)
    world.tell(paid(payment, 1_000_000))
    with world.store.transaction("test") as tx:
        share = Share(300_000, unit="H21.129", item="2716", year="2026")
        post(tx, Posting("remittance", "UNC 12", {}, {"account": "1902"}, [share]))
    world.close(A)
    parts = {str(refund.route): refund for refund in world.of(payment)}
    assert {route: refund.amount for route, refund in parts.items()} == {
        "transfer": 700_000,
        "treasury": 300_000,
    }
    assert (parts["transfer"].waiting_for, parts["transfer"].payer_account) == ("account", "1902")

    order = parts["treasury"].reference
    world.both(order)
    assert (world.state(order), world.refund(order).waiting_for) == ("RESERVED", "papers")
    with pytest.raises(NotAllowed, match="no-document"):
        world.refunds.treasury_order(order, document_number=" ", actor=LAN)
    world.refunds.treasury_order(order, document_number="15/LCT", actor=LAN)
    assert world.state(order) == "SENT_TO_BANK"
    world.news(order, "settled", "statement", 300_000)
    assert world.state(order) == "SETTLED"
    assert world.balance("remitted") == {}, "the year's revenue falls"


def test_taxes_are_sent_to_the_tax_office(world):
    """They are not ours to refund; the fee beside them is."""
    payment = world.payment(300_000, A, line(100_000), line(200_000, "T1", kind=FeeKind.THUE, name="Thuế"))
    world.close(A)
    assert [refund.amount for refund in world.of(payment)] == [100_000]
    assert [case["amount"] for case in world.cases("refund_tax")] == [200_000]
    with pytest.raises(NotAllowed, match="tax"):
        world.propose(payment, 150_000)


def test_what_no_row_covers_is_a_persons_decision(world):
    """The system never guesses; a row that says no is told with its ground."""
    payment = world.payment(100_000, A)
    world.close(A, reason="withdrawn", stage="result")
    assert world.of(payment) == []
    assert world.kinds()["refund.none"] == 1
    with world.store.transaction("test") as tx:
        world.refunds.open(tx, attempt_reference=payment, amount=1_000, cause="other", cause_key="x",
                           dossier_code=A)  # fmt: skip
        world.refunds.dossier_closed(tx, A, "moved", "")
    assert [case["evidence"]["cause"] for case in world.cases("refund_no_policy")] == ["moved"]


def test_a_fee_that_was_lowered_gives_the_difference_back(world):
    """The payment itself is never edited."""
    payment = world.payment(100_000, A)
    world.dossier(A, line(70_000))
    refund = world.only(payment)
    assert (refund.amount, refund.cause) == (30_000, "fee_lowered")
    assert world.fee_state(A) == "paid"
    assert world.attempt(payment).paid_amount == 100_000
    world.dossier(A, line(70_000))
    assert len(world.of(payment)) == 1


def test_the_second_payment_of_the_same_fee_goes_back_whole(world):
    """Nobody owed it: it is surplus, and opens its refund in the same commit."""
    world.dossier(A, line(100_000))
    first = world.open(A, key="one")
    world.tell(paid(first))
    with world.store.transaction("test") as tx:
        attempt = tx.payments.by_reference(first)
        line_id = tx.payments.allocated([first])[first][0].fee_line_id
        from dataclasses import replace

        twin = replace(attempt, reference="000000000000TWIN", key="twin", state=type(attempt.state).SENT,
                       paid_amount=None, paid_at=None, provider_reference=None)  # fmt: skip
        tx.payments.create(twin, [(line_id, 100_000)])
    world.tell(paid("000000000000TWIN"))
    refund = world.only("000000000000TWIN")
    assert (refund.cause, refund.amount) == ("paid_twice", 100_000)
    world.both(refund.reference)
    assert world.balance("surplus") == {}
    world.step()
    world.news(refund.reference, "settled", amount=100_000)
    assert world.balance("receivable") == {f"receivable:vnpay:{TERMINAL}": 100_000}


def test_the_national_platform_has_no_refund_message(world):
    """So it goes by transfer, and says so."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    world.close(A)
    refund = world.only(payment)
    assert (refund.route, refund.waiting_for) == ("transfer", "account")


def test_a_payment_whose_creation_time_we_never_saw_is_not_refunded_by_the_gateway(world):
    """A terminal that the case system owns: we learnt of it by file."""
    world.account()
    payment = world.payment(100_000, A)
    with world.store.transaction("test") as tx:
        tx.payments.add_terminal(Terminal("vnpay", TERMINAL, "H21.129", "1902", "lienthong", date(2025, 1, 1),
                                          date(2026, 11, 20)))  # fmt: skip
    world.close(A)
    assert world.only(payment).route == "transfer", "a closed terminal is one as well"


def test_a_transfer_needs_its_payee_and_another_account_a_paper_and_a_name(world):
    """Money goes back to where it came from only with that known."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    reference = world.propose(payment, 50_000)
    with pytest.raises(NotAllowed, match="account"):
        world.approve(reference, MINH)
    other = Payee("ACB", "777", "Trần B", other=True)
    with pytest.raises(NotAllowed, match="paper"):
        world.refunds.set_payee(reference, other, actor=LAN)
    with pytest.raises(NotAllowed, match="name"):
        world.refunds.set_payee(reference, Payee("ACB", "777", "Trần B", True, "GUQ 1", "TRAN C"), actor=LAN)
    world.refunds.set_payee(reference, Payee("ACB", "777", "Trần B", True, "GUQ 1", "TRAN B"), actor=LAN)
    world.approve(reference, MINH)
    assert world.state(reference) == "RESERVED"
    with pytest.raises(IllegalTransition):
        world.refunds.set_payee(reference, CITIZEN, actor=LAN)


def test_a_district_that_ended_is_answered_for_by_its_successor(world):
    """By the decision's number; without a successor on record nothing is sent."""
    world.account("H21.129", "1902", valid_to=date(2026, 6, 30), successor="X1", document="QĐ 12")
    world.account("X1", "3303", valid_from=date(2026, 7, 1))
    payment = world.payment(100_000, A, channel="payment_platform")
    assert world.refund(transfer(world, payment, 40_000)).payer_account == "3303"


def test_without_a_successor_nothing_is_sent(world):
    """A break, and an approval that is refused."""
    world.account("H21.129", "1902", valid_to=date(2026, 6, 30))
    payment = world.payment(100_000, A, channel="payment_platform")
    reference = world.propose(payment, 40_000)
    world.refunds.set_payee(reference, CITIZEN, actor=LAN)
    assert len(world.cases("refund_no_payer")) == 1
    with pytest.raises(NotAllowed, match="no-account"):
        world.approve(reference, MINH)


def test_orders_go_in_one_file_per_account_and_the_statement_settles_each(world):
    """Handed over is not paid."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    refunds = []
    for amount in (10_000, 20_000):
        reference = world.propose(payment, amount)
        world.refunds.set_payee(reference, CITIZEN, actor=LAN)
        world.approve(reference, MINH)
        refunds.append(reference)
    assert world.refunds.order_files() == 2
    assert world.refunds.order_files() == 0
    world.step("statements")
    (file,) = world.far.files
    assert [order["reference"] for order in file.payload["orders"]] == refunds
    assert [world.state(reference) for reference in refunds] == ["SENT_TO_BANK", "SENT_TO_BANK"]
    world.news(refunds[0], "settled", "statement", 10_000)
    assert [world.state(reference) for reference in refunds] == ["SETTLED", "SENT_TO_BANK"]
    assert world.balance("bank") == {"bank:1902": -10_000}


def test_one_paid_order_of_a_lost_file_proves_the_whole_file(world):
    """Nobody answered; the statement shows that the bank has it."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    refunds = []
    for amount in (10_000, 20_000):
        reference = world.propose(payment, amount)
        world.refunds.set_payee(reference, CITIZEN, actor=LAN)
        world.approve(reference, MINH)
        refunds.append(reference)
    world.refunds.order_files()
    world.far.answers = [lost()]
    world.step("statements")
    assert [world.state(reference) for reference in refunds] == ["UNKNOWN", "UNKNOWN"]
    world.news(refunds[0], "settled", "statement", 10_000)
    assert [world.state(reference) for reference in refunds] == ["SETTLED", "SENT_TO_BANK"]


def test_an_order_that_may_not_go_keeps_no_other_from_going(world):
    """The file is set aside; the good orders make a new one."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    good = world.propose(payment, 10_000)
    bad = world.propose(payment, 20_000)
    for reference, actor in ((good, MINH), (bad, HOA)):
        world.refunds.set_payee(reference, CITIZEN, actor=LAN)
        world.approve(reference, actor)
    world.refunds.order_files()
    del world.people.people["hoa"]
    world.step("statements")
    assert world.far.files == []
    assert world.refund(bad).waiting_for == "person"
    world.refunds.order_files()
    world.step("statements")
    assert [world.state(reference) for reference in (good, bad)] == ["SENT_TO_BANK", "RESERVED"]


def test_an_order_taken_out_of_a_waiting_file_frees_the_others(world):
    """Withholding one stops no other."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    refunds = []
    for amount in (10_000, 20_000):
        reference = world.propose(payment, amount)
        world.refunds.set_payee(reference, CITIZEN, actor=LAN)
        world.approve(reference, MINH)
        refunds.append(reference)
    world.refunds.order_files()
    world.refunds.withhold(refunds[0], reason="nhầm", actor=MINH)
    world.refunds.order_files()
    world.step("statements")
    assert [world.state(reference) for reference in refunds] == ["RELEASED", "SENT_TO_BANK"]
    assert [len(file.payload["orders"]) for file in world.far.files] == [1]


def test_out_back_and_out_again_ends_at_nothing_owed(world):
    """100,000 out, returned by the bank, out again to another account."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    first = transfer(world, payment, 100_000)
    world.news(first, "settled", "statement", 100_000)
    world.news(first, "returned", "statement", 100_000, return_reason="AC01")
    world.news(first, "returned", "statement", 100_000, return_reason="AC01")
    assert world.state(first) == "RETURNED_BY_BANK"
    assert world.payable() == 0
    assert world.balance("bank") == {}
    again = world.of(payment)[1]
    assert (again.state, again.waiting_for, again.replaces) == (
        "REQUESTED",
        "account",
        world.refund(first).id,
    )
    assert len(world.cases("refund_returned")) == 1

    world.refunds.set_payee(again.reference, Payee("ACB", "888", "Nguyễn Văn An"), actor=LAN)
    world.both(again.reference)
    world.refunds.order_files()
    world.step("statements")
    world.news(again.reference, "settled", "statement", 100_000)
    assert world.payable() == 0
    assert world.balance("bank") == {"bank:1902": -100_000}
    assert world.balance("fee_payable") == {}


def test_a_return_that_is_seen_before_the_payment_is_taken_all_the_same(world):
    """Statements do not come in the order of events."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    reference = transfer(world, payment, 10_000)
    world.news(reference, "returned", "statement", 10_000, return_reason="AC04")
    assert world.state(reference) == "RETURNED_BY_BANK"
    world.news(reference, "settled", "statement", 10_000)
    assert world.state(reference) == "RETURNED_BY_BANK"
    assert world.balance("bank") == {}


def test_reversed_money_is_owed_and_settled_out_of_the_claim(world):
    """The bank took it, the provider never had it: there is no receivable to settle from."""
    world.dossier(A, line(100_000))
    payment = world.open(A)
    from dataclasses import replace

    from mappings.canonical.payment import PaymentVerdict

    world.tell(replace(paid(payment), verdict=PaymentVerdict.REVERSED))
    refund = world.only(payment)
    assert (refund.cause, refund.of_reversal) == ("reversed", True)
    world.both(refund.reference)
    world.step()
    world.news(refund.reference, "settled", amount=100_000)
    for kind in ("reversal_claim", "surplus", "refunds_payable", "receivable"):
        assert world.balance(kind) == {}, kind


def test_too_many_refusals_stop_the_provider_until_a_person_resumes_it(world):
    """Tripped by itself; what was held back goes on when the stop is lifted."""
    from dataclasses import replace

    from tests.support.refunds import refused

    with world.store.transaction("test") as tx:
        tx.refunds.put_switch(replace(tx.refunds.switch("vnpay"), limit_rejected=1))
    payment = world.payment(100_000, A)
    for _ in range(2):
        world.far.answers = [refused()]
        world.reserved(payment, 10_000)
        world.step()
    assert len(world.cases("refund_stopped")) == 1
    held = world.reserved(payment, 10_000)
    world.step()
    assert (world.state(held), world.refund(held).waiting_for) == ("RESERVED", "stopped")
    assert len(world.far.calls) == 2
    assert world.refunds.resume("vnpay", reason="đã xử lý", actor=MINH) == 1
    world.step()
    assert world.state(held) == "ACCEPTED"


def test_a_days_sum_stops_the_provider(world):
    """However good each refund is."""
    from dataclasses import replace

    with world.store.transaction("test") as tx:
        tx.refunds.put_switch(replace(tx.refunds.switch("vnpay"), limit_amount=150_000))
    first = world.accepted(world.payment(100_000, A), 100_000)
    held = world.reserved(world.payment(100_000, B), 60_000)
    world.step()
    assert (world.state(first), world.state(held)) == ("ACCEPTED", "RESERVED")
    assert world.cases("refund_stopped")[0]["evidence"]["reason"] == "limit-amount"
    small = world.reserved(world.payment(100_000, C), 1_000)
    world.step()
    assert world.state(small) == "RESERVED", "a stop holds everything"


def test_a_debt_that_is_told_twice_is_one_refund_and_no_case(world):
    """Files and notifications tell the same surplus again."""
    payment = world.payment(100_000, A)
    world.close(A)
    (first,) = world.of(payment)
    world.refunds.decline(first.reference, reason="x", actor=MINH)
    for _ in range(2):
        with world.store.transaction("test") as tx:
            world.refunds.open(tx, attempt_reference=payment, amount=40_000, cause="other", cause_key="same",
                               dossier_code=A)  # fmt: skip
    assert [refund.amount for refund in world.of(payment)] == [100_000, 40_000]
    assert world.cases("refund_mismatch") == []


def test_more_than_the_books_hold_is_a_persons_case(world):
    """What is there opens; the rest is found by somebody, never guessed."""
    payment = world.payment(100_000, A)
    with world.store.transaction("test") as tx:
        world.refunds.open(tx, attempt_reference=payment, amount=40_000, cause="paid_twice", cause_key="twice",
                           dossier_code=A)  # fmt: skip
    assert world.of(payment) == []
    assert [case["amount"] for case in world.cases("refund_mismatch")] == [40_000]


def test_an_order_of_a_payment_with_an_unknown_refund_waits_for_it(world):
    """Looked at again when the file is claimed; it goes on by itself when the other one is known."""
    world.account()
    payment = world.payment(100_000, A, channel="payment_platform")
    refunds = []
    for amount in (10_000, 20_000):
        reference = world.propose(payment, amount)
        world.refunds.set_payee(reference, CITIZEN, actor=LAN)
        world.approve(reference, MINH)
        world.refunds.order_files()
        refunds.append(reference)
    world.far.answers = [lost()]
    world.engine.step("statements", most=1)
    world.step("statements")
    assert [world.state(reference) for reference in refunds] == ["UNKNOWN", "RESERVED"]
    assert world.refund(refunds[1]).waiting_for == "other_refund"
    assert world.refunds.held_up() == 0
    assert len(world.far.files) == 1
    world.news(refunds[0], "settled", "statement", 10_000)
    assert world.refund(refunds[1]).waiting_for == ""
    assert world.refunds.order_files() == 1
    world.step("statements")
    assert world.state(refunds[1]) == "SENT_TO_BANK"
