"""When the outcome of an attempt is asked about. Pure; no decision here reads a clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs.payments.edges import ASKED
from jobs.payments.model import Attempt
from mappings.canonical.payment import AttemptState

FIRST_AFTER_OPENING = timedelta(minutes=5)
"""A payer needs a few minutes at the page, and most are told by notification before."""
STEPS = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4),
    timedelta(hours=12),
)  # fmt: skip
"""After the n-th look-up; the last step repeats. One 'pending' never switches the asking off."""
DAILY_AFTER = timedelta(days=3)
DAILY = timedelta(days=1)
ASK_EXPIRED_FOR = timedelta(days=30)
"""Money may arrive after the page has closed; who never paid is asked about that long."""
PERSON_AFTER = timedelta(hours=24)
"""An unresolved attempt becomes a person's task then; asking goes on."""
SPREAD = 0.1


def next_look_up(attempt: Attempt, now: datetime, chance: float = 0.0) -> datetime | None:
    """When to ask after a look-up planned at ``now``; ``None``: no more.

    Args:
        attempt: with the number of look-ups planned so far.
        chance: from 0 up to 1; spreads many that were opened at once.
    """
    if attempt.state not in ASKED:
        return None
    age = now - attempt.created_at
    if attempt.state is AttemptState.EXPIRED and age > ASK_EXPIRED_FOR:
        return None
    step = DAILY if age > DAILY_AFTER else STEPS[min(attempt.asks, len(STEPS) - 1)]
    return now + step * (1 + SPREAD * chance)


def first_look_up(opened: datetime, chance: float = 0.0) -> datetime:
    """When to ask about an attempt for the first time."""
    return opened + FIRST_AFTER_OPENING * (1 + SPREAD * chance)
