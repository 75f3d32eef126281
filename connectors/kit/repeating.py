"""Short repeats near a safe read. There is no such thing for a write: a write goes back to the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import tenacity

from connectors.errors import Unavailable
from connectors.kit.seams import pause

T = TypeVar("T")

_LONGEST_ASKED_SECONDS = 2.0


def repeated(
    read: Callable[[], T],
    *,
    attempts: int = 3,
    total_seconds: float = 20.0,
    longest_wait_seconds: float = 2.0,
    sleep: Callable[[float], None] = pause,
) -> T:
    """``read()``, tried again a few times while the other side is ``Unavailable``. Only for what changes nothing there.

    A system that asks for a longer wait than a moment gets it from the queue, not from a sleeping thread.

    Raises:
        Unavailable: the last one.
    """
    machine = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_soon_again),
        stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_after_delay(total_seconds),
        wait=tenacity.wait_random_exponential(multiplier=0.1, max=longest_wait_seconds),
        sleep=sleep,
        reraise=True,
    )
    return machine(read)


def _soon_again(error: BaseException) -> bool:
    if not isinstance(error, Unavailable):
        return False
    return error.retry_after_seconds is None or error.retry_after_seconds <= _LONGEST_ASKED_SECONDS
