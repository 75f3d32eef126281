"""Which fault happens to which request of a sandbox. Counted, not drawn: the same requests meet the same faults."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ACTS = {
    "slow": True,
    "trickle": True,
    "lose_answer": True,
    "lose_request": False,
    "error_after_acting": True,
    "error_200": True,
    "half": True,
    "wrong_signature": True,
    "too_many": False,
    "closed": False,
    "garbage": True,
    "hang": False,
    "answer_twice": True,
}
"""Kind → whether the system does what it was asked before the fault shows; ``acts`` in the request overrides it."""

KINDS = tuple(_ACTS)


@dataclass(slots=True)
class Fault:
    """One fault that was asked for.

    Attributes:
        operation: of the sandbox, or ``*``.
        times: how often at most; ``None``: until cleared.
        every: only each so-many-th request of the operation.
        seconds: length of a delay, or what ``Retry-After`` says.
        after_bytes: where the answer is cut.
    """

    operation: str
    kind: str
    times: int | None = None
    every: int = 1
    seconds: float = 0.0
    after_bytes: int | None = None
    acts: bool = True
    seen: int = 0
    happened: int = 0

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Fault:
        """From a control request.

        Raises:
            ValueError: an unknown kind or a number that makes no sense.
        """
        kind = str(facts["kind"])
        if kind not in _ACTS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        times, after = facts.get("times"), facts.get("after_bytes")
        fault = cls(
            operation=str(facts.get("operation", "*")),
            kind=kind,
            times=None if times is None else int(times),
            every=int(facts.get("every") or 1),
            seconds=float(facts.get("seconds") or 0),
            after_bytes=None if after is None else int(after),
            acts=bool(facts.get("acts", _ACTS[kind])),
        )
        if fault.every < 1 or fault.seconds < 0 or (fault.times is not None and fault.times < 1):
            raise ValueError("every and times are at least 1, seconds at least 0")
        return fault


class Faults:
    """The faults of one sandbox, in the order they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """From the next request on."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self, operation: str = "") -> None:
        """Forget all faults, or those of one operation."""
        with self._lock:
            self._waiting = [each for each in self._waiting if operation and each.operation != operation]

    def due(self, operation: str) -> Fault | None:
        """The fault that happens to this request of ``operation``; every waiting fault counts it."""
        with self._lock:
            found = None
            for fault in self._waiting:
                if fault.operation not in ("*", operation):
                    continue
                fault.seen += 1
                if found is None and fault.seen % fault.every == 0:
                    fault.happened += 1
                    found = fault
            if found is not None and found.times is not None and found.happened >= found.times:
                self._waiting.remove(found)
            return found
