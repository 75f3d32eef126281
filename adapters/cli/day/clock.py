"""The time of the play: one clock rule for the product, one movable clock for the stand-ins, both told by the player."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route
from connectors.kit.seams import PlayClock, monotonic_seconds, pause

Follower = Callable[[datetime, float], None]
"""Told that from now on it is ``shown`` and time runs ``scale`` times as fast."""

STALE_SECONDS = 0.5
"""A process of the product may follow the rule before last for so long: it reads the rule four times a second."""
TELLING_SECONDS = 0.1
"""Telling everybody of a change takes less than this."""


class PlayTime:
    """The player's side. Time only goes forward, for whoever follows a little late as well. Thread-safe."""

    def __init__(self, start: datetime, followers: Sequence[Follower]) -> None:
        """Stands still at ``start`` until the first :meth:`run`."""
        self._followers = followers
        self._lock = threading.Lock()
        self._shown_from, self._real_from, self._scale = start, monotonic_seconds(), 0.0

    @property
    def scale(self) -> float:
        """Shown seconds per real second."""
        return self._scale

    def now(self) -> datetime:
        """The shown moment."""
        with self._lock:
            return self._now()

    def run(self, scale: float, *, at_least: datetime | None = None) -> None:
        """From now on run ``scale`` times as fast, from ``at_least`` when that is still ahead."""
        with self._lock:
            # Whoever has not heard of it runs ahead for a moment; nobody may see time go back.
            ahead = STALE_SECONDS if scale < self._scale else TELLING_SECONDS
            shown = self._now() + timedelta(seconds=self._scale * ahead)
            if at_least is not None:
                shown = max(shown, at_least)
            for follower in self._followers:
                follower(shown, scale)
            self._shown_from, self._real_from, self._scale = shown, monotonic_seconds(), scale

    def real_seconds_until(self, moment: datetime) -> float:
        """How long to wait for ``moment``; 0 when it has come."""
        with self._lock:
            left = (moment - self._now()).total_seconds()
            return 0.0 if left <= 0 else left / self._scale if self._scale else float("inf")

    def wait(self, length: timedelta) -> None:
        """Let a shown length of time pass."""
        pause(self.real_seconds_until(self.now() + length))

    def _now(self) -> datetime:
        return self._shown_from + timedelta(seconds=(monotonic_seconds() - self._real_from) * self._scale)


class Pace:
    """Slows the day down when the machine cannot keep up, and lets it run again."""

    def __init__(
        self,
        fastest: float,
        *,
        slowest: float = 60.0,
        patience_seconds: float = 0.6,
        every_seconds: float = 0.75,
    ) -> None:
        """Args:
        fastest: scale of a day without lateness.
        patience_seconds: real lateness of acts that is still no reason to slow down.
        every_seconds: changes are at least so far apart: a change needs a moment to be heard everywhere.
        """
        self._fastest, self._slowest, self._patience = fastest, slowest, patience_seconds
        self._every, self._changed_at = every_seconds, float("-inf")

    def wanted(self, scale: float, late_seconds: float, at: float) -> float:
        """The scale to run at, given the present one and by how many real seconds acts are late."""
        if at - self._changed_at < self._every:
            return scale
        wanted = scale
        if late_seconds > self._patience:
            wanted = max(self._slowest, scale / 2)
        elif late_seconds < self._patience / 4:
            wanted = min(self._fastest, scale * 1.5)
        if wanted != scale:
            self._changed_at = at
        return wanted


class MovableClock:
    """The clock of all stand-ins of a play; stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self._clock = PlayClock(start, 0.0)

    def now(self) -> datetime:
        """The shown moment, UTC."""
        return self._clock.now()

    def move(self, shown: datetime, scale: float) -> None:
        """From now on it is ``shown`` and time runs ``scale`` times as fast."""
        self._clock = PlayClock(shown, scale)


class ClockControl(Sandbox):
    """The address under which the player moves the clock of the stand-ins."""

    system = "play"

    def __init__(self, clock: MovableClock) -> None:
        super().__init__(clock=clock)
        self._movable = clock

    @route("POST", "/_sandbox/play/clock", "control")
    def move(self, request: SandboxRequest) -> SandboxAnswer:
        """``{shown, scale}``."""
        facts = json.loads(request.body)
        self._movable.move(datetime.fromisoformat(facts["shown"]), float(facts["scale"]))
        return SandboxAnswer(204)

    @route("GET", "/_sandbox/play/clock", "control")
    def tell(self, request: SandboxRequest) -> SandboxAnswer:
        """The shown moment."""
        del request
        body = json.dumps({"now": self._movable.now().isoformat()}).encode()
        return SandboxAnswer(200, {"Content-Type": "application/json"}, body)
