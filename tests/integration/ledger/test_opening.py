"""Going live in the middle of a year: what was there before comes in with its papers, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from jobs.errors import BadInput, Duplicate
from jobs.ledger.opening import Opening, OpeningBalance, OpeningPayment, OpeningRefund, import_opening
from mappings.canonical.payment import AttemptState, PaymentVerdict
from tests.support.money import TERMINAL, World, paid

BEFORE = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
OPEN = OpeningPayment(
    "OLD-1", "vnpay", TERMINAL, 70_000, AttemptState.UNKNOWN, BEFORE, "SK-1", request_time="20260630100000"
)
PAID = replace(OPEN, reference="OLD-2", state=AttemptState.PAID, paid_at=BEFORE, request_time=None)
OPENING = Opening(
    date(2026, 7, 1),
    (
        OpeningBalance(f"receivable:vnpay:{TERMINAL}", 70_000, "BB-01"),
        OpeningBalance("bank:1012", 1_000_000, "SK-1012"),
        OpeningBalance("fee_payable:H21.129:2716", -1_050_000, "BK-07"),
        OpeningBalance("refunds_payable:H21.129", -20_000, "QĐ-12"),
    ),
    (OPEN, PAID),
    (OpeningRefund("QĐ-12/1", "OLD-2", 20_000, "QĐ-12"),),
)


@pytest.fixture
def world(store, clock) -> World:
    return World(store, clock)


def take(world, opening: Opening = OPENING) -> int:
    with world.store.transaction("opening") as tx:
        return import_opening(tx, opening, actor="person:ketoan")


def test_an_opening_is_taken_whole_and_once(world):
    """Balances, open payments and open refunds, each with its document."""
    assert take(world) == 7
    assert take(world) == 0
    assert world.balance("bank") == {"bank:1012": 1_000_000}
    assert world.balance("opening") == {}
    assert [case["amount"] for case in world.cases("opening_refund")] == [20_000]
    assert world.attempt("OLD-2").paid_amount == 70_000


def test_what_the_list_does_not_explain_stands_visibly_on_its_own_account(world):
    """A list that does not add up is booked as it is, and its difference has a name."""
    take(world, replace(OPENING, balances=OPENING.balances[:2]))
    assert world.balance("opening") == {"opening:2026-07-01": -1_070_000}


def test_the_same_day_with_other_balances_is_refused(world):
    """A correction is a counter-entry, not a second import."""
    take(world)
    other = (*OPENING.balances[:3], OpeningBalance("refunds_payable:H21.129", -30_000, "QĐ-12"))
    with pytest.raises(Duplicate):
        take(world, replace(OPENING, balances=other))


@pytest.mark.parametrize(
    "balance",
    [OpeningBalance("bank:1", 5, " "), OpeningBalance("house:1", 5, "d"), OpeningBalance("bank:1", 0, "d"),
     OpeningBalance("bank:1", 5.0, "d")],
)  # fmt: skip
def test_what_has_no_paper_no_account_or_no_amount_is_refused(world, balance):
    """Whole or not at all."""
    with pytest.raises(BadInput):
        take(world, replace(OPENING, balances=(*OPENING.balances, balance)))
    assert world.balance("bank") == {}
    assert world.attempt("OLD-1") is None


def test_an_open_payment_of_before_goes_on_here(world):
    """It is asked about, and its money comes like any other's; nobody knows for what, so a person finds its place."""
    take(world)
    assert world.payments.plan_due_look_ups() == 1
    assert "attempt:OLD-1:query:1" in world.effects()
    world.tell(paid("OLD-1", 70_000, source="query"))
    assert world.attempt("OLD-1").state is AttemptState.PAID
    assert world.balance("suspense") == {f"suspense:vnpay:{TERMINAL}": -70_000}
    assert [case["amount"] for case in world.cases("payment_unplaced")] == [70_000]
    assert world.owed.opened == {}
    world.tell(paid("OLD-2", 70_000, verdict=PaymentVerdict.FAILED))
    assert world.attempt("OLD-2").state is AttemptState.PAID
