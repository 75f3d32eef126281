"""The flow row of each outside system: limits, use, health, and the shares of the workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import DictRow

from jobs.effects.flow import Flow, Limits, Share
from jobs.store.postgres.arrays import encoded
from jobs.store.postgres.tx import PgTx

_READ = """
select f.*, w.ends_at as window_until
from system_flow f
left join lateral (select max(ends_at) as ends_at from system_window
                   where system = f.system and starts_at <= %(now)s and ends_at > %(now)s) w on true
where f.system = %(system)s for no key update of f"""


def read(tx: PgTx, system: str) -> Flow:
    """See :meth:`jobs.effects.ports.EngineRows.flow`."""
    row = tx.fetch_one(*question(tx, system))
    if row is None:
        limit(tx, system, Limits())
        row = tx.fetch_one(*question(tx, system))
    assert row is not None  # noqa: S101 - written one line above
    return told(system, row)


def question(tx: PgTx, system: str) -> tuple[LiteralString, dict[str, Any]]:
    """The statement that locks and reads the row."""
    return _READ, {"system": system, "now": tx.now}


def told(system: str, row: DictRow) -> Flow:
    """The row as it was read."""
    limits = Limits(
        row["rate"],
        row["burst"],
        row["daily"],
        row["concurrency"],
        row["breaker_after"],
        row["breaker_seconds"],
    )
    return Flow(
        system=system,
        limits=limits,
        stopped=row["stopped"],
        tokens=row["tokens"],
        tokens_at=row["tokens_at"],
        day=row["day"],
        day_used=row["day_used"],
        failures=row["failures"],
        openings=row["openings"],
        open_until=row["open_until"],
        trouble=row["trouble"],
        failing_until=row["failing_until"],
        retry_tokens=row["retry_tokens"],
        window_until=row["window_until"],
        shares=_shares(row["shares"]),
    )


def save(tx: PgTx, flow: Flow) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.save_flow`."""
    tx.execute(
        """update system_flow set tokens = %s, tokens_at = %s, day = %s, day_used = %s, failures = %s, openings = %s,
               open_until = %s, trouble = %s, failing_until = %s, retry_tokens = %s, shares = %s::jsonb
           where system = %s""",
        (
            flow.tokens, flow.tokens_at, flow.day, flow.day_used, flow.failures, flow.openings, flow.open_until,
            flow.trouble, flow.failing_until, flow.retry_tokens,
            encoded({str(n): [share.calls, share.until.isoformat()] for n, share in flow.shares.items()}), flow.system,
        ),
    )  # fmt: skip


def limit(tx: PgTx, system: str, limits: Limits) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.limit`."""
    tx.execute(
        """insert into system_flow (system, rate, burst, daily, concurrency, breaker_after, breaker_seconds)
           values (%s, %s, %s, %s, %s, %s, %s) on conflict (system) do nothing""",
        (
            system, limits.rate, limits.burst, limits.daily, limits.concurrency, limits.breaker_after,
            limits.breaker_seconds,
        ),
    )  # fmt: skip


def _shares(kept: dict[str, list[Any]]) -> dict[int, Share]:
    return {
        int(worker): Share(calls, datetime.fromisoformat(until)) for worker, (calls, until) in kept.items()
    }
