"""Units, accounts and terminals in time: who pays back is found by decision, never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.fees import units
from jobs.fees.model import Unit, UnitAccount
from jobs.payments.model import Terminal

DISTRICT, PROVINCE, LATER = "H21.10", "H21.129", date(2025, 8, 15)
END = date(2025, 6, 30)


@pytest.fixture
def tx(store):
    with store.transaction("test") as opened:
        yield opened


def district(tx, *, successor: str | None = PROVINCE, document: str = "1684/NQ-UBTVQH15") -> None:
    tx.fees.add_unit(Unit(DISTRICT, "Huyện", date(2020, 1, 1), END, successor, document))
    tx.fees.add_account(UnitAccount(DISTRICT, "3511.10", "KBNN", "Huyện", "both", date(2020, 1, 1), END))


def province(tx) -> None:
    tx.fees.add_unit(Unit(PROVINCE, "Trung tâm", date(2025, 7, 1)))
    tx.fees.add_account(UnitAccount(PROVINCE, "1012", "VCB", "Trung tâm", "both", date(2025, 7, 1)))


def test_paid_to_a_district_and_refunded_by_its_successor(tx):
    """Paid 06/2025, refunded 08/2025: the successor's account, by the decision's number."""
    district(tx)
    province(tx)
    assert units.who_pays_back(tx, DISTRICT, date(2025, 6, 15)).account.account == "3511.10"
    found = units.who_pays_back(tx, DISTRICT, LATER)
    assert isinstance(found, units.PaysBack)
    assert (found.unit.code, found.account.account, found.documents) == (
        PROVINCE,
        "1012",
        ("1684/NQ-UBTVQH15",),
    )


@pytest.mark.parametrize(("successor", "document"), [(None, "1684"), (PROVINCE, "")])
def test_without_a_successor_on_record_nobody_pays(tx, successor, document):
    """A break, nothing is sent."""
    district(tx, successor=successor, document=document)
    province(tx)
    assert units.who_pays_back(tx, DISTRICT, LATER) == units.NobodyPays("no-successor", DISTRICT)


def test_a_unit_nobody_knows_and_a_unit_without_an_account_pay_nothing(tx):
    """The reason names which of them it is."""
    assert units.who_pays_back(tx, "H21.99", LATER) == units.NobodyPays("unknown-unit", "H21.99")
    tx.fees.add_unit(Unit("H21.98", "Xã", date(2025, 7, 1)))
    tx.fees.add_account(UnitAccount("H21.98", "9", "VCB", "Xã", "collect", date(2025, 7, 1)))
    assert units.who_pays_back(tx, "H21.98", LATER) == units.NobodyPays("no-account", "H21.98")


def test_decisions_that_go_in_a_circle_end(tx):
    """A mistake in the list must not hang a worker."""
    tx.fees.add_unit(Unit("A", "A", date(2020, 1, 1), END, "B", "1"))
    tx.fees.add_unit(Unit("B", "B", date(2020, 1, 1), END, "A", "2"))
    assert isinstance(units.who_pays_back(tx, "A", LATER), units.NobodyPays)


def test_a_closed_terminal_refunds_by_transfer(tx):
    """The provider would refuse, or pay from an account that is no more."""
    tx.payments.add_terminal(Terminal("vnpay", "T", DISTRICT, "3511.10", "lienthong", date(2020, 1, 1), END))
    day = date(2025, 6, 30)
    assert units.terminal_usable(tx, "vnpay", "T", day)
    assert not units.terminal_usable(tx, "vnpay", "T", LATER)


def test_a_terminal_has_one_address_for_its_notifications(tx):
    """Where it is iGate's, payments are learnt by feed and file; a terminal that nobody wrote down is ours."""
    tx.payments.add_terminal(Terminal("vnpay", "G", PROVINCE, "1012", "igate", date(2025, 7, 1)))
    assert not units.told_by_notification(tx, "vnpay", "G", LATER)
    assert units.told_by_notification(tx, "vnpay", "OURS", LATER)
