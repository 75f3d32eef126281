"""Asking a provider what became of an attempt: one effect per asking, and the time of the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from jobs.effects.model import NewEffect
from jobs.payments import schedule
from jobs.payments.model import Attempt

OPERATION = "query_payment"
PERSON_WITHIN = timedelta(days=1)


def plan(
    attempt: Attempt, now: datetime, *, chance: float = 0.0, correlation_id: str = "", cause: str = "look-up"
) -> tuple[Attempt, NewEffect | None]:
    """The attempt with its next look-up set, and the effect that asks now.

    No effect where somebody else sent the request: without its exact time the provider finds nothing. Such an attempt is
    told by feed and file; its next look-up stays set, so that a person sees that it is open.
    """
    asked = replace(attempt, asks=attempt.asks + 1)
    asked = replace(asked, next_look_up_at=schedule.next_look_up(attempt, now, chance))
    if not attempt.request_time:
        return asked, None
    return asked, NewEffect(
        key=f"attempt:{attempt.reference}:query:{asked.asks}",
        system=attempt.provider,
        operation=OPERATION,
        # Not the lane of what is being done: an opening or a refund with unknown outcome must not stop the asking.
        lane=f"{attempt.reference}:ask",
        payload={
            "reference": attempt.reference,
            "terminal": attempt.terminal,
            "request_time": attempt.request_time,
            "amount": attempt.amount,
        },
        reference=attempt.reference,
        correlation_id=correlation_id,
        cause=cause,
        priority=5,
    )
