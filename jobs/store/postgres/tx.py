"""One PostgreSQL transaction and the repositories that hang on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg.rows import DictRow

if TYPE_CHECKING:
    from jobs.evidence.keeper import Keeper
    from jobs.store.postgres.cases import PgCases
    from jobs.store.postgres.dossiers import PgDossiers
    from jobs.store.postgres.effects import PgEffects
    from jobs.store.postgres.events import PgEvents
    from jobs.store.postgres.fees import PgFees
    from jobs.store.postgres.inbox import PgInbox
    from jobs.store.postgres.ledger import PgLedger
    from jobs.store.postgres.payments import PgPayments
    from jobs.store.postgres.refunds import PgRefunds

Params = Sequence[Any] | Mapping[str, Any] | None


class PgTx:
    """An open transaction. Not to be kept after its block, not to be shared between threads."""

    def __init__(
        self,
        connection: psycopg.Connection[DictRow],
        *,
        name: str,
        now: datetime,
        keeper: Keeper | None = None,
    ) -> None:
        """``keeper``: encrypts bodies of exchanges; ``None``: they are not kept."""
        self.connection = connection
        self.keeper = keeper
        self.name = name
        self.now = now
        self.wakes: set[str] = set()

    def execute(self, sql: LiteralString, params: Params = None) -> psycopg.Cursor[DictRow]:
        """Run one statement."""
        return self.connection.execute(sql, params)

    def fetch(self, sql: LiteralString, params: Params = None) -> list[DictRow]:
        """All rows of one statement."""
        return self.connection.execute(sql, params).fetchall()

    def fetch_one(self, sql: LiteralString, params: Params = None) -> DictRow | None:
        """The first row of one statement, or ``None``."""
        return self.connection.execute(sql, params).fetchone()

    def wake(self, queue: str) -> None:
        """Wake the workers of ``queue`` after the commit."""
        self.wakes.add(queue)

    @cached_property
    def effects(self) -> PgEffects:
        from jobs.store.postgres.effects import PgEffects

        return PgEffects(self)

    @cached_property
    def inbox(self) -> PgInbox:
        from jobs.store.postgres.inbox import PgInbox

        return PgInbox(self)

    @cached_property
    def dossiers(self) -> PgDossiers:
        from jobs.store.postgres.dossiers import PgDossiers

        return PgDossiers(self)

    @cached_property
    def events(self) -> PgEvents:
        from jobs.store.postgres.events import PgEvents

        return PgEvents(self)

    @cached_property
    def cases(self) -> PgCases:
        from jobs.store.postgres.cases import PgCases

        return PgCases(self)

    @cached_property
    def ledger(self) -> PgLedger:
        from jobs.store.postgres.ledger import PgLedger

        return PgLedger(self)

    @cached_property
    def fees(self) -> PgFees:
        from jobs.store.postgres.fees import PgFees

        return PgFees(self)

    @cached_property
    def payments(self) -> PgPayments:
        from jobs.store.postgres.payments import PgPayments

        return PgPayments(self)

    @cached_property
    def refunds(self) -> PgRefunds:
        from jobs.store.postgres.refunds import PgRefunds

        return PgRefunds(self)
