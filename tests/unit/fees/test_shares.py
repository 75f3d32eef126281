"""What the unit keeps and what goes to the budget."""

from __future__ import annotations

import pytest

from jobs.fees.shares import split


def test_a_million_of_which_seventy_percent_are_kept():
    """700,000 back from the unit, 300,000 by treasury order."""
    assert split(1_000_000, 70) == (700_000, 300_000)


@pytest.mark.parametrize("amount", [1, 99, 100_001, 333_333])
@pytest.mark.parametrize("percent", [0, 33, 70, 100])
def test_no_dong_is_lost_between_the_two(amount, percent):
    """Both parts are whole and make the fee again."""
    kept, budget = split(amount, percent)
    assert kept + budget == amount
    assert min(kept, budget) >= 0


@pytest.mark.parametrize("percent", [-1, 101])
def test_only_a_percentage_is_one(percent):
    """A typing mistake must not pay out more than the fee."""
    with pytest.raises(ValueError, match="percentage"):
        split(100, percent)
