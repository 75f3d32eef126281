"""Work that comes back by itself: rows with a due time, run by whichever worker is woken first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim

from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
_EVERY = "@every "
_LEASE = timedelta(minutes=15)
DUE = "select 'housekeeping' as queue where exists (select from periodic where due_at <= %(now)s and coalesce(lease_until <= %(now)s, true))"


@dataclass(frozen=True, slots=True)
class Periodic:
    """One piece of periodic work; ``run`` may run twice and beside itself.

    Attributes:
        schedule: five cron fields in local time, or ``@every SECONDS``.
        least_seconds: in a play, where ``@every 5`` would be due again before it has ended, so many real seconds pass
            between two runs.
    """

    name: str
    schedule: str
    run: Callable[[], None]
    least_seconds: float = 1.0


def next_time(schedule: str, after: datetime, *, scale: float = 1.0, least_seconds: float = 1.0) -> datetime:
    """When work with this schedule is due next.

    Args:
        scale: how fast the clock runs.
        least_seconds: see :class:`Periodic`.
    """
    if schedule.startswith(_EVERY):
        least = scale * least_seconds if scale > 1.0 else 0.0
        return after + timedelta(seconds=max(float(schedule.removeprefix(_EVERY)), least))
    return next(CronSim(schedule, after.astimezone(LOCAL))).astimezone(UTC)


def install(store: PgStore, work: Sequence[Periodic]) -> None:
    """Make the rows what this version of the program brings. Safe beside other processes that do the same."""
    with store.transaction("periodic-install") as tx:
        tx.execute("select pg_advisory_xact_lock(%s)", (0x4C54_5045,))
        tx.execute("delete from periodic where name <> all(%s)", ([each.name for each in work],))
        for each in work:
            tx.execute(
                """insert into periodic (name, schedule, due_at) values (%s, %s, %s)
                   on conflict (name) do update set schedule = excluded.schedule, due_at = excluded.due_at
                   where periodic.schedule <> excluded.schedule""",
                (each.name, each.schedule, next_time(each.schedule, tx.now)),
            )


def run_due(
    store: PgStore, work: Sequence[Periodic], told: Callable[[str, bool], None] = lambda _name, _good: None
) -> None:
    """Run what is due, one after the other, until nothing is. A failure is kept in the row and waits for its next time."""
    known = {each.name: each for each in work}
    while True:
        with store.transaction("periodic-claim") as tx:
            name = _claim(tx, list(known))
        if name is None:
            return
        done = known[name]
        failure = _run(done)
        told(name, failure is None)
        scale = _scale(store)
        with store.transaction("periodic-done") as tx:
            tx.execute(
                """update periodic set due_at = %s, lease_until = null, finished_at = %s, failure = %s where name = %s""",
                (
                    next_time(done.schedule, tx.now, scale=scale, least_seconds=done.least_seconds),
                    tx.now,
                    failure,
                    name,
                ),
            )


def _scale(store: PgStore) -> float:
    rule = getattr(store.clock, "rule", None)
    return 1.0 if rule is None else rule.scale


def _claim(tx: PgTx, names: list[str]) -> str | None:
    row = tx.fetch_one(
        """update periodic set lease_until = %(lease)s, started_at = %(now)s where name = (
               select name from periodic where due_at <= %(now)s and coalesce(lease_until <= %(now)s, true)
               and name = any(%(names)s) order by due_at for update skip locked limit 1)
           returning name""",
        {"now": tx.now, "lease": tx.now + _LEASE, "names": names},
    )
    return None if row is None else str(row["name"])


def _run(work: Periodic) -> str | None:
    try:
        work.run()
    except Exception as exc:
        # A boundary: one broken piece of housekeeping must not stop the others.
        log.exception("periodic.failed", name=work.name)
        return type(exc).__name__
    return None
