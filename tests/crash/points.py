"""The points at which a process can be killed, named by the store's and the engine's own boundaries."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from jobs.errors import CommitUnknown


@dataclass(slots=True)
class Points:
    """A boundary that counts what it passes and ends the process, or loses an answer, where it is told to.

    Attributes:
        kill: name of the point at which to die, at its ``nth`` passing.
        lose: share of commits whose answer is lost (half of them were stored, half were not).
        end: process id of a database server that is ended at once when ``after`` points were passed.
        passed: point → how often, for the list of all points.
    """

    kill: str = ""
    nth: int = 1
    lose: float = 0.0
    chance: Random = field(default_factory=lambda: Random(1))
    passed: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    end: int = 0
    after: int = 0

    def __call__(self, point: str) -> None:
        self.passed[point] += 1
        if self.end and self.passed.total() == self.after:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.end, signal.SIGQUIT)  # immediate: as if the machine had lost its power
        if point == self.kill and self.passed[point] == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        if (
            self.lose
            and point.startswith(("before-commit:", "after-commit:"))
            and self.chance.random() < self.lose
        ):
            self.lost += 1
            raise CommitUnknown(f"{point}: the answer was lost on purpose")
