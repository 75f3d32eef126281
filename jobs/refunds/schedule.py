"""When the outcome of a refund is asked for: soon, then seldom, then daily with a person; never given up by time alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone

from jobs.reconciliation.sessions import WorkingDays, next_session, session_of

HANOI = timezone(timedelta(hours=7))
FIRST = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""The first waits; then every twelve hours up to the file's cut-off (refund practice, §4)."""
EVERY = timedelta(hours=12)
DAILY = timedelta(days=1)
DAILY_FOR = timedelta(days=30)
FILE_HOUR = time(12, 0)
"""By when the file of a session is there on the next working day, local time; a limit to state in settings."""


@dataclass(frozen=True, slots=True)
class NextAsk:
    """When to ask again.

    Attributes:
        at: the moment, spread included.
        overdue: the cut-off and one session more are past: it is a person's task, and asking goes on daily.
    """

    at: datetime
    overdue: bool


def cut_off(sent_at: datetime, calendar: WorkingDays) -> datetime:
    """When the file of the session *after* the refund's own must be there: until then it is in transit."""
    session = session_of(sent_at.astimezone(HANOI).date(), calendar)
    after = next_session(session, calendar)
    day = after + timedelta(days=1)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return datetime.combine(day, FILE_HOUR, HANOI)


def next_ask(
    *, sent_at: datetime, asked: int, now: datetime, calendar: WorkingDays, spread: float
) -> NextAsk:
    """The next time to ask, after ``asked`` questions.

    Args:
        sent_at: when the refund first left us.
        spread: 0 up to 1; each wait is stretched by up to a tenth of itself.
    """
    limit = cut_off(sent_at, calendar)
    overdue = now >= limit
    if overdue:
        # After the month a person has had it long enough; still no silence: once in thirty days.
        wait = DAILY if now < limit + DAILY_FOR else DAILY_FOR
    else:
        wait = FIRST[asked] if asked < len(FIRST) else EVERY
    at = now + wait * (1 + spread / 10)
    return NextAsk(min(at, limit) if not overdue else at, overdue)
