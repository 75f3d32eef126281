"""Waiting for a condition instead of sleeping for a guess."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_pause = threading.Event()


def eventually(ask: Callable[[], T], *, within: float = 10.0, every: float = 0.01) -> T:
    """The first true answer of ``ask``; fails when none came ``within`` seconds."""
    end = time.monotonic() + within
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{getattr(ask, '__name__', ask)!r} was still {answer!r} after {within} s")
        _pause.wait(every)
