"""The checker can fail: each kind of wrong is told, and a right picture is told to be right."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.support import checker
from tests.support.checker import Client, Ours, Theirs

P, R = "PAYMENT000000001", "REFUND0000000001"


def entries(transaction: int, event: str, document: str, **accounts: int) -> list[dict]:
    names = {"receivable": "receivable:vnpay:T", "fee": "fee_payable:u:i", "payable": "refunds_payable:u"}
    return [
        {"transaction": transaction, "event": event, "document": document, "account": names[name], "amount": amount,
         "reference": document}
        for name, amount in accounts.items()
    ]  # fmt: skip


def right() -> tuple[Ours, Theirs]:
    """One payment, fully refunded and seen in the provider's file."""
    attempt = {
        "reference": P,
        "key": "k",
        "state": "PAID",
        "amount": 100,
        "paid_amount": 100,
        "next_look_up_at": None,
    }
    refund = {
        "reference": R, "payment": P, "amount": 100, "state": "SETTLED", "route": "gateway", "requested_by": "a",
        "approved_by": "b", "next_look_up_at": None,
    }  # fmt: skip
    ledger = [
        *entries(1, "paid", P, receivable=100, fee=-100),
        *entries(2, "refund_reserved", R, fee=100, payable=-100),
        *entries(3, "refund_settled_provider", R, payable=100, receivable=-100),
    ]
    effect = {
        "key": "e",
        "system": "vnpay",
        "operation": "refund",
        "state": "done",
        "due_at": None,
        "reason": "",
    }
    ours = Ours(ledger=ledger, attempts=[attempt], refunds=[refund], effects=[effect])
    theirs = Theirs(
        money=[{"provider": "vnpay", "reference": P, "amount": 100, "state": "paid"}],
        refunds=[{"request": R, "reference": P, "amount": 100, "state": "done"}],
        calls=[(R, P, 100)],
        confirmed={P: 1},
    )
    return ours, theirs


def told(ours: Ours, theirs: Theirs) -> list[str]:
    return [
        *checker.always(ours), *checker.sums(ours), *checker.outside(ours, theirs), *checker.settled(ours, theirs),
        *checker.answered(ours, Client({"k": P})),
    ]  # fmt: skip


def test_a_right_picture_is_right():
    """A checker that always complains is switched off on its first evening."""
    assert told(*right()) == []


def _state(state: str) -> Callable[[Ours, Theirs], None]:
    return lambda ours, _: ours.refunds[0].update(state=state)


WRONGS: dict[str, tuple[Callable[[Ours, Theirs], object], str]] = {
    "a leg is missing": (lambda o, t: o.ledger.pop(), "M1"),
    "a leg of another amount": (lambda o, t: o.ledger[0].update(amount=101), "M1"),
    "an amount with a fraction": (lambda o, t: o.ledger[0].update(amount=100.0), "M3"),
    "one person alone": (lambda o, t: o.refunds[0].update(approved_by="a"), "M7"),
    "more refunded than paid": (lambda o, t: o.attempts[0].update(paid_amount=99), "M4"),
    "unknown without a look-up": (lambda o, t: o.attempts[0].update(state="UNKNOWN"), "M12"),
    "paid here, not there": (lambda o, t: t.money.clear(), "M8"),
    "paid with another amount": (lambda o, t: t.money[0].update(amount=90), "M8"),
    "refunded twice outside": (lambda o, t: t.refunds.append(dict(t.refunds[0])), "M5"),
    "sent with other terms": (lambda o, t: t.calls.append((R, P, 90)), "M6"),
    "a refund of nobody": (lambda o, t: t.refunds.append({"request": "X", "reference": P, "amount": 0, "state": "done"}), "M5"),
    "done outside, refused here": (_state("REQUESTED"), "promise 3"),
    "settled here, only accepted there": (lambda o, t: t.refunds[0].update(state="open"), "open outside"),
    "paid there, lost here": (lambda o, t: o.attempts[0].update(state="FAILED"), "lost"),
    "the case system was not told": (lambda o, t: t.confirmed.clear(), "promise 1"),
    "an effect forgotten": (lambda o, t: o.effects[0].update(state="unknown"), "L1"),
    "money that no book knows": (lambda o, t: t.money.append({"provider": "vnpay", "reference": "Y", "amount": 7, "state": "paid"}), "unaccounted"),
    "an answer that is not there": (lambda o, t: o.attempts[0].update(key="other"), "client"),
    "payable without a refund": (lambda o, t: o.ledger.extend(entries(9, "x", "x", payable=-5, receivable=5)), "refunds payable"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONGS)
def test_each_wrong_is_told(name: str):
    """What the checker cannot see, no proof has shown."""
    ours, theirs = copy.deepcopy(right())
    change, word = WRONGS[name]
    change(ours, theirs)

    assert any(word in sentence for sentence in told(ours, theirs)), told(ours, theirs)


@pytest.mark.parametrize(("before", "after", "good"), [("SENT", "PAID", True), ("PAID", "FAILED", False)])
def test_a_step_back_is_told(before: str, after: str, good: bool):
    """PAID is final (M11)."""
    assert (checker.moves({P: before}, {P: after}, checker.PAYMENT_REACH) == []) is good


def test_a_settled_refund_only_comes_back_from_the_bank():
    """SETTLED may only become RETURNED_BY_BANK (M11)."""
    assert checker.REFUND_REACH["SETTLED"] == {"SETTLED", "RETURNED_BY_BANK"}
