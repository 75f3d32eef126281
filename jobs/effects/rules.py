"""What an answer, a finding or a death makes of an effect. Pure: rows in, changes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from connectors.errors import (
    AlreadyDone,
    ConnectorError,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Done, EffectClass, Finding, NotDone, Operation, Refused, Undecided
from connectors.kit.seams import Chance
from jobs.effects.model import EffectState
from jobs.effects.rows import Change, Held, unchanged

_LONGEST_MESSAGE = 300
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_REPEATABLE = frozenset({EffectClass.READ, EffectClass.IDEMPOTENT})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often.

    Attributes:
        budget: from the first sending; what cannot be delivered by then is parked.
        most_tries: calls within one budget.
        ask_after: waiting times before the first looks for an outcome; then ``ask_every``.
        unknown_for: an outcome that is still unknown then is a person's task.
        proofs: how often 'not found' must be said, one after the other with time between, to be believed.
        most_deaths: workers that may die with a row in hand before it is set aside.
    """

    budget: timedelta = timedelta(hours=24)
    most_tries: int = 60
    first_delay: timedelta = timedelta(seconds=2)
    longest_delay: timedelta = timedelta(minutes=15)
    ask_after: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
    )
    ask_every: timedelta = timedelta(hours=12)
    unknown_for: timedelta = timedelta(hours=72)
    proofs: int = 2
    most_deaths: int = 3


class NotSent(Exception):
    """The call was never begun: the process stops, or the row was in hand for too long."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be stored, and what the domain is told.

    Attributes:
        answered: the other side answered, whatever it said; ``False`` counts against the system.
        retry_after: seconds that the other side asked us to wait.
        silent: nothing happened that the domain must know.
    """

    row: Held
    change: Change
    data: Any = field(default_factory=dict)
    answered: bool = True
    credentials: bool = False
    retry_after: float | None = None
    silent: bool = False


class Situation(NamedTuple):
    """What the rules need besides the row."""

    now: datetime
    chance: Chance
    patience: Patience


def after_call(row: Held, operation: Operation, answer: Done | BaseException, at: Situation) -> Verdict:
    """What a call's end means. An exception that nobody agreed on is never a failure of a write."""
    if isinstance(answer, Done):
        return _done(row, operation, answer, at)
    if isinstance(answer, NotSent):
        given_back = unchanged(row, EffectState.PLANNED, at.now)
        change = given_back._replace(attempt=row.attempt - 1, tries=row.tries - 1)
        return Verdict(row, change, silent=True)
    if isinstance(answer, AlreadyDone):
        return _done(row, operation, Done(code=answer.code), at)
    if isinstance(answer, Rejected):
        return _refused(row, answer.code, str(answer), {})
    if isinstance(answer, Unavailable):
        return _again(row, answer, at, wait=answer.retry_after_seconds)
    if isinstance(answer, CredentialsRefused):
        return _again(row, answer, at, wait=None)
    if operation.effect_class is EffectClass.READ:
        return _again(row, answer, at, wait=None)
    since = row.unknown_since or at.now
    if operation.effect_class is EffectClass.IDEMPOTENT:
        return _again(row._replace(unknown_since=since), answer, at, wait=None)
    change = unchanged(row, EffectState.UNKNOWN, _first_ask(operation, at))._replace(
        unknown_since=since, asks=0, not_found=0, deaths=0, code=_code(answer), message=_message(answer)
    )
    return Verdict(row, change, answered=False)


def after_ask(row: Held, operation: Operation, answer: Finding | BaseException, at: Situation) -> Verdict:
    """What a look-up found. It sends again only on proof, said often enough with time between."""
    if isinstance(answer, Done):
        return _done(row, operation, answer, at)
    if isinstance(answer, Refused):
        return _refused(row, answer.code, answer.message, answer.data)
    if isinstance(answer, NotSent):
        return Verdict(
            row, unchanged(row, EffectState.UNKNOWN, at.now)._replace(asks=row.asks - 1), silent=True
        )
    if isinstance(answer, NotDone):
        return _not_found(row, operation, answer, at)
    if isinstance(answer, Undecided):
        return _ask_again(row, answer.code, answer.message, at, not_found=0)
    wait = answer.retry_after_seconds if isinstance(answer, Unavailable) else None
    verdict = _ask_again(row, _code(answer), _message(answer), at, not_found=row.not_found, wait=wait)
    return _marked(verdict, answer)


def after_death(row: Held, operation: Operation, at: Situation) -> Verdict:
    """A worker died, or lost its lease, with this row in hand: it may have been sent."""
    deaths = row.deaths + 1
    reading = operation.effect_class is EffectClass.READ
    since = None if reading else row.unknown_since or at.now
    change = unchanged(row, EffectState.PLANNED, at.now)._replace(
        deaths=deaths, unknown_since=since, code="worker-died"
    )
    if deaths >= at.patience.most_deaths:
        change = change._replace(state=EffectState.PARKED, due_at=None, reason="killed-its-worker")
    elif operation.effect_class not in _REPEATABLE:
        due = _first_ask(operation, at)
        change = change._replace(state=EffectState.UNKNOWN, due_at=due, asks=0, not_found=0)
    return Verdict(row, change, silent=change.state is EffectState.PLANNED)


def overdue(row: Held) -> Verdict:
    """Nobody brought evidence in time: a person's task."""
    return Verdict(row, unchanged(row, EffectState.PARKED, None)._replace(reason="no-evidence"))


def not_to_be_sent(row: Held, reason: str) -> Verdict:
    """The domain took it back at the last moment; no call was begun."""
    change = unchanged(row, EffectState.PARKED, None)._replace(
        attempt=row.attempt - 1, tries=row.tries - 1, reason=stored_text(reason) or "not-allowed"
    )
    return Verdict(row, change, silent=True)


def not_taken(verdict: Verdict) -> Verdict:
    """The domain could not take this outcome: it is kept and a person must look."""
    change = verdict.change._replace(
        state=EffectState.PARKED,
        due_at=None,
        reason="not-taken",
        code=verdict.change.code or verdict.change.state,
    )
    if verdict.change.state in (EffectState.DONE, EffectState.REFUSED):
        change = change._replace(unknown_since=verdict.row.unknown_since or verdict.row.first_sent_at)
    return Verdict(verdict.row, change, answered=verdict.answered, silent=True)


def back_off(tries: int, at: Situation) -> timedelta:
    """Waiting time after ``tries`` calls without success: doubled each time, spread over its second half."""
    doubled: timedelta = at.patience.first_delay * 2 ** min(max(tries, 1) - 1, 20)
    whole = min(at.patience.longest_delay, doubled)
    return whole * (0.5 + 0.5 * at.chance.random())


def ask_delay(asks: int, at: Situation) -> timedelta:
    """Waiting time before the next look when ``asks`` were made; never shorter than the schedule says."""
    schedule = at.patience.ask_after
    whole = schedule[asks] if asks < len(schedule) else at.patience.ask_every
    return whole * (1 + 0.1 * at.chance.random())


def stored_text(text: str) -> str:
    """Text that every database takes, of a length that a screen takes."""
    return text[:_LONGEST_MESSAGE].replace("\0", "").encode("utf-8", "replace").decode()


def stored_data(data: Any) -> str:
    """Canonical data as JSON text.

    Raises:
        ValueError, TypeError: it has no such form, or the database would refuse it.
    """
    text = _ENCODE(data)
    text.encode()
    if "\\u0000" in text:
        raise ValueError("a NUL in canonical data")
    return text


def _done(row: Held, operation: Operation, done: Done, at: Situation) -> Verdict:
    try:
        outcome = stored_data(dict(done.data)) if done.data else "{}"
    except (ValueError, TypeError):
        broken = OutcomeUnknown(
            "what the connector returned cannot be stored", system=row.system, operation=row.operation
        )
        if row.state == EffectState.UNKNOWN:
            return after_ask(row, operation, broken, at)
        return after_call(row, operation, broken, at)
    change = Change(
        row.id, row.generation, EffectState.DONE, None, row.attempt, row.tries, row.asks, row.not_found, 0,
        row.first_sent_at, None, stored_text(done.code) if done.code else "", "", "", outcome,
    )  # fmt: skip
    return Verdict(row, change, done.data)


def _refused(row: Held, code: str, message: str, data: Any) -> Verdict:
    try:
        outcome = stored_data(dict(data))
    except (ValueError, TypeError):
        outcome = "{}"  # the refusal stands in code and message
    change = unchanged(row, EffectState.REFUSED, None)._replace(
        unknown_since=None,
        deaths=0,
        code=stored_text(code),
        message=stored_text(message),
        outcome=outcome,
    )
    return Verdict(row, change, data)


def _again(row: Held, answer: BaseException, at: Situation, *, wait: float | None) -> Verdict:
    delay = max(back_off(row.tries, at), timedelta(seconds=wait or 0.0))
    change = unchanged(row, EffectState.PLANNED, at.now + delay)._replace(
        deaths=0, code=_code(answer), message=_message(answer)
    )
    started = row.first_sent_at or at.now
    if row.tries >= at.patience.most_tries:
        change = change._replace(state=EffectState.PARKED, due_at=None, reason="too-many-tries")
    elif at.now + delay - started > at.patience.budget:
        change = change._replace(state=EffectState.PARKED, due_at=None, reason=f"too-long:{_code(answer)}")
    return _marked(Verdict(row, change), answer)


def _marked(verdict: Verdict, answer: BaseException) -> Verdict:
    return Verdict(
        verdict.row,
        verdict.change,
        answered=isinstance(answer, Rejected),
        credentials=isinstance(answer, CredentialsRefused),
        retry_after=answer.retry_after_seconds if isinstance(answer, Unavailable) else None,
    )


def _not_found(row: Held, operation: Operation, answer: NotDone, at: Situation) -> Verdict:
    if not operation.not_found_is_proof:
        return _ask_again(row, answer.code, answer.message, at, not_found=0)
    said = row.not_found + 1
    if said < at.patience.proofs:
        return _ask_again(row, answer.code, answer.message, at, not_found=said)
    change = unchanged(row, EffectState.PLANNED, at.now)._replace(
        tries=0, asks=0, not_found=0, first_sent_at=None, unknown_since=None, code="proved-not-done"
    )
    return Verdict(row, change)


def _ask_again(
    row: Held, code: str, message: str, at: Situation, *, not_found: int, wait: float | None = None
) -> Verdict:
    delay = max(ask_delay(row.asks, at), timedelta(seconds=wait or 0.0))
    change = unchanged(row, EffectState.UNKNOWN, at.now + delay)._replace(
        not_found=not_found, code=stored_text(code), message=stored_text(message)
    )
    if at.now - (row.unknown_since or at.now) >= at.patience.unknown_for:
        change = change._replace(state=EffectState.PARKED, due_at=None, reason="still-unknown")
    return Verdict(row, change)


def _first_ask(operation: Operation, at: Situation) -> datetime:
    if operation.look_up is None:
        return at.now + at.patience.unknown_for
    return at.now + ask_delay(0, at)


def _code(answer: BaseException) -> str:
    return type(answer).__name__


def _message(answer: BaseException) -> str:
    # Errors of our own tree say what may be seen; what others raised may quote anything, a person's name too.
    return stored_text(str(answer)) if isinstance(answer, ConnectorError) else ""
