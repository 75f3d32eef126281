"""What comes back by itself in one installation: the feed, the day's reconciliation, seals, totals, sweeping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from jobs import queues
from jobs.access import chain
from jobs.evidence import chain as exchange_chain
from jobs.indicators import invariants
from jobs.mapping_desk.service import MappingDesk
from jobs.mapping_desk.telling import telling
from jobs.periodic import LOCAL, Periodic
from jobs.store.postgres import access
from jobs.store.postgres.views import totals

if TYPE_CHECKING:
    from jobs.assembly import Assembly
    from jobs.store.postgres.store import PgStore
    from jobs.sync.service import Sync

FEED_SECONDS = 20
PULL_SECONDS = 60
_PULL_LEAST_SECONDS = 5.0
"""In a play a minute is a moment, and other systems are not asked in every one of them."""
CHECK_SECONDS = 60
"""Between two looks for papers whose signatures nobody has checked."""
_FEED_LEAST_SECONDS = 0.25
"""In a play a reading costs a few milliseconds, and its citizens wait for it."""
PROFILE_OF = {"vnpay": "vnpay-session"}
"""Providers that send a file of each session → its profile."""
_DAYS_AGAIN = 3
"""Earlier days are judged again: what was in transit then may be missing now."""


def periodic_work(store: PgStore, parts: Assembly, wake_one: Callable[[str], None]) -> tuple[Periodic, ...]:
    """The work in the order in which it is looked at; each may run twice and beside itself.

    Args:
        wake_one: wakes a queue in one process: two that read the feed at once read it twice.
    """
    work = [
        Periodic("audit-seal", "@every 5", lambda: _until_none(lambda: chain.seal(store))),
        Periodic("exchange-seal", "@every 5", lambda: _until_none(lambda: exchange_chain.seal(store))),
        Periodic("totals", "@every 15", lambda: _until_none(lambda: totals.roll_up(store))),
        Periodic("reconcile", "15 7 * * *", lambda: _reconcile(store, parts)),
        Periodic("invariants", "20 * * * *", lambda: _check(store)),
        Periodic("forget", "40 2 * * *", lambda: _forget(store)),
    ]
    if parts.feed is not None:
        feed = Periodic(
            "feed", f"@every {FEED_SECONDS}", lambda: wake_one(queues.INTAKE), _FEED_LEAST_SECONDS
        )
        work.append(feed)
    if parts.sync is not None:
        sync = parts.sync
        work.append(Periodic("tell-again", "@every 10", lambda: _tell_again(store, sync)))
        work.append(Periodic("compare", "30 21 * * *", lambda: _compare(sync)))
    if parts.pulls is not None:
        work.append(
            Periodic("pull", f"@every {PULL_SECONDS}", lambda: wake_one(queues.PULL), _PULL_LEAST_SECONDS)
        )
    if parts.signatures.judging.possible:
        check = Periodic("signatures", f"@every {CHECK_SECONDS}", lambda: wake_one(queues.SIGNATURES))
        work.append(check)
    return tuple(work)


def _reconcile(store: PgStore, parts: Assembly) -> None:
    """Judge the days that have passed, and name the files that should be there."""
    with store.transaction("reconcile-today") as tx:
        today = tx.now.astimezone(LOCAL).date()
        terminals = tx.fetch(
            """select provider, terminal, min(created_at) as first from payment_attempt
               where provider = any(%(providers)s) group by 1, 2""",
            {"providers": list(PROFILE_OF)},
        )
    for back in range(_DAYS_AGAIN, 0, -1):
        parts.reconciliation.run(today - timedelta(days=back))
    for row in terminals:
        first = row["first"].astimezone(LOCAL).date()
        parts.reconciliation.watch_files(
            {PROFILE_OF[row["provider"]]: row["terminal"]}, {row["terminal"]: first}
        )


def _tell_again(store: PgStore, sync: Sync) -> None:
    """Dossiers that waited for a row of a code table which two people have added since."""
    MappingDesk(store).tell_again(telling(sync))


def _compare(sync: Sync) -> None:
    sync.compare()


def _check(store: PgStore) -> None:
    invariants.check(store)


def _forget(store: PgStore) -> None:
    with store.transaction("forget") as tx:
        access.sweep(tx)


def _until_none(step: Callable[[], int]) -> None:
    while step():
        continue
