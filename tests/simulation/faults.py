"""What goes wrong, when, and how often each kind has happened. Everything is drawn from the seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random

# On a call to an outside system.
CALLS = (
    "request_lost",  # refused before a byte left: provably nothing done
    "request_swallowed",  # left us and never arrived: we cannot know
    "answer_lost",  # done, and we are not told
    "error_after_doing",  # done, and answered 500
    "answer_garbled",  # done, and the answer cannot be read
    "too_many",  # 429 with Retry-After
    "closed_at_night",  # 503 with Retry-After
    "slow_past_the_lease",  # the answer comes after another worker took the row over
    "killed_before_sending",
    "killed_after_doing",
)
# On a notification.
NOTICES = (
    "notice_lost",
    "notice_repeated",
    "notice_late",
    "notice_before_the_order",
    "notice_forged",
    "notice_mismatching",
)
# On a commit and on the work of a process.
COMMITS = ("killed_before_commit", "killed_after_commit", "commit_answer_lost", "commit_lost", "store_away")
WAKES = ("wake_lost", "broker_wiped", "job_run_twice")

ANSWERS = ("done_and_answered_94",)  # the gateway took a refund and says 'in progress' of it
ALL = (*CALLS, *NOTICES, *COMMITS, *WAKES, *ANSWERS)
RATE = 0.1


class Crash(BaseException):
    """SIGKILL, as far as one thread can have it: nothing may catch it."""


class Faults:
    """Draws faults for one history.

    Attributes:
        seen: kind → how often it struck.
        reached: rare branch → how often, told by the world and the play.
    """

    def __init__(self, chance: Random, kinds: Iterable[str] = ALL, rate: float = RATE) -> None:
        self._chance, self._rate = chance, rate
        self._kinds = frozenset(kinds)
        self._of: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.on = True
        self.seen: Counter[str] = Counter()
        self.reached: Counter[str] = Counter()

    def strike(self, possible: tuple[str, ...], part: float = 1.0) -> str | None:
        """One of ``possible`` at every tenth boundary (or a ``part`` of that), as far as this history has it at all."""
        if not self.on or self._chance.random() >= self._rate * part:
            return None
        kinds = self._of.get(possible)
        if kinds is None:
            kinds = self._of[possible] = tuple(kind for kind in possible if kind in self._kinds)
        if not kinds:
            return None
        kind = kinds[int(self._chance.random() * len(kinds))]
        self.seen[kind] += 1
        return kind


def drawn(chance: Random) -> tuple[str, ...]:
    """Which kinds exist in one history: most of them, some left out so that others are seen alone."""
    kinds = tuple(kind for kind in ALL if chance.random() < 0.8)
    return kinds or ALL
