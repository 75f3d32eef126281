"""MoMo and ZaloPay from the page to the refund, against their stand-ins, with every answer that can be lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.errors import Forged
from jobs.errors import NotAllowed
from mappings.canonical.payment import AttemptState
from tests.integration.payments.wallets import WALLETS, WalletWorld, wallet_world
from tests.support.money import CODE, line


@pytest.fixture(params=WALLETS, ids=lambda side: side.name)
def world(request, pg_store, clock) -> Iterator[WalletWorld]:
    with wallet_world(request.param, pg_store, clock) as made:
        yield made


def test_a_page_a_payment_and_its_notice(world):
    """The money is the provider's debt to us, per terminal, until its session is paid out."""
    reference = world.opened()
    attempt = world.attempt(reference)
    assert attempt.state is AttemptState.SENT
    assert attempt.payment_url.startswith("http://127.0.0.1")
    world.pays(reference)
    assert world.notified(reference)
    assert world.digest() == 1
    attempt = world.attempt(reference)
    assert (attempt.state, attempt.paid_amount) == (AttemptState.PAID, 100_000)
    assert attempt.provider_reference
    assert world.balance("receivable") == {f"receivable:{world.side.name}:{world.side.terminal}": 100_000}
    assert world.fee_state() == "paid"


def test_nothing_of_the_payer_goes_to_a_wallet(world):
    """A wallet prints no receipt of ours: who pays for which dossier is not its business."""
    reference = world.opened()
    payload = world.effects()[f"attempt:{reference}:init"]["payload"]
    assert "receipt" not in payload
    assert "Nguyễn Văn An" not in str(payload)


def test_notices_that_come_again_and_look_ups_beside_them_are_one_payment(world):
    """Order and number of the news do not matter."""
    reference = world.opened()
    world.pays(reference)
    assert world.notified(reference)
    assert [world.notified(reference) for _ in range(3)] == [False] * 3
    with world.store.transaction("person") as tx:
        world.payments.look_up(tx, reference)
    world.go()
    world.digest()
    world.go()
    assert world.events().count("payment.paid") == 1
    assert sum(world.balance("receivable").values()) == 100_000


def test_a_notice_that_never_comes_is_made_good_by_asking(world):
    """The look-up is planned with the attempt."""
    reference = world.opened()
    world.pays(reference)
    world.later(minutes=6)
    world.payments.plan_due_look_ups()
    world.go()
    assert world.attempt(reference).state is AttemptState.PAID


def test_who_does_not_pay_is_not_failed_by_asking_and_his_page_closes(world):
    """'Not finished' is what a wallet says while the payer sits at its page."""
    reference = world.opened()
    world.later(minutes=6)
    world.payments.plan_due_look_ups()
    world.go()
    assert world.attempt(reference).state is AttemptState.SENT
    world.later(minutes=30)
    assert world.payments.expire() == 1
    assert world.attempt(reference).next_look_up_at is not None


def test_another_amount_opens_a_case_and_lies_in_suspense(world):
    """Agreeing in part is no payment (M8), and money that was told of is in the books (M9)."""
    reference = world.opened()
    world.pays(reference, ending="short")
    world.notified(reference)
    world.digest()
    assert world.attempt(reference).state is AttemptState.SENT
    (case,) = world.cases("payment_mismatch")
    assert case["evidence"]["told_amount"] == 99_000
    assert sum(world.balance("suspense").values()) == -99_000


def test_a_forged_notice_is_no_news(world):
    """Signed with another key, it never gets as far as the inbox."""
    reference = world.opened()
    world.pays(reference)
    raw = world.side.notice(world.wallet, reference)
    with pytest.raises(Forged):
        world.connectors.verifiers[world.side.name](raw.replace(b"100000", b"100001"))


@pytest.mark.parametrize("kind", ["lose_answer", "half", "error_after_acting"])
def test_a_lost_answer_to_the_opening_never_makes_a_second_order(world, kind):
    """MoMo gives the same page again for the same number; at ZaloPay nobody holds the address, and the way opens again."""
    world.fault("open_payment", kind)
    reference = world.opened()
    for _ in range(6):
        world.wait(minutes=4)
    attempt = world.attempt(reference)
    assert world.there("payments") == [reference]
    if world.side.name == "momo":
        assert attempt.state is AttemptState.SENT
        assert attempt.payment_url
        return
    assert attempt.payment_url is None
    world.later(minutes=31)
    world.payments.expire()
    assert world.attempt(reference).state is AttemptState.EXPIRED
    assert world.attempt(world.opened()).payment_url


def test_an_opening_that_was_never_heard_there_is_asked_for_again_or_given_up(world):
    """Nothing left us, or nobody can tell: never two orders, never silence."""
    world.fault("open_payment", "closed")
    reference = world.opened()
    world.wait(minutes=2)
    assert world.there("payments") in ([reference], [])
    assert world.attempt(reference).state in (AttemptState.SENT, AttemptState.UNKNOWN)


def test_an_amount_outside_the_wallets_limits_is_refused_before_anything_leaves(world):
    """The limits are those of the settings."""
    code = world.dossier("H21.1-1", line(500))
    with pytest.raises(NotAllowed) as refused:
        world.open(code, 500, channel=world.side.name)
    assert refused.value.reason == "below-minimum"


# ---- refunds -------------------------------------------------------------------------------------------------------------


def test_money_goes_back_through_the_wallet_under_our_own_number(world):
    """Taken is not done: the books say 'settled' only when a file or a statement has shown it."""
    reference = world.reserved(world.paid(), 40_000)
    assert str(world.refund(reference).route) == "gateway"
    world.go()
    for _ in range(4):
        world.wait(hours=1)
    assert world.state(reference) == "SENT_TO_BANK"
    assert world.there("refunds") == [reference]
    assert world.payable() == 40_000


def test_several_refunds_of_one_payment_are_under_way_at_once(world):
    """The provider tells them apart by our numbers: none waits for the other."""
    payment = world.paid()
    first, second = (world.reserved(payment, amount) for amount in (30_000, 20_000))
    assert world.refund(second).waiting_for == ""
    world.go()
    world.wait(hours=1)
    assert sorted(world.there("refunds")) == sorted([first, second])
    with pytest.raises(NotAllowed):
        world.propose(payment, 60_000, remaining=60_000)


@pytest.mark.parametrize("kind", ["lose_answer", "half", "error_after_acting", "garbage"])
def test_a_lost_answer_to_a_refund_is_asked_about_by_our_number_and_paid_once(world, kind):
    """M5: the number is the same for ever, and asking comes before sending."""
    payment = world.paid()
    reference = world.reserved(payment, 40_000)
    world.fault("refund", kind)
    world.go()
    assert world.state(reference) == "UNKNOWN"
    with pytest.raises(NotAllowed):
        world.propose(payment, 10_000)
    for _ in range(8):
        world.wait(minutes=30)
    assert world.state(reference) == "SENT_TO_BANK"
    assert world.there("refunds") == [reference]


def test_a_refund_that_never_arrived_goes_out_again_only_where_their_word_is_a_proof(world):
    """MoMo's two lists have no trace of it, twice: the same number goes out again. ZaloPay has no word for that: a person's."""
    reference = world.reserved(world.paid(), 40_000)
    world.fault("refund", "lose_request")
    world.go()
    assert world.state(reference) == "UNKNOWN"
    for _ in range(12):
        world.wait(hours=1)
    if world.side.sends_again:
        assert world.state(reference) == "SENT_TO_BANK"
        assert world.there("refunds") == [reference]
        return
    assert (world.state(reference), world.there("refunds")) == ("UNKNOWN", [])
    for _ in range(8):
        world.wait(hours=12)
    assert world.state(reference) == "UNKNOWN"
    assert [case["evidence"]["refund_reference"] for case in world.cases("refund_unknown")] == [reference]


def test_a_refusal_for_good_gives_the_money_back_to_its_fee(world):
    """And it is a person's, with the wallet's own word."""
    path, body = world.side.refuse
    world.control(path, body)
    reference = world.reserved(world.paid(), 40_000)
    world.go()
    for _ in range(4):
        world.wait(hours=1)
    assert world.state(reference) == "REJECTED"
    assert world.payable() == 0
    assert len(world.cases("refund_rejected")) == 1


def test_the_number_of_a_refund_does_not_change_with_the_day_on_which_it_leaves(world):
    """An attempt after midnight must not be another refund there."""
    payment = world.paid()
    reference = world.reserved(payment, 40_000)
    world.fault("refund", "closed", times=3)
    world.go()
    for _ in range(6):
        world.wait(hours=6)
    assert world.there("refunds") == [reference]
    payload = world.effects()[f"refund:{reference}"]["payload"]
    assert (
        payload["refund_time"] == f"{world.refund(reference).approved_at + timedelta(hours=7):%Y%m%d%H%M%S}"
    )


def test_a_dossier_that_is_refused_pays_back_by_itself_after_two_signatures(world):
    """What is owed opens by itself and goes the way the money came."""
    payment = world.paid()
    world.close(CODE)
    owed = world.only(payment)
    assert (str(owed.route), owed.amount) == ("gateway", 100_000)
    world.both(owed.reference)
    world.go()
    world.wait(hours=1)
    assert world.there("refunds") == [owed.reference]


def test_a_stop_of_the_wallet_holds_its_refunds_and_nobody_elses(world):
    """The switch is the provider's."""
    with world.store.transaction("look") as tx:
        switch = tx.refunds.switch(world.side.name)
        assert (switch.limit_amount, switch.limit_unknown) == (5_000_000_000, 100)
        tx.refunds.put_switch(replace(switch, stopped_at=tx.now, stopped_by="test", reason="kiểm tra"))
    reference = world.reserved(world.paid(), 40_000)
    world.go()
    assert world.there("refunds") == []
    assert (world.state(reference), world.refund(reference).waiting_for) == ("RESERVED", "stopped")
