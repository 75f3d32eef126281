"""What an outside system may be asked now: quota, calls at once, breaker, windows, stop, rationed repeats. Pure.

One row per system, shared by all workers and locked for the length of one claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors.kit.seams import Chance

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
RETRY_SHARE = 0.1
"""Repeats per first call while a system fails."""
MOST_RETRY_TOKENS = 20.0
FAILING = timedelta(seconds=60)
_MOST_DOUBLINGS = 5
_LONGEST_OPEN = timedelta(minutes=15)
_CREDENTIALS_PAUSE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a system allows; the first row of an installation is made from it, people may change it there.

    Attributes:
        rate: calls per second, filled up continuously; ``burst`` is the most that may be saved up.
        daily: calls per local day; 0: no limit.
        concurrency: calls open at once, of all workers together.
        breaker_after: calls without an answer, one after the other, that open the breaker for ``breaker_seconds``.
    """

    rate: float = 50.0
    burst: float = 100.0
    daily: int = 0
    concurrency: int = 16
    breaker_after: int = 5
    breaker_seconds: float = 15.0


class Share(NamedTuple):
    """How many calls a worker may have open. It says so again and again while it works there."""

    calls: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Flow:
    """The row of one system, with the window that is open now and the shares of the workers."""

    system: str
    limits: Limits
    stopped: str = ""
    tokens: float = 0.0
    tokens_at: datetime | None = None
    day: date | None = None
    day_used: int = 0
    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    trouble: str = ""
    failing_until: datetime | None = None
    retry_tokens: float = MOST_RETRY_TOKENS
    window_until: datetime | None = None
    shares: Mapping[int, Share] = field(default_factory=dict)

    @property
    def calm(self) -> bool:
        """Nothing went wrong lately: good answers need not be written down."""
        return not (self.failures or self.openings or self.open_until)


class Grant(NamedTuple):
    """What a worker may do now.

    Attributes:
        rows: effects it may claim; of them at most ``repeats`` that were tried before (``None``: any number).
        calls: calls it may have open at once.
        again_at: when nothing is granted: not before.
    """

    rows: int
    repeats: int | None
    calls: int
    again_at: datetime | None = None


def grant(flow: Flow, now: datetime, wanted: int, running: int, worker: int = 0) -> tuple[Flow, Grant]:
    """What may be claimed.

    Args:
        wanted: rows that the worker would take.
        running: rows that it has in hand.
        worker: its number.
    """
    flow = _filled(flow, now)
    calls = _fair_share(flow, now, worker)
    closed = _closed_until(flow, now)
    if closed is not None:
        return flow, Grant(0, 0, calls, closed)
    if flow.limits.daily and flow.day_used >= flow.limits.daily:
        return flow, Grant(0, 0, calls, _next_day(now))
    if calls == 0:
        return flow, Grant(0, 0, 0, now + timedelta(milliseconds=50))
    rows = min(wanted, int(flow.tokens))
    if flow.limits.daily:
        rows = min(rows, flow.limits.daily - flow.day_used)
    if flow.open_until is not None:  # the pause is over: one call shows whether they are back
        rows = min(rows, 0 if running else 1)
        return flow, Grant(rows, None, 1, now + timedelta(milliseconds=200))
    repeats = None
    if flow.failing_until is not None and now < flow.failing_until:
        repeats = int(flow.retry_tokens)
    missing = max(0.0, 1.0 - flow.tokens) / flow.limits.rate if flow.limits.rate > 0 else 60.0
    return flow, Grant(rows, repeats, calls, now + timedelta(seconds=missing) if rows == 0 else None)


def spend(flow: Flow, fresh: int, repeats: int) -> Flow:
    """The row after a claim of that many."""
    if not fresh and not repeats:
        return flow
    tokens = min(MOST_RETRY_TOKENS, flow.retry_tokens + RETRY_SHARE * fresh) - repeats
    return replace(
        flow,
        tokens=flow.tokens - fresh - repeats,
        day_used=flow.day_used + fresh + repeats,
        retry_tokens=max(0.0, tokens),
    )


class CallEnd(NamedTuple):
    """How one call ended, as far as the system's health goes."""

    answered: bool
    credentials: bool = False


def after_calls(flow: Flow, ends: Iterable[CallEnd], now: datetime, chance: Chance) -> Flow:
    """The row after these calls, in the order of their ends."""
    for end in ends:
        if end.answered:
            if not flow.calm:
                flow = replace(flow, failures=0, openings=0, open_until=None, trouble="")
            continue
        flow = replace(flow, failures=flow.failures + 1, failing_until=now + FAILING)
        held = flow.open_until is not None and now < flow.open_until
        if end.credentials:
            if not held or flow.trouble != "credentials-refused":
                flow = _opened(flow, now, _CREDENTIALS_PAUSE, "credentials-refused", chance)
        elif not held and (flow.failures >= flow.limits.breaker_after or flow.openings):
            flow = _opened(flow, now, timedelta(seconds=flow.limits.breaker_seconds), "no-answer", chance)
    return flow


def _opened(flow: Flow, now: datetime, pause: timedelta, trouble: str, chance: Chance) -> Flow:
    doubled: timedelta = pause * 2 ** min(flow.openings, _MOST_DOUBLINGS)
    until = now + min(doubled, _LONGEST_OPEN) * (1 + 0.2 * chance.random())
    return replace(flow, open_until=until, openings=flow.openings + 1, trouble=trouble)


def _filled(flow: Flow, now: datetime) -> Flow:
    """Tokens up to now, and the counter of a new local day."""
    tokens = flow.limits.burst
    if flow.tokens_at is not None:
        gone = max(0.0, (now - flow.tokens_at).total_seconds())
        tokens = min(flow.limits.burst, flow.tokens + gone * flow.limits.rate)
    today = now.astimezone(LOCAL).date()
    used = flow.day_used if flow.day == today else 0
    # A clock that was set back must not fill the bucket a second time.
    at = now if flow.tokens_at is None else max(now, flow.tokens_at)
    return replace(flow, tokens=tokens, tokens_at=at, day=today, day_used=used)


def _closed_until(flow: Flow, now: datetime) -> datetime | None:
    if flow.stopped:
        return datetime.max.replace(tzinfo=now.tzinfo)
    if flow.window_until is not None:
        return flow.window_until
    if flow.open_until is not None and now < flow.open_until:
        return flow.open_until
    return None


def shared(flow: Flow, now: datetime, worker: int, calls: int | None, lasts: timedelta) -> Flow:
    """The row after a worker said how many calls it may have open (``None``: it gives its share back).

    The line is renewed when half of its time is over, so that it is not written with every claim.
    """
    mine = flow.shares.get(worker)
    if calls is None:
        return flow if mine is None else replace(flow, shares=_without(flow.shares, worker))
    if mine is not None and mine.calls == calls and mine.until - now > lasts / 2:
        return flow
    living = {number: share for number, share in flow.shares.items() if share.until > now}
    return replace(flow, shares={**living, worker: Share(calls, now + lasts)})


def buried(flow: Flow, workers: Iterable[int]) -> Flow:
    """The row without the shares of dead workers."""
    shares = flow.shares
    for worker in workers:
        shares = _without(shares, worker)
    return replace(flow, shares=shares)


def _fair_share(flow: Flow, now: datetime, worker: int) -> int:
    """Calls that one of several workers may have open; a newcomer waits until the others have shrunk to theirs."""
    others = [share for number, share in flow.shares.items() if number != worker and share.until > now]
    fair = max(1, flow.limits.concurrency // (len(others) + 1))
    return max(0, min(fair, flow.limits.concurrency - sum(share.calls for share in others)))


def _without(shares: Mapping[int, Share], worker: int) -> dict[int, Share]:
    return {number: share for number, share in shares.items() if number != worker}


def _next_day(now: datetime) -> datetime:
    tomorrow = now.astimezone(LOCAL).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=LOCAL)
