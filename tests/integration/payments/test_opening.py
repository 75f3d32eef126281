"""Opening an attempt: stored before anything leaves, once per key, never beside one that may be paid."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest

from jobs.errors import Duplicate, NotAllowed, NotFound
from jobs.payments.model import Terminal
from mappings.canonical.payment import AttemptState, PaymentVerdict
from tests.support.money import CODE, TERMINAL, World, line, paid


def refused(world, reason: str, **more) -> None:
    with pytest.raises(NotAllowed) as told:
        world.open(**more)
    assert told.value.reason == reason
    assert told.value.message_vi


def test_an_attempt_is_stored_with_reference_and_exact_time_before_the_address_leaves(world, clock):
    """A lost answer must never leave money under a reference that nobody knows."""
    world.dossier(CODE, line(100_000))
    attempt = world.attempt(world.open())
    assert attempt.state is AttemptState.SENT
    assert attempt.request_time == "20261123080000"
    assert attempt.payment_url.endswith(attempt.reference)
    assert attempt.expires_at - attempt.created_at == timedelta(minutes=15)
    assert attempt.next_look_up_at is not None


def test_a_time_in_the_afternoon_is_written_in_twenty_four_hours(world, clock):
    """14:30 sent as 02:30: receipt and query are never found."""
    clock.advance(hours=6, minutes=30)
    world.dossier(CODE, line(100_000))
    attempt = world.attempt(world.open(channel="payment_platform"))
    assert attempt.request_time == "20261123143000"


def test_a_channel_that_must_be_called_gets_an_effect_in_the_same_transaction(world):
    """The attempt row is there before the call: the call belongs to it."""
    world.dossier(CODE, line(100_000))
    reference = world.open(channel="payment_platform")
    attempt = world.attempt(reference)
    assert attempt.state is AttemptState.CREATED
    effect = world.effects()[f"attempt:{reference}:init"]
    assert effect["operation"] == "open_payment"
    assert effect["payload"]["amount"] == 100_000
    assert effect["payload"]["request_time"] == attempt.request_time
    assert effect["payload"]["receipt"]["lines"][0]["amount"] == 100_000


def test_the_same_key_is_the_same_attempt(world):
    """A double click is one payment."""
    world.dossier(CODE, line(100_000))
    assert world.open(key="click") == world.open(key="click")
    with pytest.raises(Duplicate):
        world.open(key="click", channel="payment_platform")


def test_the_key_of_one_caller_is_not_anothers(world):
    """Two portals may count from one."""
    from jobs.access.model import Actor, ActorKind

    world.dossier(CODE, line(100_000))
    world.dossier("H21.1-2", line(50_000))
    first = world.open(key="1")
    other = world.payments.open(
        dossier_code="H21.1-2", channel="vnpay", amount=50_000, payer_address="", language="vi", key="1",
        actor=Actor(ActorKind.KEY, "other"),
    )  # fmt: skip
    assert first != other


def test_nobody_gets_a_second_address_for_a_fee_that_is_paid_or_unresolved(world, clock):
    """The case system is down, the citizen presses again: he must not pay twice."""
    world.dossier(CODE, line(100_000))
    reference = world.open(key="a")
    refused(world, "unresolved", key="b")
    world.tell(paid(reference))
    refused(world, "paid", key="c")


@pytest.mark.parametrize("verdict", [PaymentVerdict.PENDING, PaymentVerdict.SUSPECT])
def test_a_payment_in_doubt_closes_the_way_as_well(world, verdict):
    """Unknown is not unpaid."""
    world.dossier(CODE, line(100_000))
    reference = world.open(key="a")
    world.tell(paid(reference, verdict=verdict))
    refused(world, "unresolved", key="b", channel="payment_platform")


def test_after_a_failure_or_the_end_of_the_page_the_way_is_open_again(world, clock):
    """Who cancelled may try again."""
    world.dossier(CODE, line(100_000))
    reference = world.open(key="a")
    world.tell(paid(reference, verdict=PaymentVerdict.FAILED))
    second = world.open(key="b")
    clock.advance(minutes=16)
    world.payments.expire()
    assert len({reference, second, world.open(key="c")}) == 3


def test_only_what_is_due_can_be_paid(world):
    """The page showed an older amount: look again."""
    world.dossier(CODE, line(100_000))
    refused(world, "changed", amount=90_000)


def test_what_may_be_left_out_may_be_left_out(world):
    """A copy that nobody needs is no reason not to pay the fee."""
    world.dossier(CODE, line(100_000), line(20_000, code="SAO", required=False))
    attempt = world.attempt(world.open(amount=100_000, key="a"))
    assert attempt.amount == 100_000
    world.tell(paid(attempt.reference))
    assert world.fee_state() == "paid"


def test_a_raised_fee_opens_an_attempt_for_the_difference(world):
    """The first payment is never edited."""
    world.dossier(CODE, line(100_000))
    first = world.open(key="a")
    world.tell(paid(first))
    world.dossier(CODE, line(130_000))
    assert world.fee_state() == "partly"
    refused(world, "changed", amount=130_000, key="b")
    second = world.open(amount=30_000, key="c")
    world.tell(paid(second, 30_000))
    assert world.fee_state() == "paid"
    assert world.attempt(first).amount == 100_000
    assert world.owed.opened == {}


def test_a_lowered_fee_is_told_to_whoever_opens_refunds(world):
    """Less is due than was paid: in the transaction that learns it."""
    world.dossier(CODE, line(100_000))
    world.tell(paid(world.open()))
    world.dossier(CODE, line(70_000))
    assert world.owed.lowered == [CODE]
    assert world.fee_state() == "overpaid"


def test_a_fee_below_the_channels_minimum_offers_another_channel(world):
    """VNPAY takes nothing under 5,000 đ."""
    world.dossier(CODE, line(4_000))
    with pytest.raises(NotAllowed, match="payment_platform") as told:
        world.open(amount=4_000)
    assert told.value.reason == "below-minimum"
    assert world.attempt(world.open(amount=4_000, channel="payment_platform")).amount == 4_000


def test_nothing_is_opened_for_a_dossier_that_is_closed_or_asks_nothing(world):
    """There is nothing to pay."""
    with pytest.raises(NotFound):
        world.open("H21.1-nobody")
    world.dossier("H21.1-free")
    with pytest.raises(NotFound):
        world.open("H21.1-free")
    world.dossier(CODE, line(100_000), state="refused")
    with pytest.raises(NotFound):
        world.open()


def test_a_closed_terminal_takes_no_more(world):
    """Districts ended, their terminals with them."""
    with world.store.transaction("test") as tx:
        tx.payments.add_terminal(
            Terminal("vnpay", TERMINAL, "H21.129", "1012", "lienthong", date(2025, 1, 1))
        )
        tx.payments.close_terminal("vnpay", TERMINAL, date(2026, 11, 22))
    world.dossier(CODE, line(100_000))
    refused(world, "terminal-closed")


def test_a_fee_that_the_counter_took_is_not_asked_again(world):
    """The case system says paid: cash is a channel of its own."""
    world.dossier(CODE, line(100_000, paid=True))
    assert world.fee_state() == "paid"
    refused(world, "paid")


def test_two_that_open_at_once_open_one(pg_store, clock):
    """Portal and counter press in the same moment."""
    world = World(pg_store, clock)
    world.dossier(CODE, line(100_000))
    told: list[str] = []
    start = threading.Barrier(6)

    def press(number: int) -> None:
        start.wait()
        try:
            told.append(world.open(key=f"k{number}"))
        except NotAllowed as exc:
            told.append(exc.reason)

    threads = [threading.Thread(target=press, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("unresolved") == 5
