"""The checker finds every kind of untruth; on a true day it finds none."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.cli.day import checker
from adapters.cli.day.checker import check
from adapters.cli.day.facts import BankDay, GivenBack, Item, Story, Taken
from adapters.cli.day.figures import fingerprint, owed_to
from tests.unit.day.stories import KEPT, NOON, REFUSED, TWICE, a_true_day, named, spoilt, without


def whats(facts) -> set[str]:
    return {wrong.what for wrong in check(facts).wrong}


def test_a_true_day_has_nothing_wrong_and_its_figures_add_up():
    """A checker that complains about everything is ignored as quickly as one that never does."""
    verdict = check(a_true_day())

    assert verdict.wrong == ()
    numbers = verdict.numbers
    assert (numbers.payments, numbers.paid, numbers.confirmed) == (4, 4, 2)
    assert (numbers.owed, numbers.owed_amount, numbers.settled_amount) == (2, 150_000, 150_000)
    assert (numbers.unaccounted, numbers.twice, numbers.in_transit) == (0, 0, 0)
    assert (numbers.median, numbers.worst) == (timedelta(hours=2), timedelta(hours=2))


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (spoilt("payments", 0, state="EXPIRED"), "money-unknown"),
        (spoilt("taken", 0, amount=74_000), "money-unknown"),
        (without("payments", 0), "money-unknown"),
        (without("taken", 0), "paid-untrue"),
        (spoilt("told", 0, amount=1), "told-untrue"),
        (without("told", 0), "not-told"),
        (spoilt("given_back", 0, amount=100_000), "refund-twice"),
        (spoilt("given_back", 0, refund="R9"), "refund-unordered"),
        (spoilt("given_back", 0, state="open"), "refund-untrue"),
        (without("given_back", 1), "refund-untrue"),
        (without("refunds", 0), "owed"),
        (spoilt("refunds", 0, amount=70_000), "owed"),
        (spoilt("refunds", 1, state="DECLINED"), "owed"),
        (spoilt("refunds", 0, state="SENT_TO_BANK"), "not-ended"),
        (spoilt("payments", 0, state="UNKNOWN"), "not-ended"),
        (spoilt("loaded", 0, credited=1), "statement"),
        (replace(a_true_day(), jobs={"unknown": 1}), "not-ended"),
    ],
)
def test_every_untruth_is_found(facts, what):
    """Each rule must be able to fail, or it is no rule."""
    assert what in whats(facts)


@pytest.mark.parametrize(
    ("account", "amount", "what"),
    [("bank:1001", 74_000, "bank-balance"), ("fee_payable:H21.12:-", -149_000, "ledger"), ("x", 1, "ledger")],
)
def test_the_ledger_is_held_against_the_banks_own_balance_and_against_what_came_and_went(
    account, amount, what
):
    """A ledger that only agrees with itself proves nothing."""
    day = a_true_day()
    spoilt_ledger = replace(day, balances={**day.balances, account: amount})

    assert what in whats(spoilt_ledger)
    assert check(spoilt_ledger).numbers.unaccounted > 0


def test_what_the_bank_booked_after_the_last_loaded_file_is_not_held_against_the_ledger():
    """Nobody can know what tomorrow's statement says."""
    day = a_true_day()
    tomorrow = BankDay("1001", "2026-11-26", 1, 9_000, 0)

    assert whats(replace(day, bank=[*day.bank, tomorrow])) == set()


def test_a_refund_that_was_paid_twice_is_found_even_when_both_carry_our_number():
    """The worst thing that this product can do."""
    day = a_true_day()
    again = GivenBack("vnpay", "R2", "P2", 75_000, "done", NOON)
    verdict = check(replace(day, given_back=[*day.given_back, again]))

    assert verdict.numbers.twice >= 1
    assert "refund-twice" in {wrong.what for wrong in verdict.wrong}


def test_a_bank_transfer_on_top_of_a_gateway_refund_is_found():
    """Two ways back for one payment add up, whoever paid."""
    day = a_true_day()
    second = replace(day.refunds[0], reference="R7", route="transfer")
    paid = GivenBack("bank", "R7", "", 75_000, "done", NOON)

    assert "refund-twice" in whats(
        replace(day, refunds=[*day.refunds, second], given_back=[*day.given_back, paid])
    )


def test_what_the_product_names_is_accounted_for_and_what_it_hides_is_not():
    """Money that is not what was asked has an owner once it is named; silence is the fault."""
    short = replace(spoilt("payments", 0, state="UNKNOWN"), told=a_true_day().told[1:])
    short = replace(short, taken=[replace(short.taken[0], amount=74_000), *short.taken[1:]])
    assert "money-unknown" in whats(short)
    assert check(short).numbers.unaccounted == 74_000

    assert whats(named(short, "P1")) == set()


def test_a_name_is_no_excuse_for_money_that_came_as_asked():
    """A product that lays everything before people has unburdened itself, not worked."""
    late = named(spoilt("payments", 0, state="EXPIRED"), "P1")

    assert "money-unknown" in whats(late)


@pytest.mark.parametrize(
    "facts",
    [
        replace(a_true_day(), items=[Item("message_set_aside", "message:vnpay:7", "", 0)]),
        replace(
            a_true_day(), stories={**a_true_day().stories, "X": Story("X", 1, {}, given_up=("pay vnpay",))}
        ),
    ],
)
def test_who_was_not_served_and_what_was_laid_aside_is_said(facts):
    """A quiet table over citizens who could not pay is a lie."""
    assert whats(facts) & {"not-served", "set-aside"}


def test_reversed_money_may_wait_for_a_person_when_it_is_named():
    """The gateway says that it never had it; the bank has to give it back."""
    day = spoilt("taken", 0, state="reversed")
    day = replace(
        day, payments=[replace(day.payments[0], state="REVERSED"), *day.payments[1:]], told=day.told[1:]
    )

    assert whats(day) == {"owed"}
    assert whats(named(day, "P1")) == set()


def test_a_forged_notice_must_be_refused():
    """An answer of 00 means that somebody may print money."""
    day = a_true_day()
    stories = {**day.stories, REFUSED: replace(day.stories[REFUSED], forged=("97", "00"))}

    assert "forgery" in whats(replace(day, stories=stories))


def test_what_is_owed_follows_from_what_was_taken_and_what_is_due():
    """The plain rule, apart from every policy row of the product."""
    story = Story(TWICE, 75_000, {"P3": 75_000, "P4": 75_000})
    taken = [Taken("vnpay", "P3", 75_000, "paid", None), Taken("vnpay", "P4", 75_000, "paid", None)]

    assert owed_to(story, taken) == 75_000
    assert owed_to(replace(story, due=0), taken) == 150_000
    assert owed_to(replace(story, due=60_000), taken[:1]) == 15_000
    assert owed_to(story, [replace(taken[0], amount=74_000)]) == 0
    assert owed_to(story, [replace(taken[0], state="reversed")]) == 75_000


def test_the_fingerprint_names_the_books_and_not_the_names_in_them():
    """References and times are new each time; who paid how much and got how much back is not."""
    day, mark = a_true_day(), fingerprint(a_true_day())
    renamed = replace(
        day,
        stories={**day.stories, KEPT: replace(day.stories[KEPT], asked={"Q1": 75_000})},
        taken=[replace(day.taken[0], reference="Q1", at=None), *day.taken[1:]],
    )
    assert fingerprint(renamed) == mark
    assert fingerprint(spoilt("taken", 0, amount=74_000)) != mark
    assert fingerprint(without("given_back", 1)) != mark


@pytest.mark.parametrize("module", ["checker", "facts", "figures", "offices_check"])
def test_the_checker_shares_no_code_with_the_product(module):
    """Two equal mistakes would cancel out."""
    path = Path(checker.__file__).with_name(f"{module}.py")
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module)
        elif isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
    ours = {name for name in imported if name.split(".")[0] in {"jobs", "connectors", "mappings", "config"}}

    assert ours == set()
    assert {n for n in imported if n.startswith("adapters")} <= {
        "adapters.cli.day.facts",
        "adapters.cli.day.figures",
        "adapters.cli.day.offices_check",
    }


def test_a_fee_that_was_lowered_while_it_was_paid_is_told_as_the_new_fee_and_as_nothing_else():
    """What is paid at the case system is the fee; what was above it is owed to the citizen, not told."""
    day = a_true_day()
    story = replace(day.stories[KEPT], due=60_000, lowered_at=NOON)
    lowered = replace(day, stories={**day.stories, KEPT: story})

    def told(amount):
        return whats(replace(lowered, told=[replace(day.told[0], amount=amount), *day.told[1:]]))

    assert "told-untrue" not in told(60_000)
    assert "told-untrue" in told(59_000)
    assert "told-untrue" in whats(replace(day, told=[replace(day.told[0], amount=60_000), *day.told[1:]]))
