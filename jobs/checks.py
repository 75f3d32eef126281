"""What ``doctor`` asks of an installation: each check answers good, warning or wrong, and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from config.settings import Settings
from jobs import bootstrap
from jobs.clock import DatabaseClock
from jobs.errors import StoreUnavailable
from jobs.health import rabbitmq_trouble
from jobs.store import migrate

OLDEST_SERVER = 150_000
_LEAST_FREE_BYTES = 2_000_000_000
_MOST_CLOCK_SECONDS = 2.0


class Verdict(StrEnum):
    """How a check went."""

    GOOD = "ok"
    WARNING = "warning"
    WRONG = "error"


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of one check.

    Attributes:
        next_vi: what to do, in Vietnamese; empty when good.
    """

    name: str
    verdict: Verdict
    said: str
    next_vi: str = ""
    next_en: str = ""


Check = Callable[[Settings, str], Iterator[Found]]


def database(_settings: Settings, dsn: str) -> Iterator[Found]:
    """Reachable, new enough, with the right to act as the application's role."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            version = connection.info.server_version
            durable = connection.execute("show synchronous_commit").fetchone()
            flush = connection.execute("show fsync").fetchone()
    except psycopg.Error as exc:
        yield Found(
            "database", Verdict.WRONG, type(exc).__name__,
            "Kiểm tra LIENTHONG_DATABASE_URL và máy chủ.", "Check LIENTHONG_DATABASE_URL and the server.",
        )  # fmt: skip
        return
    if version < OLDEST_SERVER:
        yield Found("database", Verdict.WRONG, f"PostgreSQL {version // 10000}", "Cần bản 15 trở lên.", "Version 15 or newer is needed.")  # fmt: skip
    elif durable == ("off",) or flush == ("off",):
        yield Found(
            "database", Verdict.WRONG, "commits are not durable",
            "Bật fsync và synchronous_commit: tiền đã ghi nhận có thể mất.",
            "Switch fsync and synchronous_commit on: acknowledged money may be lost.",
        )  # fmt: skip
    else:
        yield Found("database", Verdict.GOOD, f"PostgreSQL {version // 10000}.{version % 10000}")


def migrations(_settings: Settings, dsn: str) -> Iterator[Found]:
    """Nothing pending, nothing changed."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            missing = migrate.pending(connection)
    except (psycopg.Error, migrate.MigrationRefused) as exc:
        yield Found("migrations", Verdict.WRONG, str(exc).splitlines()[0], "Xem 'lienthong db check'.", "See 'lienthong db check'.")  # fmt: skip
        return
    if missing:
        yield Found("migrations", Verdict.WRONG, f"{len(missing)} pending", "Chạy 'lienthong db migrate'.", "Run 'lienthong db migrate'.")  # fmt: skip
    else:
        yield Found("migrations", Verdict.GOOD, f"{len(migrate.migrations())} applied")


def broker(settings: Settings, _dsn: str) -> Iterator[Found]:
    """The broker answers; without one the database is it."""
    url = settings.broker_url.get_secret_value()
    trouble = rabbitmq_trouble(url) if url else None
    if trouble:
        yield Found(
            "broker", Verdict.WRONG, trouble, "Kiểm tra LIENTHONG_BROKER_URL.", "Check LIENTHONG_BROKER_URL."
        )
    else:
        yield Found("broker", Verdict.GOOD, "RabbitMQ" if url else "PostgreSQL")


def clock(settings: Settings, dsn: str) -> Iterator[Found]:
    """Time is real, and the machine's clock agrees with the database's (only papers of others are compared with it)."""
    from connectors.kit.seams import MachineClock

    told = DatabaseClock(dsn)
    try:
        bootstrap.refuse_unreal_time(settings, told)
        apart = abs((told.now() - MachineClock().now()).total_seconds()) if told.rule is None else 0.0
    except StoreUnavailable as exc:
        yield Found("clock", Verdict.WRONG, str(exc))
        return
    if apart > _MOST_CLOCK_SECONDS:
        yield Found(
            "clock", Verdict.WARNING, f"{apart:.0f} s apart from the database",
            "Đồng bộ giờ của máy (NTP).", "Synchronise this machine's clock (NTP).",
        )  # fmt: skip
    else:
        yield Found("clock", Verdict.GOOD, "real time" if told.rule is None else "a play's time")


def disk(settings: Settings, _dsn: str) -> Iterator[Found]:
    """Room for the embedded server's data."""
    from jobs.store.embedded.places import default_home

    place: Path = settings.data_directory or default_home()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < _LEAST_FREE_BYTES:
        yield Found("disk", Verdict.WARNING, f"{free / 1e9:.1f} GB free", "Giải phóng dung lượng đĩa.", "Free some disk space.")  # fmt: skip
    else:
        yield Found("disk", Verdict.GOOD, f"{free / 1e9:.0f} GB free")


def evidence(settings: Settings, _dsn: str) -> Iterator[Found]:
    """Bodies of exchanges are kept, and a dossier's evidence can be handed out."""
    kept, signed = bool(settings.evidence.master_keys), bool(settings.evidence.signing_key.get_secret_value())
    if not kept:
        yield Found(
            "evidence", Verdict.WARNING, "bodies of exchanges are not kept",
            "Đặt LIENTHONG_EVIDENCE__MASTER_KEY_FILE (openssl rand -base64 32) nếu cần giữ nội dung trao đổi.",
            "Set LIENTHONG_EVIDENCE__MASTER_KEY_FILE (openssl rand -base64 32) to keep what is exchanged.",
        )  # fmt: skip
    elif not signed:
        yield Found(
            "evidence", Verdict.WARNING, "no key to sign packs with",
            "Đặt LIENTHONG_EVIDENCE__SIGNING_KEY_FILE (openssl genpkey -algorithm ed25519).",
            "Set LIENTHONG_EVIDENCE__SIGNING_KEY_FILE (openssl genpkey -algorithm ed25519).",
        )  # fmt: skip
    else:
        yield Found("evidence", Verdict.GOOD, "bodies are kept; packs are signed")


OFFLINE: dict[str, Check] = {
    "database": database,
    "migrations": migrations,
    "broker": broker,
    "clock": clock,
    "disk": disk,
    "evidence": evidence,
}
"""Checks of what is ours; none of them asks a partner."""


def run(settings: Settings, dsn: str, only: frozenset[str] = frozenset()) -> Iterator[Found]:
    """The checks in order.

    Args:
        dsn: empty when the embedded server is not running: what needs it is left out, with a warning.
        only: names of the checks that are wanted; empty: all.
    """
    for name, check in OFFLINE.items():
        if only and name not in only:
            continue
        if not dsn and check in (database, migrations, clock):
            yield Found(
                name, Verdict.WARNING, "the embedded PostgreSQL is not running",
                "Chạy 'lienthong run all'.", "Start 'lienthong run all'.",
            )  # fmt: skip
            continue
        yield from check(settings, dsn)
