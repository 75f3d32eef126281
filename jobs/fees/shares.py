"""What of a fee the unit keeps and what goes to the budget."""

from __future__ import annotations


def split(amount: int, share_kept_percent: int) -> tuple[int, int]:
    """(kept by the unit, to the budget); a fraction of a đồng goes to the budget.

    1,000,000 with 70 % kept: 700,000 stay, 300,000 are remitted, and a refund takes them from the same two places.

    Raises:
        ValueError: the percentage is not from 0 to 100.
    """
    if not 0 <= share_kept_percent <= 100:
        raise ValueError(f"{share_kept_percent} is no percentage")
    kept = amount * share_kept_percent // 100
    return kept, amount - kept
