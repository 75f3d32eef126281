"""What the money makes of the outcomes of its effects."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs.effects.model import EffectState as E
from jobs.payments.handlers import handlers
from mappings.canonical.codec import to_json
from mappings.canonical.payment import AttemptState, PaymentVerdict
from tests.support.money import CODE, line, outcome, paid

PLATFORM = {"system": "payment_platform", "operation": "open_payment"}


def tell(world, *outcomes) -> None:
    with world.store.transaction("engine") as tx:
        first = outcomes[0].effect
        handlers(world.payments)[first.system, first.operation].on_outcome(tx, outcomes)


@pytest.fixture
def opened(world) -> str:
    world.dossier(CODE, line(100_000))
    return world.open(channel="payment_platform")


def init(reference: str, state: E, data=None, **more):
    return outcome(f"attempt:{reference}:init", state, data, reference=reference, **PLATFORM, **more)


def test_an_answered_look_up_is_news_like_any_other(world):
    """One function for all doors."""
    world.dossier(CODE, line(100_000))
    reference = world.open()
    news = paid(reference, source="query")
    tell(world, outcome("q", E.DONE, {"news": to_json(news)}, reference=reference))
    assert world.attempt(reference).state is AttemptState.PAID


def test_a_not_found_changes_nothing_and_is_asked_again(world, clock):
    """At VNPAY 91 is no proof that no money moved."""
    world.dossier(CODE, line(100_000))
    reference = world.open()
    news = paid(reference, None, verdict=PaymentVerdict.UNKNOWN, code="91", provider_reference=None)
    tell(world, outcome("q", E.DONE, {"news": to_json(news)}, reference=reference))
    attempt = world.attempt(reference)
    assert attempt.state is AttemptState.SENT
    assert attempt.next_look_up_at is not None


def test_a_refused_look_up_is_a_persons_matter_once(world):
    """A wrong key refuses thousands of look-ups: one case, not thousands."""
    for reference in ("A", "B"):
        tell(world, outcome("q", E.REFUSED, reference=reference, code="97"))
    assert len(world.cases("payment_not_askable")) == 1


def test_the_platforms_answer_brings_the_page(world, opened):
    """From then on the payer may pay."""
    tell(world, init(opened, E.DONE, {"payment_url": "https://platform.example/1"}))
    attempt = world.attempt(opened)
    assert (attempt.state, attempt.payment_url) == (AttemptState.SENT, "https://platform.example/1")


def test_a_lost_answer_leaves_the_attempt_unknown_rather_than_failed(world, opened):
    """A payer may be at a page that we know nothing of."""
    tell(world, init(opened, E.UNKNOWN))
    attempt = world.attempt(opened)
    assert attempt.state is AttemptState.UNKNOWN
    assert attempt.next_look_up_at is not None


def test_an_attempt_whose_page_nobody_ever_got_does_not_close_the_way_for_ever(world, clock, opened):
    """The answer with the address was lost: the payer cannot be there, and may try again when the page has closed."""
    tell(world, init(opened, E.UNKNOWN))
    tell(world, init(opened, E.DONE, {"payment_url": ""}))
    clock.advance(timedelta(minutes=31))
    assert world.payments.expire() == 1
    attempt = world.attempt(opened)
    assert attempt.state is AttemptState.EXPIRED
    assert attempt.next_look_up_at is not None
    world.open(key="again")


def test_a_refusal_ends_the_attempt_and_opens_the_way(world, opened):
    """Nothing is there that could be paid."""
    tell(world, init(opened, E.REFUSED, code="99"))
    assert world.attempt(opened).state is AttemptState.FAILED
    world.open(key="again")


def test_an_answer_that_comes_after_the_notification_steps_nothing_back(world, opened):
    """The notification may overtake the answer to our own call."""
    world.tell(paid(opened, provider="payment_platform", terminal="PARTNER"))
    for state, data in ((E.DONE, {"payment_url": "https://late"}), (E.UNKNOWN, None), (E.REFUSED, None)):
        tell(world, init(opened, state, data))
    assert world.attempt(opened).state is AttemptState.PAID


def test_a_call_that_waited_longer_than_its_page_lives_is_taken_back(world, clock, opened):
    """Nobody would ever pay there, and no person needs to look at it."""
    clock.advance(timedelta(hours=1))
    world.payments.expire()
    with world.store.transaction("look") as tx:
        effect = tx.effects.find(f"attempt:{opened}:init")
    assert effect.state is E.CANCELLED


def test_a_page_that_comes_after_its_time_is_shown_to_nobody(world, clock, opened):
    """The payer may have another one open by now."""
    tell(world, init(opened, E.UNKNOWN))
    clock.advance(timedelta(hours=1))
    world.payments.expire()
    tell(world, init(opened, E.DONE, {"payment_url": "https://late"}))
    attempt = world.attempt(opened)
    assert (attempt.state, attempt.payment_url) == (AttemptState.EXPIRED, None)


def confirmed(reference: str, state: E, code: str = ""):
    return outcome(
        f"fee-paid:{CODE}:{reference}", state, system="igate", operation="confirm_fee", reference=reference,
        dossier_code=CODE, payload={"amount": 100_000}, code=code,
    )  # fmt: skip


def test_what_the_case_system_does_not_take_is_a_line_for_the_counter_until_it_does(world):
    """Paid but unconfirmed is somebody's work, never silence."""
    tell(world, confirmed("R1", E.PARKED), confirmed("R2", E.REFUSED, "400"))
    assert {case["evidence"]["payment_reference"] for case in world.cases("paid_unconfirmed")} == {"R1", "R2"}
    tell(world, confirmed("R1", E.DONE))
    assert [case["evidence"]["payment_reference"] for case in world.cases("paid_unconfirmed")] == ["R2"]
    assert world.events().count("fee.confirmed") == 1
