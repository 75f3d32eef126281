"""The only doors to the time, to new ids and to chance.

Everything that runs in a simulation takes these as parameters; the architecture test refuses any other
use of the system clock, of ``uuid`` or of ``random`` in the product.
"""

from __future__ import annotations

import random
import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time of the whole installation (the database's clock in production)."""

    def now(self) -> datetime:
        """The present moment, with zone UTC."""
        ...


class Ids(Protocol):
    """Makes names that nobody else has."""

    def new_id(self) -> str:
        """A fresh id, 32 lower-case hexadecimal characters, roughly ordered by time."""
        ...

    def reference(self) -> str:
        """A fresh reference that may leave us: 16 characters ``[A-Z0-9]``, the last a check digit."""
        ...


class Chance(Protocol):
    """Randomness for spread and jitter only; never for secrets."""

    def random(self) -> float:
        """A number from 0 up to, not including, 1."""
        ...


class MachineClock:
    """The clock of one machine. Only for places that have no database: sandboxes, connectors, start-up."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class PlayClock:
    """A clock of a play: starts at ``shown_from`` and runs ``scale`` times as fast as the machine's.

    Made with the same three values as the installation's clock rule, both tell the same time.
    """

    def __init__(self, shown_from: datetime, scale: float, *, real_from: datetime | None = None) -> None:
        """Begin now, or have begun at the real moment ``real_from``."""
        self._shown_from = shown_from.astimezone(UTC)
        self._real_from = real_from or datetime.now(UTC)
        self.scale = scale

    def now(self) -> datetime:
        return self._shown_from + (datetime.now(UTC) - self._real_from) * self.scale


def monotonic_seconds() -> float:
    """Seconds since some fixed moment; for deadlines inside one process only."""
    return time.monotonic()


_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(body: str) -> str:
    """The check digit of ``body`` by ISO 7064 MOD 37,36: finds every single error and most swaps."""
    check = 36
    for character in body:
        check = (check + _ALPHABET.index(character)) % 36 or 36
        check = check * 2 % 37
    return _ALPHABET[(37 - check) % 36]


def is_reference(text: str) -> bool:
    """Whether ``text`` is a well-formed reference of ours, check digit included."""
    return (
        len(text) == 16
        and all(character in _ALPHABET for character in text)
        and check_character(text[:-1]) == text[-1]
    )


class RandomIds:
    """Ids from the operating system's random source."""

    def new_id(self) -> str:
        return f"{time.time_ns() // 1_000_000:012x}{uuid.uuid4().hex[:20]}"

    def reference(self) -> str:
        body = "".join(secrets.choice(_ALPHABET) for _ in range(15))
        return body + check_character(body)


def salt() -> str:
    """32 hexadecimal characters that nobody can guess: for digests and span ids, never replayed."""
    return secrets.token_hex(16)


def pause(seconds: float) -> None:
    """Wait. For sandboxes and for short waits between repeats of a read; never inside a transaction."""
    time.sleep(max(0.0, seconds))


class SystemChance:
    """Randomness of the operating system."""

    def random(self) -> float:
        return secrets.randbelow(1 << 53) / (1 << 53)


def seeded(seed: int) -> random.Random:
    """A reproducible source of chance for plays and simulations; never for secrets."""
    return random.Random(seed)  # noqa: S311 - reproducible on purpose
