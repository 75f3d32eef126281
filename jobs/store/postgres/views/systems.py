"""The lights of the outside systems and the money held. Read from a few newest rows and from small totals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import DictRow

from jobs.store.postgres.tx import PgTx

LOOKED_AT = 20
BROKEN_AFTER = 5
SLOW_MS = 5_000


@dataclass(frozen=True, slots=True)
class Light:
    """One light; ``state`` is ``open``, ``slow``, ``broken`` or ``quiet``."""

    system: str
    state: str
    since: datetime | None = None
    message: str = ""


def lights(tx: PgTx) -> list[Light]:
    """One light per system of the installation, from its newest calls; by name.

    Asked as a range of systems, so that the index of systems is the only way to that order: along the ids alone a
    system that nobody calls would be looked for in all calls ever made.
    """
    rows = tx.fetch(
        """select s.system, x.at, x.outcome, x.duration_ms from system_flow s
           left join lateral (select id, at, outcome, duration_ms from exchange e
                              where e.system between s.system and s.system and e.direction = 'out'
                              order by e.system desc, e.id desc limit %(most)s) x on true
           order by s.system, x.id desc""",
        {"most": LOOKED_AT},
    )
    calls: dict[str, list[DictRow]] = {}
    for row in rows:
        of_system = calls.setdefault(str(row["system"]), [])
        if row["at"]:
            of_system.append(row)
    return [light(name, newest_first) for name, newest_first in calls.items()]


def light(system: str, newest_first: list[DictRow]) -> Light:
    """The light of a system whose newest calls are these. An answer that refuses is still an answer."""
    if not newest_first:
        return Light(system, "quiet")
    failed = [row["outcome"] in ("Unavailable", "OutcomeUnknown", "ContractBroken") for row in newest_first]
    streak = next((number for number, bad in enumerate(failed) if not bad), len(failed))
    if streak >= BROKEN_AFTER:
        return Light(system, "broken", newest_first[streak - 1]["at"])
    middle = sorted(row["duration_ms"] for row in newest_first)[len(newest_first) // 2]
    return Light(system, "slow" if middle > SLOW_MS else "open")


def money_held(tx: PgTx) -> dict[str, int]:
    """What gateways, citizens and nobody-yet have a claim on, from the rolled-up totals of the accounts."""
    row = tx.fetch_one(
        """select coalesce(sum(amount) filter (where account like '%%receivable%%'), 0)::bigint as receivable,
                  coalesce(-sum(amount) filter (where account like '%%refund%%payable%%'), 0)::bigint as payable,
                  coalesce(-sum(amount) filter (where account like '%%suspense%%'), 0)::bigint as suspense
           from account_total"""
    )
    return {name: int(value) for name, value in row.items()} if row else {}
