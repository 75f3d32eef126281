"""The thirteen rules of refund practice and M4–M7, M11–M13: each refused by the rules, and by the store itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jobs.access.model import Actor, ActorKind
from jobs.errors import NotAllowed
from jobs.refunds.model import Mandate, Signature
from jobs.refunds.policy import Step
from jobs.refunds.rules import EDGES
from mappings.canonical.payment import RefundState as S
from tests.support.refunds import LAN, MINH, Far, RefundWorld, lost


def forced(world: RefundWorld, reference: str, **changes) -> None:
    """Write past the rules, as a bug would."""
    with world.store.transaction("bug") as tx:
        refund = tx.refunds.by_reference([reference])[reference]
        tx.refunds.save([replace(refund, **changes)])


def test_1_the_store_refuses_more_than_was_paid(world):
    """M4, even when every rule above it forgot to look."""
    payment = world.payment()
    reference = world.propose(payment, 60_000)
    with pytest.raises(NotAllowed, match="refund_within_paid"), world.store.transaction("bug") as tx:
        first = tx.refunds.by_reference([reference])[reference]
        tx.refunds.add(replace(first, reference="000000000000ZZZZ", key="other"), ())
    with pytest.raises(NotAllowed, match="refund_within_paid"):
        forced(world, reference, amount=100_001)


def test_1_a_refund_that_failed_gives_its_money_free(world):
    """Declined, withdrawn, released, rejected and returned ones do not count; all others do."""
    payment = world.payment()
    first = world.propose(payment, 100_000)
    assert world.remaining(payment) == 0
    world.refunds.decline(first, reason="x", actor=MINH)
    world.accepted(payment, 100_000)
    assert world.remaining(payment) == 0


def test_3_and_m5_one_refund_has_one_key_for_ever(world):
    """The key is committed before the first byte, and every repeat carries it."""
    reference = world.reserved(world.payment(), 10_000)
    world.step()
    keys = {(call.key, call.payload["refund_reference"], call.payload["amount"]) for call in world.far.calls}
    assert keys == {(f"refund:{reference}", reference, 10_000)}


def test_5_time_never_makes_unknown_a_refusal(world):
    """A refund that was failed by its age was paid twice elsewhere."""
    reference = world.reserved(world.payment(), 10_000)
    world.far.answers = [lost()]
    world.step()
    for _ in range(60):
        world.later(days=1)
        world.step()
        world.refunds.due_look_ups()
        assert world.state(reference) == "UNKNOWN"
        assert world.refund(reference).next_look_up_at is not None
    assert len(world.far.calls) == 1
    assert len(world.cases("refund_unknown")) == 1
    assert len(world.far.asked) > 20, "asking goes on daily"
    assert world.payable() == 10_000


def test_6_an_unknown_one_closes_its_payment_in_the_store_too(world):
    """Whatever the rules above forget."""
    payment = world.payment()
    waiting = world.propose(payment, 10_000)
    unknown = world.reserved(payment, 20_000)
    world.far.answers = [lost()]
    world.step()
    assert world.state(unknown) == "UNKNOWN"
    with world.store.transaction("bug") as tx:
        refund = tx.refunds.by_reference([waiting])[waiting]
        tx.refunds.sign(refund, Signature(Step.APPROVE, str(MINH), tx.now, refund.terms()))
        now, terms = tx.now, refund.terms()
    approved = {"state": S.APPROVED, "approved_by": str(MINH), "approved_at": now, "terms_hash": terms}
    forced(world, waiting, **approved)
    with pytest.raises(NotAllowed, match="refund_unknown_blocks"):
        forced(world, waiting, state=S.RESERVED)


def test_m6_the_terms_stand_after_the_approval(world):
    """Another value needs another approval."""
    reference = world.reserved(world.payment(), 10_000)
    for change in ({"amount": 20_000}, {"payee_account": "666"}, {"payee_name": "X"}, {"route": "transfer"},
                   {"terms_hash": "0" * 64}, {"approved_by": "person:hoa"}):  # fmt: skip
        with pytest.raises(NotAllowed, match="refund_frozen"):
            forced(world, reference, **change)


def test_m6_an_effect_with_other_terms_is_not_sent(world):
    """What is claimed is what was approved."""
    reference = world.reserved(world.payment(), 10_000)
    with world.store.transaction("bug") as tx:
        if hasattr(tx, "execute"):
            tx.execute(
                "update effect set payload = jsonb_set(payload, '{amount}', '99999') where system = 'vnpay'"
            )
        else:
            row = tx.effects.table.by("key", f"refund:{reference}")[0]
            tx.effects.table.update(
                row.id, replace(row, payload=row.payload.replace('"amount":10000', '"amount":99999'))
            )
    world.step()
    assert world.far.calls == []
    assert world.refund(reference).waiting_for == "person"


@pytest.mark.parametrize(
    "approval",
    [{"approved_by": "person:lan"}, {"approved_by": "rule:policy"}, {"approved_by": None}, {"terms_hash": None},
     {"approved_by": "person:minh"}],
)  # fmt: skip
def test_m7_no_refund_is_approved_by_one_person_alone(world, approval):
    """The store asks for signatures of two different people; a name in a column is none."""
    reference = world.propose(world.payment(), 10_000)
    terms = world.refund(reference).terms()
    full = {"approved_by": "person:minh", "approved_at": world.clock.now(), "terms_hash": terms, **approval}
    with pytest.raises(NotAllowed, match=r"refund_two_people|refund_frozen"):
        forced(world, reference, state=S.APPROVED, **full)


def test_m7_nobody_signs_twice(world):
    """Not as a deputy either."""
    reference = world.propose(world.payment(), 10_000)
    with pytest.raises(NotAllowed, match="refund_signature"), world.store.transaction("bug") as tx:
        refund = tx.refunds.by_reference([reference])[reference]
        tx.refunds.sign(refund, Signature(Step.APPROVE, str(LAN), tx.now, refund.terms()))


def test_a_key_proposes_and_two_people_sign(world):
    """A calling system is no person: it cannot be one of the two."""
    payment = world.payment()
    reference = world.propose(payment, 10_000, actor=Actor(ActorKind.KEY, "portal"))
    with pytest.raises(NotAllowed, match="not-a-person"):
        world.approve(reference, Actor(ActorKind.KEY, "portal"))
    with pytest.raises(NotAllowed, match="no-right"):
        world.approve(reference, MINH)
    world.both(reference)
    assert (world.refund(reference).opened_by, world.refund(reference).requested_by) == (
        "key:portal",
        "person:lan",
    )


def test_m11_the_store_knows_the_published_edges_and_no_others(world):
    """Every pair that the table lacks is refused."""
    reference = world.reserved(world.payment(), 10_000)
    known = {edge.after for edge in EDGES if edge.before is S.RESERVED}
    now = world.clock.now()
    for after in set(S) - known - {S.RESERVED}:
        with pytest.raises(NotAllowed, match=r"refund_edge|refund_two_people"):
            forced(world, reference, state=after, settled_at=now, sent_at=now, next_look_up_at=now)
    assert world.state(reference) == "RESERVED"


def test_m12_unknown_without_a_next_look_is_refused(world):
    """Nothing about money rests without the time at which it is asked for."""
    reference = world.reserved(world.payment(), 10_000)
    world.far.answers = [lost()]
    world.step()
    with pytest.raises(NotAllowed, match="refund_asked"):
        forced(world, reference, next_look_up_at=None)


def test_no_refund_is_sending_without_its_effect_being_sent(world):
    """Nothing is shown as sent that was not: looked at before the commit."""
    reference = world.reserved(world.payment(), 10_000)
    with pytest.raises(Exception, match=r"refund_effect|its effect is not being sent"):
        forced(world, reference, state=S.SENDING, sent_at=world.clock.now())
    assert world.state(reference) == "RESERVED"


def test_8_one_open_refund_per_payment_where_the_provider_cannot_tell_two_apart(world):
    """The store has one place per payment; the second one waits without an effect."""
    payment = world.payment()
    first, second = world.reserved(payment, 10_000), world.reserved(payment, 20_000)
    assert (world.refund(first).effect_key, world.refund(second).effect_key) == (f"refund:{first}", None)
    with pytest.raises(Exception, match=r"refund_one_open|one_open"):
        forced(world, second, effect_key=f"refund:{second}")


def test_10_every_step_has_its_line_in_the_time_line(world):
    """Who, when, why; nothing moves in silence."""
    reference = world.accepted(world.payment(), 10_000)
    world.news(reference, "sent_to_bank")
    world.news(reference, "settled", amount=10_000)
    assert set(world.kinds()) == {
        "refund.requested", "refund.approved", "refund.reserved", "refund.sending", "refund.accepted",
        "refund.sent_to_bank", "refund.settled",
    }  # fmt: skip


def test_m13_after_a_restore_everything_is_looked_up_before_it_is_sent(world):
    """An older backup says RESERVED of what went out yesterday."""
    payment = world.payment()
    reference = world.reserved(payment, 10_000)
    assert world.refunds.after_restore() == 1
    assert world.state(reference) == "UNKNOWN"
    world.step()
    world.later(hours=1)
    world.step()
    assert world.far.calls == []
    assert world.far.asked
    world.news(reference, "settled", amount=10_000)
    assert world.state(reference) == "SETTLED"
    assert world.balance("refunds_payable") == {}


def test_a_mandate_covers_nothing_until_its_limits_are_set_and_two_have_signed(world):
    """'Automatic' exists only as a recorded paper."""

    def granted(number: str, **facts) -> None:
        plain = Mandate(
            number, ("refused",), 0, 0, date(2026, 1, 1), date(2026, 12, 31), "person:minh", "person:hoa"
        )
        with world.store.transaction("test") as tx:
            tx.refunds.put_mandate(replace(plain, **facts))

    granted("01/UQ")
    granted("02/UQ", limit_per_refund=50_000, limit_per_day=50_000)
    granted("03/UQ", limit_per_refund=200_000, limit_per_day=200_000, signed_second=None)
    payment = world.payment()
    world.close()
    assert world.only(payment).state == "REQUESTED"

    granted("04/UQ", limit_per_refund=100_000, limit_per_day=150_000)
    codes = [f"H21.129-261123-{n:04d}" for n in (2, 3)]
    states = []
    for code in codes:
        other = world.payment(100_000, code)
        world.close(code)
        states.append(str(world.only(other).state))
    assert states == ["RESERVED", "REQUESTED"], "the day's limit is one and a half"
    world.step()
    assert len(world.far.calls) == 1
    with pytest.raises(Exception, match="mandate_two_people"):
        granted("05/UQ", signed_second="person:minh")


def test_a_revoked_mandate_sends_nothing(world):
    """Its signers hold the right at the moment of sending, or nothing goes."""
    with world.store.transaction("test") as tx:
        paper = Mandate("01/UQ", ("refused",), 200_000, 200_000, date(2026, 1, 1), date(2026, 12, 31), "person:minh",
                        "person:hoa")  # fmt: skip
        tx.refunds.put_mandate(paper)
    payment = world.payment()
    world.close()
    assert world.only(payment).approved_by == "mandate:01/UQ"
    with world.store.transaction("test") as tx:
        tx.refunds.put_mandate(replace(paper, revoked_at=tx.now))
    world.step()
    assert world.far == Far()
    assert world.only(payment).waiting_for == "person"
