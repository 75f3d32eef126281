"""Sets the stage: a database of the play's own, its people, keys, units, accounts and terminals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from adapters.cli.day.outside import GATEWAY_ACCOUNT, PARTNER, TERMINAL
from adapters.cli.day.scenario import PROCEDURES

if TYPE_CHECKING:
    from jobs.store.postgres.store import PgStore

_MARK = "lienthong play: made and thrown away by run all --sandbox"
_SINCE = date(2025, 7, 1)
_AGENCIES = {
    "H21.12": "Sở Xây dựng",
    "H21.15": "Sở Nông nghiệp và Môi trường",
    "H21.129": "UBND phường Trung tâm",
    "H21.130": "UBND xã Ven",
    "H21.08": "Công an tỉnh",
}
CENTRE = "H21"
TREASURY_ACCOUNT = "3511010099"


@dataclass(frozen=True, slots=True)
class Keys:
    """API keys of the calling systems: one per agency, some readers, and the accounting office."""

    counters: dict[str, str]
    readers: tuple[str, ...]
    office: str


def account_of(agency: str) -> str:
    """The account of an agency at the stand-in bank."""
    return f"10200{sorted(_AGENCIES).index(agency) + 1:05d}"


def accounts() -> list[str]:
    """Every bank account of the play."""
    return [GATEWAY_ACCOUNT, *(account_of(agency) for agency in sorted(_AGENCIES))]


def fresh_database(dsn: str) -> str:
    """DSN of the play's own empty database beside that of ``dsn``; one of an earlier play is thrown away.

    Raises:
        psycopg.Error: the login may not make databases, or the name belongs to something that is no play.
    """
    parts = urlsplit(dsn)
    name = f"{parts.path.lstrip('/') or 'lienthong'}_play"
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s", (name,)
        ).fetchone()
        if row is not None and row[0] != _MARK:
            raise psycopg.errors.DuplicateDatabase(f"{name} is there and is no play's; it is left alone")
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("comment on database {} is {}").format(sql.Identifier(name), sql.Literal(_MARK))
        )
    return parts._replace(path=f"/{quote(name)}").geturl()


def furnish(dsn: str, start: datetime) -> Keys:
    """Migrations, the clock of the play standing at ``start``, people, keys, units, accounts, terminals, calendar."""
    from jobs.clock import DatabaseClock, set_rule
    from jobs.store.migrate import migrate
    from jobs.store.postgres.store import PgStore

    migrate(dsn)
    set_rule(dsn, start, 0.0)
    store = PgStore(dsn, DatabaseClock(dsn), size=2)
    try:
        return _furnish(store, start.year)
    finally:
        store.close()  # its threads must be gone before anybody forks


def _furnish(store: PgStore, year: int) -> Keys:
    from jobs.access.demo import add_demo_people
    from jobs.access.model import Actor, ActorKind, Scope
    from jobs.access.service import Access
    from jobs.calendar.service import import_year

    actor = Actor(ActorKind.RULE, "play")
    access = Access(store)
    add_demo_people(access, sandbox=True)
    for known in (year, year + 1):
        import_year(store, known, actor=actor)
    _units(store)

    def key(client: str, name: str, *scopes: Scope) -> str:
        return access.issue_key(client, name, scopes, actor=actor)

    pay = (Scope.PAYMENTS_WRITE, Scope.PAYMENTS_READ)
    counters = {
        agency: key(f"quay-{number}", name, *pay)
        for number, (agency, name) in enumerate(sorted(_AGENCIES.items()), 1)
    }
    readers = tuple(
        key(f"kiem-tra-{number}", "Kiểm tra", Scope.DOSSIERS_READ, Scope.PAYMENTS_READ)
        for number in range(1, 5)
    )
    office = key("ke-toan", "Phòng kế toán", Scope.STATEMENTS_WRITE, Scope.DOSSIERS_READ)
    return Keys(counters, readers, office)


def _units(store: PgStore) -> None:
    from jobs.fees.model import Unit, UnitAccount
    from jobs.payments.model import Terminal

    rows: Sequence[tuple[str, str, str]] = [
        (CENTRE, "Trung tâm Phục vụ hành chính công", GATEWAY_ACCOUNT),
        *((agency, name, account_of(agency)) for agency, name in sorted(_AGENCIES.items())),
    ]
    with store.transaction("play-units") as tx:
        for code, name, account in rows:
            tx.fees.add_unit(Unit(code, name, _SINCE))
            tx.fees.add_account(UnitAccount(code, account, "NHTHU", name, "both", _SINCE))
        for provider, terminal in (("vnpay", TERMINAL), ("payment_platform", PARTNER)):
            tx.payments.add_terminal(
                Terminal(provider, terminal, CENTRE, GATEWAY_ACCOUNT, "lienthong", _SINCE)
            )


def agencies() -> list[str]:
    """The agencies that the scenario files with."""
    return sorted({procedure.agency for procedure in PROCEDURES})
