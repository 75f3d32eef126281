"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""Monday 23/11/2026, 08:00 in Việt Nam: an ordinary working day."""


class VirtualClock:
    """Settable time for a whole test; everything that takes a clock takes this one."""

    def __init__(self, start: datetime = MONDAY_MORNING) -> None:
        self._now = start

    def now(self) -> datetime:
        """The moment that was set last."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Jump to ``moment``."""
        self._now = moment.astimezone(UTC)

    def advance(self, step: timedelta | float = 0.0, **parts: float) -> datetime:
        """Move on by a duration, by seconds, or by ``hours=…``, ``days=…``; the new moment."""
        whole = step if isinstance(step, timedelta) else timedelta(seconds=step)
        self._now += whole + timedelta(**parts)
        return self._now
