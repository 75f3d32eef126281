"""Messages of the doors: worked on in batches, each once, none lost and none in the way of the others."""

from __future__ import annotations

import threading

import pytest

from jobs.intake.model import Message
from jobs.payments.digest import Digest
from mappings.canonical.codec import to_json
from mappings.canonical.payment import AttemptState, PaymentVerdict
from tests.support.money import CODE, World, line, paid


def receive(world, news, *, key: str | None = None, raw=None) -> bool:
    with world.store.transaction("door") as tx:
        key = key or f"{news.terminal}/{news.reference}/{news.code}/{news.amount}"
        return tx.inbox.record(Message(0, "vnpay", key, tx.now, raw if raw is not None else to_json(news)))


@pytest.fixture
def digest(world) -> Digest:
    return Digest(world.store, world.payments, batch=7)


def test_messages_become_payments(world, digest):
    """Recorded first, answered, then worked on."""
    references = [world.open(world.dossier(f"H21.1-{n}", line(10_000)), 10_000) for n in range(30)]
    for reference in references:
        assert receive(world, paid(reference, 10_000))
        assert not receive(world, paid(reference, 10_000))
    assert digest.run() == 30
    assert {world.attempt(reference).state for reference in references} == {AttemptState.PAID}
    assert digest.run() == 0


def test_news_ahead_of_our_own_order_waits_for_it(world, clock, digest):
    """The provider was faster than our commit: no stranger, no suspense."""
    world.dossier(CODE, line(100_000))
    early = paid("0000000000000013")
    receive(world, early)
    assert digest.run() == 0
    for _ in range(2):
        with world.store.transaction("skip") as tx:
            assert [m.id for m in tx.inbox.take(["vnpay"], after=0, most=9)] == [1]
    world.payments._ids._last = 0  # the order whose reference the provider told
    references = {world.open(world.dossier(f"H21.1-{n}", line(100_000)), key=str(n)) for n in range(2)}
    assert early.reference not in references
    clock.advance(61)
    assert digest.run() == 1
    assert len(world.cases("payment_unplaced")) == 1


def test_a_message_that_cannot_be_worked_on_is_set_aside_and_the_others_go_on(world, digest):
    """One poisoned row must not stop a province."""
    first = world.open(world.dossier("H21.1-1", line(10_000)), 10_000)
    second = world.open(world.dossier("H21.1-2", line(10_000)), 10_000)
    receive(world, paid(first, 10_000))
    receive(world, None, key="poison", raw={"nonsense": True})
    receive(world, paid(second, 10_000))

    digest.run()

    assert [world.attempt(r).state for r in (first, second)] == [AttemptState.PAID] * 2
    (case,) = world.cases("message_set_aside")
    assert case["evidence"]["why"] == "ValueError"
    assert digest.run() == 0


def test_failures_are_taken_over_too(world, digest):
    """The payer may try again at once."""
    reference = world.open(world.dossier(CODE, line(100_000)))
    receive(world, paid(reference, verdict=PaymentVerdict.FAILED, code="24/02"))
    digest.run()
    assert world.attempt(reference).state is AttemptState.FAILED


def test_several_digests_at_once_share_the_work(pg_store, clock):
    """Any process may be started twice."""
    world = World(pg_store, clock)
    references = [world.open(world.dossier(f"H21.1-{n}", line(10_000)), 10_000) for n in range(60)]
    for reference in references:
        receive(world, paid(reference, 10_000))
        receive(world, paid(reference, 10_000, code="other"))
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(Digest(pg_store, world.payments, batch=5).run()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Digest(pg_store, world.payments).run()
    assert world.balance("receivable") == {"receivable:vnpay:LIENTH01": 600_000}
    assert world.events().count("payment.paid") == 60
