"""The posting table is the accountant's: each event by name, with the sides that the papers state."""

from __future__ import annotations

import re
from datetime import date

import pytest

from jobs.errors import LedgerImbalance
from jobs.ledger.accounts import KINDS, account
from jobs.ledger.budget_year import borne_by
from jobs.ledger.posting import Posting, Share, check_account, transaction_of
from jobs.ledger.table import BY_EVENT, RULES

TODAY = date(2026, 11, 23)
NAMES = {"provider": "vnpay", "terminal": "LIENTH01", "unit": "H21.129", "account": "1012", "channel": "cash",
         "source": "bank", "detail": "1012", "as_of": "2026-07-01", "item": "2716", "year": "2026"}  # fmt: skip
R, B, F, P = "receivable:vnpay:LIENTH01", "bank:1012", "fee_payable:H21.129:2716", "refunds_payable:H21.129"
S, X, FEE = "suspense:bank:1012", "surplus:vnpay:LIENTH01", "provider_fee:vnpay:LIENTH01"
LINES = (Share(70_000, unit="H21.129", item="2716", year="2026"),)

# event, amounts given besides lines, debits, credited: written from the papers, not from the table.
EXPECTED = [
    ("paid", {"surplus": 5_000}, {R: 75_000}, {F: 70_000, X: 5_000}),
    ("paid_direct", {}, {"in_transit:1012": 70_000}, {F: 70_000}),
    ("direct_credited", {"amount": 9}, {B: 9}, {"in_transit:1012": 9}),
    ("direct_credited_doubtful", {"amount": 9}, {B: 9}, {R: 9}),
    ("paid_other", {}, {"collected:cash:H21.129": 70_000}, {F: 70_000}),
    ("session_paid", {"bank": 98, "fee": 2}, {B: 98, FEE: 2}, {R: 100}),
    ("session_carried", {"carried": 150_000, "fee": 2}, {R: 150_000, FEE: 2}, {"carried:vnpay:LIENTH01": 150_000, R: 2}),
    ("carry_settled", {"amount": 150_000}, {"carried:vnpay:LIENTH01": 150_000}, {R: 150_000}),
    ("provider_fee", {"amount": 11}, {FEE: 11}, {B: 11}),
    ("refund_reserved", {"surplus": 1}, {F: 70_000, X: 1}, {P: 70_001}),
    ("refund_settled_provider", {"amount": 9}, {P: 9}, {R: 9}),
    ("refund_netted", {"amount": 9}, {P: 9}, {R: 9}),
    ("refund_settled_transfer", {"amount": 9}, {P: 9}, {B: 9}),
    ("refund_settled_treasury", {}, {P: 70_000}, {"remitted:H21.129:2716:2026": 70_000}),
    ("refund_settled_treasury_later", {}, {P: 70_000}, {"budget_repayment:H21.129:2716:2026": 70_000}),
    ("refund_released", {}, {P: 70_000}, {F: 70_000}),
    ("refund_returned", {"amount": 9}, {B: 9}, {P: 9}),
    ("unexplained", {"amount": 9}, {B: 9}, {S: 9}),
    ("unplaced", {"amount": 9}, {R: 9}, {S: 9}),
    ("suspect", {"amount": 9}, {R: 9}, {S: 9}),
    ("suspense_placed", {}, {S: 70_000}, {F: 70_000}),
    ("suspense_withdrawn", {"amount": 9}, {S: 9}, {R: 9}),
    ("suspense_returned", {"amount": 9}, {S: 9}, {B: 9}),
    ("reversed", {"amount": 9}, {"reversal_claim:vnpay:LIENTH01": 9}, {X: 9}),
    ("reversal_received", {"amount": 9}, {B: 9}, {"reversal_claim:vnpay:LIENTH01": 9}),
    ("reversal_returned", {"amount": 9}, {X: 9}, {"reversal_claim:vnpay:LIENTH01": 9}),
    ("refund_settled_by_reversal", {"amount": 9}, {P: 9}, {"reversal_claim:vnpay:LIENTH01": 9}),
    ("clawback", {"amount": 9}, {"clawback:vnpay:LIENTH01": 9}, {R: 9}),
    ("clawback_borne", {}, {F: 70_000}, {"clawback:vnpay:LIENTH01": 70_000}),
    ("remittance", {}, {"remitted:H21.129:2716:2026": 70_000}, {B: 70_000}),
    ("unit_transfer", {}, {"handed_over:H21.129:2716": 70_000}, {B: 70_000}),
    ("unit_return", {}, {B: 70_000}, {"handed_over:H21.129:2716": 70_000}),
    ("treasury_return", {}, {B: 70_000}, {"remitted:H21.129:2716:2026": 70_000}),
    ("treasury_return_later", {}, {B: 70_000}, {"budget_repayment:H21.129:2716:2026": 70_000}),
]  # fmt: skip


def entries(posting: Posting) -> tuple[dict[str, int], dict[str, int]]:
    made = transaction_of(posting, TODAY).entries
    return (
        {e.account: e.amount for e in made if e.amount > 0},
        {e.account: -e.amount for e in made if e.amount < 0},
    )


@pytest.mark.parametrize(
    ("event", "amounts", "debits", "credited"), EXPECTED, ids=[row[0] for row in EXPECTED]
)
def test_each_event_stands_on_the_sides_that_the_papers_state(event, amounts, debits, credited):
    """A posting table that is only what the code does proves nothing."""
    legs = (*BY_EVENT[event].debit, *BY_EVENT[event].credit)
    lines = LINES if any(leg.amount == "lines" for leg in legs) else ()

    made_debits, made_credited = entries(Posting(event, "d", amounts, NAMES, lines))

    assert made_debits == debits
    assert made_credited == credited


def test_every_event_of_the_table_is_tested_and_says_who_names_it_and_when():
    """A new event without its sides written down by hand is not the accountant's."""
    assert {row[0] for row in EXPECTED} | {"opening"} == set(BY_EVENT)
    for rule in RULES:
        assert rule.document
        assert all(rule.dates)
        assert rule.vi
        assert rule.en


def test_every_account_of_the_table_is_a_kind_with_its_details():
    """A misspelt account collects money that no report finds."""
    for rule in RULES:
        for leg in (*rule.debit, *rule.credit):
            kind, *details = re.split(":", leg.account)
            if leg.account != "{account}":
                assert tuple(d.strip("{}") for d in details) == KINDS[kind].details, (rule.event, leg)


def test_opening_balances_may_stand_on_any_account_and_either_side():
    """Going live in the middle of a year: what was there before has to balance as well."""
    lines = (Share(100, account=B), Share(-60, account=F), Share(-30, account=P))

    debits, credited = entries(Posting("opening", "2026-07-01", {}, NAMES, lines))

    assert debits == {B: 100}
    assert credited == {F: 60, P: 30, "opening:2026-07-01": 10}


def test_money_that_left_for_an_unknown_reason_stands_on_the_other_side():
    """A bank line may take money away as well as bring it."""
    assert entries(Posting("unexplained", "bank:1", {"amount": -5}, NAMES)) == ({S: 5}, {B: 5})


@pytest.mark.parametrize(
    "amounts",
    [{"amount": -5}, {"amount": 5.0}, {"amount": True}, {"amont": 5}, {"amount": 0}, {"amount": 10**16}],
)
def test_what_is_no_amount_is_not_booked(amounts):
    """Whole đồng, at least one, below the stated limit, under a name that the table knows."""
    with pytest.raises(LedgerImbalance):
        transaction_of(Posting("direct_credited", "d", amounts, NAMES), TODAY)


def test_lines_that_do_not_make_the_amount_are_refused():
    """A payment split into parts that are not the payment would invent or lose money."""
    with pytest.raises(LedgerImbalance):
        transaction_of(Posting("paid", "d", {"amount": 80_000}, NAMES, LINES), TODAY)


def test_an_unknown_event_is_refused():
    """What the table does not have, the ledger does not take."""
    with pytest.raises(LedgerImbalance):
        transaction_of(Posting("gift", "d", {"amount": 1}, NAMES), TODAY)


def test_many_lines_of_one_item_are_one_entry():
    """The ledger keeps money by unit and budget item, not by the shape of a form."""
    made = transaction_of(Posting("paid", "d", {}, NAMES, LINES * 3), TODAY)
    assert [(e.account, e.amount) for e in made.entries] == [(R, 210_000), (F, -210_000)]


def test_a_detail_that_nobody_told_is_named_as_such():
    """An account that ends in a colon would swallow the next one's money."""
    assert account("fee_payable", "", "2716") == "fee_payable:-:2716"
    assert account("bank", "10:12") == "bank:10.12"
    for wrong in ("bank", "bank:", "bank:1:2", "house:1"):
        with pytest.raises(ValueError, match="no account"):
            check_account(wrong)


@pytest.mark.parametrize(
    ("collected", "processed", "year", "reduces"),
    [
        (date(2026, 12, 15), date(2027, 1, 31), 2026, True),
        (date(2026, 12, 15), date(2027, 2, 1), 2027, False),
        (date(2026, 12, 15), date(2026, 12, 20), 2026, True),
        (date(2026, 3, 1), date(2028, 5, 1), 2028, False),
    ],
)
def test_the_budget_year_that_bears_a_repayment(collected, processed, year, reduces):
    """Collected 12/2026, processed by 31/01/2027: 2026's revenue falls; from 01/02/2027 it is 2027's expense."""
    borne = borne_by(collected, processed)
    assert (borne.year, borne.reduces) == (year, reduces)
    assert borne.basis
