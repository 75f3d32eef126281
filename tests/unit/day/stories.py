"""A small true day for the checker's tests; each test spoils one fact of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.cli.day.facts import (
    BankDay,
    Facts,
    GivenBack,
    Item,
    Payment,
    Refund,
    Story,
    Taken,
    ToldPaid,
)

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
KEPT, REFUSED, TWICE = "H21.12-1", "H21.12-2", "H21.12-3"


def a_true_day() -> Facts:
    """One dossier that is paid, one refused after payment, one paid twice (the second by bank transfer back)."""
    stories = {
        KEPT: Story(KEPT, 75_000, {"P1": 75_000}),
        REFUSED: Story(REFUSED, 0, {"P2": 75_000}, "refused", NOON),
        TWICE: Story(TWICE, 75_000, {"P3": 75_000, "P4": 75_000}),
    }
    taken = [Taken("vnpay", f"P{number}", 75_000, "paid", NOON - timedelta(hours=1)) for number in (1, 2, 3)]
    taken.append(Taken("payment_platform", "P4", 75_000, "paid", NOON + timedelta(hours=1)))
    back = [
        GivenBack("vnpay", "R2", "P2", 75_000, "done", NOON + timedelta(minutes=10)),
        GivenBack("bank", "R4", "", 75_000, "done", NOON + timedelta(hours=3)),
    ]
    dossiers = {"P1": KEPT, "P2": REFUSED, "P3": TWICE, "P4": TWICE}
    return Facts(
        stories=stories,
        taken=taken,
        given_back=back,
        told=[ToldPaid(KEPT, 75_000, 1), ToldPaid(TWICE, 75_000, 2)],
        bank=[BankDay("1001", "2026-11-25", 2, 150_000, -75_000)],
        payments=[Payment(name, code, "vnpay", "PAID", 75_000) for name, code in dossiers.items()],
        refunds=[
            Refund("R2", "P2", REFUSED, "SETTLED", 75_000, "gateway", "refused", "", NOON),
            Refund("R4", "P4", TWICE, "SETTLED", 75_000, "transfer", "paid_twice", "", NOON),
        ],
        items=[],
        loaded=[BankDay("1001", "2026-11-25", 2, 150_000, -75_000)],
        jobs={"done": 9},
        balances={
            "bank:1001": 75_000,
            "receivable:vnpay:T": 75_000,
            "fee_payable:H21.12:-": -150_000,
            "surplus:vnpay:T": 0,
        },
    )


def spoilt(name: str, at: int, **changes: Any) -> Facts:
    """The true day with one row of one list changed."""
    day = a_true_day()
    rows = list(getattr(day, name))
    rows[at] = replace(rows[at], **changes)
    return replace(day, **{name: rows}, balances=None)  # the ledger is held against its own test


def without(name: str, at: int) -> Facts:
    """The true day with one row of one list missing."""
    day = a_true_day()
    rows = list(getattr(day, name))
    del rows[at]
    return replace(day, **{name: rows}, balances=None)  # the ledger is held against its own test


def named(facts: Facts, key: str, dossier: str = "") -> Facts:
    """The same with an open item that names ``key``."""
    return replace(facts, items=[Item("amount", f"break:amount:{key}", dossier, 0)])
