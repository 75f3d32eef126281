"""A refund from its cause to the bank statement, on both stores, through the engine."""

from __future__ import annotations

import pytest

from connectors.kit.effects import Done, Refused
from jobs.errors import Duplicate, IllegalTransition, NotAllowed, NotFound
from mappings.canonical.payment import RefundVerdict
from tests.support.money import CODE, TERMINAL, line, paid
from tests.support.refunds import HOA, LAN, MINH, SON, accepted, away, lost, refused, told

R, F, P = f"receivable:vnpay:{TERMINAL}", "fee_payable:H21.129:2716", "refunds_payable:H21.129"


def test_a_refused_dossier_is_paid_back_and_the_books_are_level(world):
    """The whole way: cause, two people, effect, file; every đồng stands where it belongs at each step."""
    payment = world.payment()
    world.close()
    refund = world.only(payment)
    assert (refund.state, refund.cause, refund.amount, refund.opened_by) == (
        "REQUESTED",
        "refused",
        100_000,
        "rule:policy",
    )
    assert refund.legal_basis.startswith("†")

    world.both(refund.reference)
    assert world.state(refund.reference) == "RESERVED"
    assert world.balance("refunds_payable") == {P: -100_000}
    assert world.balance("fee_payable") == {}

    world.step()
    after = world.refund(refund.reference)
    assert (after.state, after.provider_reference) == ("ACCEPTED", f"G{refund.reference[-6:]}")
    assert world.balance("receivable") == {R: 100_000}, "accepted is not settled"

    world.news(refund.reference, "settled", amount=100_000)
    assert world.state(refund.reference) == "SETTLED"
    assert world.balance("refunds_payable") == world.balance("receivable") == {}
    assert world.kinds() == {
        "refund.requested": 1, "refund.signed": 1, "refund.approved": 1, "refund.reserved": 1, "refund.sending": 1,
        "refund.accepted": 1, "refund.settled": 1,
    }  # fmt: skip


def test_the_same_cause_twice_is_one_refund(world):
    """The feed sees the same dossier again and again."""
    payment = world.payment()
    world.close()
    world.close()
    assert len(world.of(payment)) == 1


def test_a_proposal_that_was_believed_before_is_refused(world):
    """Who asks says what he believes is left; another number means that he has not seen something."""
    payment = world.payment()
    with pytest.raises(NotAllowed, match="changed"):
        world.propose(payment, 10_000, remaining=90_000)
    assert world.of(payment) == []


def test_a_double_click_is_one_refund_and_other_content_is_refused(world):
    """The key names the intent."""
    payment = world.payment()
    first = world.propose(payment, 10_000, remaining=100_000, key="click")
    assert world.propose(payment, 10_000, remaining=100_000, key="click") == first
    with pytest.raises(Duplicate):
        world.propose(payment, 20_000, remaining=100_000, key="click")
    assert len(world.of(payment)) == 1


def test_nothing_is_proposed_of_what_nobody_paid(world):
    """An unpaid attempt has nothing to give back."""
    world.dossier(CODE, line(100_000))
    unpaid = world.open()
    with pytest.raises(NotAllowed, match="not-paid"):
        world.propose(unpaid, 1_000, remaining=0)
    with pytest.raises(NotFound):
        world.refunds.propose(payment_reference="NONE", amount=1, expected_remaining=1, cause="other", reason="r",
                              key="k", actor=LAN)  # fmt: skip


def test_more_than_is_left_cannot_be_asked_for(world):
    """In-flight refunds count as paid out."""
    payment = world.payment()
    world.propose(payment, 60_000)
    with pytest.raises(NotAllowed, match="above-remaining"):
        world.propose(payment, 60_000)


def test_one_person_alone_moves_no_money(world):
    """Nobody signs twice, and a rule is no person."""
    payment = world.payment()
    own = world.propose(payment, 10_000)
    with pytest.raises(NotAllowed, match="same-person"):
        world.approve(own, LAN)
    world.close()
    opened = world.of(payment)[1].reference
    with pytest.raises(NotAllowed, match="no-right"):
        world.approve(opened, MINH)  # nobody has asked for it yet
    world.approve(opened, LAN)
    assert world.state(opened) == "REQUESTED"
    with pytest.raises(NotAllowed, match="same-person"):
        world.approve(opened, LAN)
    world.approve(opened, MINH)
    assert world.state(opened) == "RESERVED"
    assert world.refund(opened).requested_by == str(LAN)
    with pytest.raises(NotAllowed, match="no-right"):
        world.approve(own, SON)


def test_pressing_approve_twice_is_once(world):
    """The second press finds the first one's work."""
    reference = world.reserved(world.payment(), 10_000)
    world.approve(reference, MINH)
    with pytest.raises(IllegalTransition):
        world.approve(reference, HOA)
    assert world.payable() == 10_000


def test_another_amount_than_the_shown_one_is_not_approved(world):
    """What was on the page is what is approved."""
    reference = world.propose(world.payment(), 10_000)
    with pytest.raises(NotAllowed, match="changed"):
        world.approve(reference, MINH, amount=9_999)


def test_the_payee_does_not_sign(world):
    """Neither of the two is who gets the money, however the name is written."""
    world.dossier(CODE, line(100_000), applicant_name="LE VAN MINH")
    payment = world.open()
    world.tell(paid(payment))
    reference = world.propose(payment, 10_000)
    with pytest.raises(NotAllowed, match="payee"):
        world.approve(reference, MINH)
    world.approve(reference, HOA)
    assert world.state(reference) == "RESERVED"


def test_a_declined_refund_holds_nothing_any_more(world):
    """And its owner may take it back himself."""
    payment = world.payment()
    declined, withdrawn = world.propose(payment, 10_000), world.propose(payment, 20_000)
    world.refunds.decline(declined, reason="không đủ căn cứ", actor=MINH)
    world.refunds.withdraw(withdrawn, reason="nhầm", actor=LAN)
    assert (world.state(declined), world.state(withdrawn)) == ("DECLINED", "WITHDRAWN")
    assert world.remaining(payment) == 100_000
    with pytest.raises(IllegalTransition):
        world.approve(declined, MINH)
    with pytest.raises(NotAllowed, match="no-right"):
        world.refunds.decline(world.propose(payment, 5_000), reason="x", actor=SON)


def test_a_lost_answer_is_unknown_and_found_by_asking(world):
    """Silence is not a refusal; nothing is sent again, and the payment is closed for every other refund."""
    payment = world.payment()
    reference = world.reserved(payment, 60_000)
    other = world.propose(payment, 10_000)
    world.far.answers = [lost()]
    world.step()
    assert world.state(reference) == "UNKNOWN"
    assert world.refund(reference).next_look_up_at is not None
    with pytest.raises(NotAllowed, match="unknown-blocks"):
        world.approve(other, MINH)
    with pytest.raises(NotAllowed, match="unknown-blocks"):
        world.propose(payment, 1_000)

    world.later(minutes=3)
    world.step()  # 'not found' is no proof
    assert world.state(reference) == "UNKNOWN"
    world.far.findings = [told(reference, RefundVerdict.SENT_TO_BANK, "query", provider_reference="G77")]
    world.later(minutes=30)
    world.step()
    assert world.state(reference) == "SENT_TO_BANK"
    assert world.refund(reference).provider_reference == "G77", (
        "the first news fills in the provider's number"
    )
    assert len(world.far.calls) == 1
    world.approve(other, MINH)
    assert world.refund(other).waiting_for == "other_refund"


def test_what_never_left_is_not_sent_and_goes_again_with_the_same_key(world):
    """Refused connections prove it; the key never changes."""
    reference = world.reserved(world.payment(), 60_000)
    world.far.answers = [away()]
    world.step()
    assert world.state(reference) == "NOT_SENT"
    assert world.payable() == 60_000
    world.later(seconds=10)
    world.step()
    assert world.state(reference) == "ACCEPTED"
    assert {call.payload["refund_reference"] for call in world.far.calls} == {reference}
    assert {call.key for call in world.far.calls} == {f"refund:{reference}"}


def test_a_refusal_releases_the_money_and_calls_a_person(world):
    """The reason is kept; another try is another refund with another reference."""
    payment = world.payment()
    reference = world.reserved(payment, 60_000)
    world.far.answers = [refused("95")]
    world.step()
    refund = world.refund(reference)
    assert (refund.state, refund.code) == ("REJECTED", "95")
    assert world.payable() == 0
    assert world.remaining(payment) == 100_000
    assert [case["evidence"]["code"] for case in world.cases("refund_rejected")] == ["95"]


def test_an_accepted_refund_can_still_be_refused(world):
    """00 is followed by 05, 06, and sometimes 09."""
    reference = world.accepted(world.payment(), 60_000)
    world.far.findings = [Done({"news": {"reference": reference, "verdict": "rejected", "source": "query", "amount": None,
                                         "code": "09", "message": "", "provider_reference": None,
                                         "return_reason": None}}, "09")]  # fmt: skip
    world.later(minutes=2)
    world.step()
    assert world.state(reference) == "REJECTED"
    assert world.payable() == 0


def test_asking_goes_on_until_the_money_was_seen(world):
    """One 'pending' must not switch the asking off; past the cut-off a person has it too."""
    reference = world.accepted(world.payment(), 60_000)
    for minutes in (2, 7, 20, 70, 300, 800, 800, 800, 800, 800, 1500, 1500):
        world.later(minutes=minutes)
        world.step()
    refund = world.refund(reference)
    assert refund.state == "ACCEPTED"
    assert len(world.far.asked) >= 10
    assert refund.overdue
    assert refund.next_look_up_at > world.clock.now()
    assert len(world.cases("refund_unknown")) == 1
    world.news(reference, "settled", amount=60_000)
    assert world.cases("refund_unknown") == []
    asked = len(world.far.asked)
    world.later(days=3)
    world.step()
    assert len(world.far.asked) == asked, "nobody asks about what was seen"


def test_an_answer_never_settles(world):
    """'The gateway said success' is not 'the money was seen'."""
    reference = world.reserved(world.payment(), 60_000)
    world.far.answers = [told(reference, RefundVerdict.SETTLED)]
    world.step()
    assert world.state(reference) == "SENT_TO_BANK"


def test_the_file_may_come_before_the_answer(world):
    """Webhook and file overtake; they go by our reference."""
    reference = world.reserved(world.payment(), 60_000)
    world.far.answers = [lost()]
    world.step()
    world.news(reference, "settled", amount=60_000, provider_reference="F1")
    assert world.state(reference) == "SETTLED"
    assert str(world.effect(f"refund:{reference}").state) == "done"
    world.later(hours=2)
    world.step()
    assert world.far.asked == []


def test_news_again_and_late_changes_nothing(world):
    """Order and repetition do not matter."""
    reference = world.accepted(world.payment(), 60_000)
    for verdict in ("sent_to_bank", "settled", "settled", "accepted", "sent_to_bank", "pending", "unknown"):
        world.news(reference, verdict, amount=60_000)
    assert world.state(reference) == "SETTLED"
    assert world.kinds()["refund.settled"] == 1


def test_contrary_news_is_an_alarm_and_no_step_back(world):
    """SETTLED may only become RETURNED_BY_BANK; a refund that was refused and is in a file is a person's."""
    payment = world.payment()
    reference = world.accepted(payment, 60_000)
    world.news(reference, "settled", amount=60_000)
    world.news(reference, "rejected")
    assert world.state(reference) == "SETTLED"
    assert len(world.cases("refund_contrary")) == 1

    other = world.reserved(payment, 10_000)
    world.far.answers = [refused()]
    world.step()
    world.news(other, "settled", amount=10_000)
    assert world.state(other) == "REJECTED"
    assert len(world.cases("refund_contrary")) == 2


def test_news_of_another_amount_or_of_nobody_is_a_case(world):
    """It agrees only in part: a person looks."""
    reference = world.accepted(world.payment(), 60_000)
    world.news(reference, "settled", amount=59_999)
    world.news("0000000000000000", "settled", amount=5)
    assert world.state(reference) == "ACCEPTED"
    assert len(world.cases("refund_mismatch")) == len(world.cases("refund_unplaced")) == 1


def test_an_approver_who_loses_the_right_before_sending_stops_it(world):
    """Both have the right at the moment of sending."""
    reference = world.reserved(world.payment(), 60_000)
    del world.people.people["minh"]
    world.step()
    assert world.far.calls == []
    assert (world.state(reference), world.refund(reference).waiting_for) == ("RESERVED", "person")
    assert str(world.effect(f"refund:{reference}").state) == "parked"
    assert len(world.cases("refund_not_sent")) == 1
    world.refunds.withhold(reference, reason="người duyệt đã thôi việc", actor=HOA)
    assert world.state(reference) == "RELEASED"
    assert world.payable() == 0


def test_a_refund_is_withheld_before_it_left_and_not_after(world):
    """What may be on its way is never taken back."""
    payment = world.payment()
    reference = world.reserved(payment, 60_000)
    world.refunds.withhold(reference, reason="dừng", actor=MINH)
    assert world.state(reference) == "RELEASED"
    world.step()
    assert world.far.calls == []
    gone = world.accepted(payment, 60_000)
    with pytest.raises(IllegalTransition):
        world.refunds.withhold(gone, reason="dừng", actor=MINH)


def test_a_refusal_that_a_look_up_finds_ends_it(world):
    """The engine's own asking tells the refund as well."""
    reference = world.reserved(world.payment(), 60_000)
    world.far.answers = [lost()]
    world.step()
    world.far.findings = [Refused("09", "refused")]
    world.later(minutes=3)
    world.step()
    assert world.state(reference) == "REJECTED"
    assert accepted(reference).final is False
