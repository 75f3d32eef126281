"""PIN and one-time codes on their way to a provider: taken once, never written into a payload, a log or the database."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Unlock:
    """What opens a key besides our own credentials; empty where not needed."""

    pin: SecretStr = field(default_factory=lambda: SecretStr(""))
    otp: SecretStr = field(default_factory=lambda: SecretStr(""))


class Unlocks(Protocol):
    """Where an operation finds what the signer typed in."""

    def take(self, transaction: str) -> Unlock | None:
        """What was left for ``transaction``; a second asking finds nothing."""
        ...


class HeldUnlocks:
    """In this process's memory only. For one process; several need a place of their own that encrypts and forgets."""

    def __init__(self, most: int = 1_000) -> None:
        """``most``: of those that nobody fetched the oldest is forgotten."""
        self._held: dict[str, Unlock] = {}
        self._most, self._lock = most, threading.Lock()

    def put(self, transaction: str, unlock: Unlock) -> None:
        """Leave it for the operation that is about to run."""
        with self._lock:
            self._held.pop(transaction, None)
            while len(self._held) >= self._most:
                self._held.pop(next(iter(self._held)))
            self._held[transaction] = unlock

    def take(self, transaction: str) -> Unlock | None:
        """See :class:`Unlocks`."""
        with self._lock:
            return self._held.pop(transaction, None)


__all__ = ["HeldUnlocks", "Unlock", "Unlocks"]
