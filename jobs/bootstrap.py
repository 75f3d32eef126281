"""Builds one process of the installation out of its settings. The only place where everything meets; read it first."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from pydantic import BaseModel

from config.metrics import PERIODIC
from config.settings import Settings, fault
from connectors.kit.seams import RandomIds, SystemChance
from jobs import periodic, queues
from jobs.access import chain
from jobs.access.service import Access
from jobs.broker.build import build_broker, sender
from jobs.broker.waker import Waker
from jobs.clock import DatabaseClock
from jobs.periodic import Periodic
from jobs.runtime import Runtime, Services
from jobs.store.postgres.store import PgStore

_PLAY_REFRESH_SECONDS = 1.0


def build(settings: Settings, dsn: str, *, worker: int | None = None) -> Runtime:
    """One process's pieces, wired. Nothing is connected before its first use, except to read the clock.

    Args:
        dsn: of the database, whichever server it is on.
        worker: number of this worker process.

    Raises:
        SettingsRefused: time is not real beside a partner that is.
        StoreUnavailable: the database does not answer.
    """
    clock = DatabaseClock(dsn, refresh_seconds=_PLAY_REFRESH_SECONDS if settings.sandbox else 30.0)
    refuse_unreal_time(settings, clock)
    broker = build_broker(dsn, settings.broker_url.get_secret_value(), worker=worker)
    wake = Waker(sender(broker))
    store = PgStore(dsn, clock, size=settings.work.threads + 4, wake=wake)
    services = Services(access=Access(store))
    work = periodic_work(store)
    return Runtime(
        settings=settings,
        dsn=dsn,
        store=store,
        clock=clock,
        ids=RandomIds(),
        chance=SystemChance(),
        broker=broker,
        wake=wake,
        services=services,
        worker=worker,
        periodic=work,
        drains={queues.HOUSEKEEPING: lambda: periodic.run_due(store, work, _count)},
    )


def periodic_work(store: PgStore) -> tuple[Periodic, ...]:
    """What comes back by itself."""
    return (Periodic("audit-seal", "@every 5", lambda: _until_none(lambda: chain.seal(store))),)


def refuse_unreal_time(settings: Settings, clock: DatabaseClock) -> None:
    """Stop when time is scaled or moved and any outside system is more than a stand-in on this machine.

    Raises:
        SettingsRefused: see above.
    """
    if clock.rule is None:
        return
    if not settings.sandbox:
        raise fault(
            "LIENTHONG_DATABASE_URL",
            "cơ sở dữ liệu này đang chạy đồng hồ giả lập; chỉ dùng được với --sandbox",
            "the clock of this database belongs to a play; it can be used with --sandbox only",
        )
    refuse_partners(settings)


def refuse_partners(settings: Settings) -> None:
    """Stop when a section leads off this machine.

    Raises:
        SettingsRefused: with the variable that does.
    """
    for system in type(settings.connectors).model_fields:
        section = getattr(settings.connectors, system)
        for name, value in _addresses(section):
            if not _is_here(value):
                raise fault(
                    f"LIENTHONG_CONNECTORS__{system}__{name}".upper(),
                    "không phải hệ thống giả lập trên máy này",
                    "is not a stand-in on this machine",
                )


def _addresses(section: object) -> list[tuple[str, str]]:
    if not isinstance(section, BaseModel):
        return []
    found = [(name, getattr(section, name)) for name in type(section).model_fields if name.endswith("url")]
    return [(name, str(value)) for name, value in found if value]


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _until_none(step: Callable[[], int]) -> None:
    while step():
        continue


def _count(name: str, good: bool) -> None:
    PERIODIC.labels(name, "done" if good else "failed").inc()
