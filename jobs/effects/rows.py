"""What passes between the engine and the effect rows of a store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from jobs.effects.model import Effect, EffectState


class Held(NamedTuple):
    """A row that the engine has in hand; fields in the order of the store's select lists."""

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
    due_at: datetime | None
    tries: int
    asks: int
    not_found: int
    deaths: int
    worker: int | None
    lease_until: datetime | None
    first_sent_at: datetime | None
    unknown_since: datetime | None
    outcome: Mapping[str, Any] | None

    def effect(self) -> Effect:
        """The row as a handler sees it."""
        return Effect(
            self.id, self.key, self.system, self.operation, self.lane, self.payload, self.dossier_code,
            self.reference, self.correlation_id, self.cause, EffectState(self.state), self.attempt,
            self.generation, self.created_at,
        )  # fmt: skip


class Change(NamedTuple):
    """New values of a row, written only when its generation is still the one that was read.

    Attributes:
        outcome: JSON text; ``None`` leaves what is there.
    """

    id: int
    generation: int
    state: EffectState
    due_at: datetime | None
    attempt: int
    tries: int
    asks: int
    not_found: int
    deaths: int
    first_sent_at: datetime | None
    unknown_since: datetime | None
    code: str = ""
    message: str = ""
    reason: str = ""
    outcome: str | None = None


def unchanged(row: Held, state: EffectState, due_at: datetime | None) -> Change:
    """A change to ``state`` that keeps every counter."""
    return Change(
        row.id, row.generation, state, due_at, row.attempt, row.tries, row.asks, row.not_found, row.deaths,
        row.first_sent_at, row.unknown_since,
    )  # fmt: skip


class Standing(NamedTuple):
    """Where a row stands in the store at this moment."""

    state: EffectState
    generation: int
    attempt: int
    worker: int | None


class Proposal(NamedTuple):
    """What one person proposed for an effect that takes two."""

    action: str
    by: str
    code: str


class Blocker(NamedTuple):
    """A lane that waits behind its head.

    Attributes:
        behind: rows that wait, counted up to 1,000.
    """

    effect_id: int
    system: str
    lane: str
    state: EffectState
    due_at: datetime | None
    reason: str
    behind: int


OPEN = frozenset({EffectState.PLANNED, EffectState.SENDING, EffectState.UNKNOWN, EffectState.PARKED})
CLOSED = frozenset({EffectState.DONE, EffectState.REFUSED, EffectState.CANCELLED})


def cancelling(row: Held, reason: str) -> Change | None:
    """Takes a row back that nothing of has left us, else ``None``."""
    if row.state not in (EffectState.PLANNED, EffectState.PARKED) or row.unknown_since is not None:
        return None
    return unchanged(row, EffectState.CANCELLED, None)._replace(reason=reason)


def settling(row: Held, *, done: bool, code: str, data: Mapping[str, Any], reason: str) -> Change | None:
    """Closes a row whose outcome is known from elsewhere; ``None`` when it is closed."""
    if row.state in CLOSED:
        return None
    state = EffectState.DONE if done else EffectState.REFUSED
    outcome = json.dumps(dict(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return unchanged(row, state, None)._replace(
        unknown_since=None, deaths=0, code=code, reason=reason, outcome=outcome
    )
