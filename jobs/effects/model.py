"""The effect: a write to (or an asking of) an outside system, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from jobs.store.ports import Tx


LOWEST_PRIORITY = 9
AT_ONCE = timedelta(seconds=1)
"""What is due at once was due this long ago: the clocks of two processes may be some milliseconds apart, and a worker that
is woken must not find the work 'not yet due' and leave it to the next sweep."""


class EffectState(StrEnum):
    """Where an effect stands; there is no state beside these."""

    PLANNED = "planned"  # due at a stated time; nothing has left us
    SENDING = "sending"  # committed before the first byte
    UNKNOWN = "unknown"  # may have been done: asked at a stated time
    DONE = "done"
    REFUSED = "refused"  # understood and refused there
    PARKED = "parked"  # a person decides
    CANCELLED = "cancelled"  # a person or a rule took it back before anything was sent


@dataclass(frozen=True, slots=True)
class NewEffect:
    """An effect to be planned in the transaction of its cause.

    Attributes:
        key: unique for ever; the same cause twice is one effect.
        lane: rows of one system and lane leave in the order they were planned, one at a time.
        payload: JSON values only; see the operation's declaration.
        reference: our business reference that leaves us, if any.
        due_at: not before; ``None`` means at once.
        cause: short name of what caused it, for grouping on screens.
        priority: 0 for people who wait, larger (up to 9) for work that can wait.
    """

    key: str
    system: str
    operation: str
    lane: str
    payload: Mapping[str, Any]
    dossier_code: str = ""
    reference: str = ""
    correlation_id: str = ""
    due_at: datetime | None = None
    cause: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Effect:
    """A stored effect as a handler sees it."""

    id: int
    key: str
    system: str
    operation: str
    lane: str
    payload: Mapping[str, Any]
    dossier_code: str
    reference: str
    correlation_id: str
    cause: str
    state: EffectState
    attempt: int
    generation: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt or one look-up, handed to the domain in the engine's transaction.

    Attributes:
        state: the effect's new state (``done``, ``refused``, ``unknown``, ``planned`` again, ``parked``).
        data: what the connector returned, canonical JSON values.
        code: the other side's code, or the error class when nothing came back.
        asked: ``True`` when this is the answer of a look-up.
    """

    effect: Effect
    state: EffectState
    data: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    asked: bool = False


class Handler(Protocol):
    """The domain's side of one operation: set-based, inside the engine's batch transaction."""

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:
        """Called in the transaction that commits ``sending``.

        Returns:
            effect id → reason, for effects that must not be sent any more; they are parked.
        """
        ...

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        """Called in the transaction that commits the outcomes; plans follow-up effects there."""
        ...
