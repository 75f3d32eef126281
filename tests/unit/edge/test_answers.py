"""The gateway's answer codes and the error table."""

from __future__ import annotations

import itertools

import pytest

from adapters import errors
from adapters.webhooks.answers import KnownOrder, answer_for
from connectors import errors as outside
from jobs import errors as inside
from mappings.canonical.payment import AttemptState, PaymentNews, PaymentVerdict
from mappings.errors import IntegrationError


def news(verdict: PaymentVerdict, amount: int | None = 100, terminal: str = "T") -> PaymentNews:
    return PaymentNews("vnpay", terminal, "R", amount, "VND", verdict, "ipn")


@pytest.mark.parametrize(
    ("verdict", "state"), list(itertools.product(PaymentVerdict, AttemptState)), ids=lambda value: value.value
)
def test_every_verdict_in_every_state_has_an_answer(verdict, state):
    """02 only where the money is booked as paid; everything else that fits is taken over."""
    expected = "02" if (verdict, state) == (PaymentVerdict.PAID, AttemptState.PAID) else "00"
    assert answer_for(news(verdict), KnownOrder(100, state, "T")) == expected


def test_what_does_not_fit_is_not_taken_over():
    """The order in which questions are asked: whose is it, how much is it, is it new."""
    paid = KnownOrder(100, AttemptState.PAID, "T")
    assert answer_for(news(PaymentVerdict.PAID), None) == "01"
    assert answer_for(news(PaymentVerdict.PAID, terminal="X"), paid) == "01"
    assert answer_for(news(PaymentVerdict.PAID, amount=99), paid) == "04"


def _all(cls: type[BaseException]) -> set[type[BaseException]]:
    return {cls}.union(*(_all(sub) for sub in cls.__subclasses__()))


def test_every_error_of_the_tree_has_a_row():
    """A new error class must not fall through to 'internal' unnoticed."""
    for cls in _all(IntegrationError):
        assert any(issubclass(cls, row) for row, _ in errors.TABLE), cls


def test_specific_rows_stand_before_general_ones():
    """The first row that fits decides."""
    rows = [row for row, _ in errors.TABLE]
    for number, row in enumerate(rows):
        assert not any(issubclass(row, earlier) for earlier in rows[:number]), row


def test_unknown_outcomes_and_absent_stores_have_their_own_exit_codes():
    """Scripts decide by them whether to try again."""
    assert errors.exit_code(inside.StoreUnavailable("x")) == 4
    assert errors.exit_code(outside.Unavailable("x", system="s", operation="o")) == 5
    assert errors.exit_code(outside.OutcomeUnknown("x", system="s", operation="o")) == 7
    assert errors.exit_code(inside.CommitUnknown("x")) == 7


def test_no_partner_text_leaves_in_a_problem():
    """A partner's message may hold anybody's data."""
    exc = outside.Rejected("Nguyen Van An 012345678901", system="vnpay", operation="refund", code="91")
    assert "012345678901" not in str(errors.told(exc, "vi").document("vi", "t"))
    assert "secret" not in str(errors.told(ValueError("secret"), "vi").document("vi", "t"))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("vi,en;q=0.8", "vi"),
        ("en-US,en;q=0.9,vi;q=0.8", "en"),
        ("fr", "vi"),
        ("en;q=x", "vi"),
    ],
)
def test_the_language_is_the_readers_choice_and_vietnamese_otherwise(header, language):
    """Accept-Language decides; nonsense does not."""
    assert errors.language_of(header) == language


def test_codes_of_the_table_are_unique():
    """They are addresses of documentation."""
    codes = [kind.code for kind in errors.KINDS]
    assert len(codes) == len(set(codes))
