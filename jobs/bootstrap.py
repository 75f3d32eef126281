"""Builds one process of the installation out of its settings. The only place where everything meets; read it first."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dramatiq import Broker
from pydantic import BaseModel

from config.metrics import PERIODIC
from config.settings import Settings, fault
from connectors.kit.seams import RandomIds, SystemChance
from jobs import periodic, queues
from jobs.access.service import Access
from jobs.assembly import Assembly, assemble
from jobs.broker.build import build_broker, sender
from jobs.broker.postgres import PostgresBroker
from jobs.broker.waker import Waker
from jobs.clock import DatabaseClock
from jobs.effects import actors as effect_actors
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.evidence.keeper import keeper_of
from jobs.evidence.service import Evidence
from jobs.evidence.signing import signer_of
from jobs.housekeeping import periodic_work
from jobs.inbound import actors as inbound_actors
from jobs.intake import actors as intake_actors
from jobs.mapping_desk.overlay import StoredOverlay
from jobs.payments import actors as payment_actors
from jobs.refunds import actors as refund_actors
from jobs.runtime import Drain, Runtime, Services
from jobs.scheduler import Finder
from jobs.signatures import actors as signature_actors
from jobs.store.postgres.store import PgStore
from jobs.sync import actors as sync_actors
from mappings.tables import dated

if TYPE_CHECKING:
    from jobs.store.ports import Boundary

_PLAY_REFRESH_SECONDS = 0.25
_LEASE = timedelta(seconds=90)
_PLAY_LEASE = timedelta(hours=6)
"""A play's hours are seconds: a lease guards a process, so it is counted in the play's time."""
_NO_WORKER = 0

FINDERS: tuple[Finder, ...] = (
    (periodic.DUE, {}),
    *((sql, {}) for sql in payment_actors.FINDERS),
    *((sql, {}) for sql in refund_actors.FINDERS),
    *sync_actors.FINDERS,
    *inbound_actors.FINDERS,
    *signature_actors.FINDERS,
    *effect_actors.FINDERS,
)
"""What the one-second sweep asks: open work that no wake-up reached."""


def build(
    settings: Settings, dsn: str, *, worker: int | None = None, boundary: Boundary | None = None
) -> Runtime:
    """One process's pieces, wired. Nothing is connected before its first use, except to read the clock.

    Args:
        dsn: of the database, whichever server it is on.
        worker: number of this worker process; ``None`` outside workers.
        boundary: names crash points for the proofs.

    Raises:
        SettingsRefused: time is not real beside a partner that is.
        StoreUnavailable: the database does not answer.
    """
    clock = installation_clock(settings, dsn)
    broker = build_broker(dsn, settings.broker_url.get_secret_value(), worker=worker)
    wake = Waker(sender(broker))
    crash = {} if boundary is None else {"boundary": boundary}
    keeper = keeper_of(settings)
    store = PgStore(dsn, clock, size=settings.work.threads + 4, wake=wake, keeper=keeper, **crash)
    dated.install(StoredOverlay(store))
    ids, chance, stopping = RandomIds(), SystemChance(), Event()
    parts = assemble(settings, store, clock=clock, ids=ids, chance=chance)
    engine = Engine(
        store,
        parts.connectors.operations,
        parts.handlers,
        clock=clock,
        chance=chance,
        worker=worker or _NO_WORKER,
        lease=_PLAY_LEASE if clock.rule is not None else _LEASE,
        stopping=stopping,
        boundary=boundary,
        bodies=keeper is not None,
    )
    work = periodic_work(store, parts, _wake_one(broker, wake))
    return Runtime(
        settings=settings,
        dsn=dsn,
        store=store,
        clock=clock,
        ids=ids,
        chance=chance,
        broker=broker,
        wake=wake,
        services=Services(
            access=Access(store),
            payments=parts.payments,
            refunds=parts.refunds,
            reconciliation=parts.reconciliation,
            effects=parts.desk,
            sync=parts.sync,
            links=parts.links,
            evidence=Evidence(store, keeper, signer_of(settings)),
            inbound=parts.inbound,
            signatures=parts.signatures,
        ),
        worker=worker,
        connectors=parts.connectors,
        engine=engine,
        periodic=work,
        drains={
            **effect_actors.drains(engine),
            **payment_actors.drains(store, parts.payments),
            **refund_actors.drains(parts.refunds),
            **_intake(parts, store),
            **_inbound(parts),
            **({} if parts.sync is None else sync_actors.drains(parts.sync)),
            **signature_actors.drains(parts.signatures, parts.validation),
            queues.HOUSEKEEPING: lambda: periodic.run_due(store, work, _count),
        },
        stopping=stopping,
    )


def installation_clock(settings: Settings, dsn: str) -> DatabaseClock:
    """The clock of a process; where a play may change its rule it is read again every quarter of a second.

    Raises:
        SettingsRefused: time is not real beside a partner that is.
        StoreUnavailable: the database does not answer.
    """
    clock = (
        DatabaseClock(dsn, refresh_seconds=_PLAY_REFRESH_SECONDS, keep=True)
        if settings.sandbox
        else DatabaseClock(dsn)
    )
    refuse_unreal_time(settings, clock)
    return clock


def install(runtime: Runtime) -> None:
    """What the program brings into the database: periodic work, first limits of each system. Safe to repeat."""
    periodic.install(runtime.store, runtime.periodic)
    effect_actors.install_limits(
        runtime.store, {system: Limits() for system in {key[0] for key in runtime.connectors.operations}}
    )


def _wake_one(broker: Broker, wake: Waker) -> Callable[[str], None]:
    """Wakes a queue in one process: by RabbitMQ one consumer gets the message, a NOTIFY would reach them all."""
    if isinstance(broker, PostgresBroker):
        return broker.ring
    return lambda queue: wake({queue})


def _intake(parts: Assembly, store: PgStore) -> dict[str, Drain]:
    return {} if parts.feed is None else intake_actors.drains(parts.feed, store)


def _inbound(parts: Assembly) -> dict[str, Drain]:
    inbound, pulls = parts.inbound, parts.pulls
    return {} if inbound is None or pulls is None else inbound_actors.drains(inbound, pulls)


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


def _count(name: str, good: bool) -> None:
    PERIODIC.labels(name, "done" if good else "failed").inc()
