"""Payment attempts, allocations and terminals on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, LiteralString

from jobs.payments.model import Allocated, Attempt, Terminal
from jobs.store.postgres.fees import LINE_NAME
from mappings.canonical.payment import AttemptState

if TYPE_CHECKING:
    from psycopg.rows import DictRow

    from jobs.store.postgres.tx import PgTx

_COLUMNS: LiteralString = """a.id, a.reference, a.key, a.channel, a.provider, a.terminal, a.amount, a.state, a.created_at,
    a.expires_at, a.request_time, a.payment_url, a.provider_reference, a.bank_reference, a.bank_code, a.code, a.paid_at,
    a.paid_amount, a.next_look_up_at, a.asks, a.payer_address, a.language, a.opened_by"""
_CREATE = """
insert into payment_attempt (reference, key, channel, provider, terminal, amount, state, created_at, expires_at, request_time,
    payment_url, provider_reference, bank_reference, bank_code, code, paid_at, paid_amount, next_look_up_at, asks,
    payer_address, language, opened_by, updated_at)
values (%(reference)s, %(key)s, %(channel)s, %(provider)s, %(terminal)s, %(amount)s, %(state)s, %(created_at)s, %(expires_at)s,
    %(request_time)s, %(payment_url)s, %(provider_reference)s, %(bank_reference)s, %(bank_code)s, %(code)s, %(paid_at)s,
    %(paid_amount)s, %(next_look_up_at)s, %(asks)s, %(payer_address)s, %(language)s, %(opened_by)s, %(now)s)
on conflict do nothing returning id
"""
_SAVE = """
update payment_attempt a set state = g.state, expires_at = g.expires_at, payment_url = g.payment_url,
    provider_reference = g.provider_reference, bank_reference = g.bank_reference, bank_code = g.bank_code, code = g.code,
    paid_at = g.paid_at, paid_amount = g.paid_amount, next_look_up_at = g.next_look_up_at, asks = g.asks, updated_at = %s
from unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::integer[])
    as g(id, state, expires_at, payment_url, provider_reference, bank_reference, bank_code, code, paid_at, paid_amount,
         next_look_up_at, asks)
where a.id = g.id
"""
_SAVED = (
    "id", "state", "expires_at", "payment_url", "provider_reference", "bank_reference", "bank_code", "code", "paid_at",
    "paid_amount", "next_look_up_at", "asks",
)  # fmt: skip


_ENDING: LiteralString = """(a.state in ('CREATED', 'SENT') or (a.state = 'UNKNOWN' and a.payment_url is null))
    and a.expires_at"""


class PgPayments:
    """See :class:`jobs.payments.ports.PaymentRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def create(self, attempt: Attempt, lines: Sequence[tuple[int, int]]) -> Attempt | None:
        """See the port."""
        facts = {name: getattr(attempt, name) for name in Attempt.__slots__}
        row = self._tx.fetch_one(_CREATE, {**facts, "now": self._tx.now})
        if row is None:
            return None
        self._tx.execute(
            """insert into allocation (attempt_id, fee_line_id, amount)
               select %s, line, amount from unnest(%s::bigint[], %s::bigint[]) as g(line, amount)""",
            (row["id"], [line for line, _ in lines], [amount for _, amount in lines]),
        )
        return Attempt(**{**facts, "id": int(row["id"])})

    def by_reference(self, reference: str) -> Attempt | None:
        """See the port."""
        return self._one("where a.reference = %s", reference)

    def by_key(self, key: str) -> Attempt | None:
        """See the port."""
        return self._one("where a.key = %s", key)

    def known(self, references: Iterable[str]) -> set[str]:
        """See the port."""
        rows = self._tx.fetch(
            "select reference from payment_attempt where reference = any(%s)", (list(references),)
        )
        return {row["reference"] for row in rows}

    def lock(self, references: Iterable[str]) -> dict[str, Attempt]:
        """See the port."""
        rows = self._tx.fetch(
            f"""select {_COLUMNS} from payment_attempt a where a.reference = any(%s)
                order by a.id for no key update""",
            (list(references),),
        )
        return {row["reference"]: _attempt(row) for row in rows}

    def save(self, attempts: Sequence[Attempt]) -> None:
        """See the port."""
        if attempts:
            self._tx.execute(
                _SAVE, [self._tx.now, *([getattr(attempt, name) for attempt in attempts] for name in _SAVED)]
            )

    def allocated(self, references: Iterable[str]) -> dict[str, list[Allocated]]:
        """See the port."""
        rows = self._tx.fetch(
            f"""select a.reference, l.attempt_id, l.fee_line_id, f.dossier_code, {LINE_NAME} as line, x.kind, x.unit, x.account,
                       x.chapter, x.item, x.share_kept_percent, l.amount, l.applied, l.taken_back
                from payment_attempt a join allocation l on l.attempt_id = a.id
                join fee_line x on x.id = l.fee_line_id join fee f on f.id = x.fee_id
                where a.reference = any(%s) order by l.attempt_id, l.fee_line_id""",
            (list(references),),
        )
        found: dict[str, list[Allocated]] = {}
        for row in rows:
            found.setdefault(row.pop("reference"), []).append(Allocated(**row))
        return found

    def apply(self, applied: Sequence[tuple[int, int, int]]) -> None:
        """See the port."""
        if applied:
            self._tx.execute(
                """update allocation l set applied = g.applied
                   from unnest(%s::bigint[], %s::bigint[], %s::bigint[]) as g(attempt, line, applied)
                   where l.attempt_id = g.attempt and l.fee_line_id = g.line""",
                [list(column) for column in zip(*applied, strict=True)],
            )

    def take_back(self, changes: Sequence[tuple[int, int, int]]) -> None:
        """See the port."""
        if changes:
            self._tx.execute(
                """update allocation l set taken_back = l.taken_back + g.amount
                   from unnest(%s::bigint[], %s::bigint[], %s::bigint[]) as g(attempt, line, amount)
                   where l.attempt_id = g.attempt and l.fee_line_id = g.line""",
                [list(column) for column in zip(*changes, strict=True)],
            )

    def of_dossier(self, dossier_code: str) -> list[Attempt]:
        """See the port."""
        return [
            _attempt(row)
            for row in self._tx.fetch(
                f"""select {_COLUMNS} from payment_attempt a where a.id in (
                        select l.attempt_id from fee f join fee_line x on x.fee_id = f.id
                        join allocation l on l.fee_line_id = x.id where f.dossier_code = %s) order by a.id""",
                (dossier_code,),
            )
        ]

    def due_look_ups(self, now: datetime, most: int) -> list[Attempt]:
        """See the port."""
        return self._due(
            "a.next_look_up_at is not null and a.next_look_up_at", "a.next_look_up_at", now, most
        )

    def expiring(self, now: datetime, most: int) -> list[Attempt]:
        """See the port."""
        return self._due(_ENDING, "a.expires_at", now, most)

    def terminals(self, provider: str, code: str) -> list[Terminal]:
        """See the port."""
        rows = self._tx.fetch(
            """select provider, code, unit, account, ipn_owner, valid_from, valid_to from terminal
               where provider = %s and code = %s order by valid_from""",
            (provider, code),
        )
        return [Terminal(**row) for row in rows]

    def add_terminal(self, terminal: Terminal) -> None:
        """See the port; the same period again changes nothing."""
        self._tx.execute(
            """insert into terminal (provider, code, unit, account, ipn_owner, valid_from, valid_to)
               values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing""",
            (terminal.provider, terminal.code, terminal.unit, terminal.account, terminal.ipn_owner, terminal.valid_from,
             terminal.valid_to),
        )  # fmt: skip

    def close_terminal(self, provider: str, code: str, last_day: date) -> None:
        """See the port."""
        self._tx.execute(
            "update terminal set valid_to = %s where provider = %s and code = %s and valid_to is null",
            (last_day, provider, code),
        )

    def _one(self, where: LiteralString, value: str) -> Attempt | None:
        row = self._tx.fetch_one(f"select {_COLUMNS} from payment_attempt a {where}", (value,))
        return None if row is None else _attempt(row)

    def _due(self, column: LiteralString, order: LiteralString, now: datetime, most: int) -> list[Attempt]:
        rows = self._tx.fetch(
            f"""select {_COLUMNS} from payment_attempt a where {column} <= %s order by {order} limit %s
                for no key update skip locked""",
            (now, most),
        )
        return [_attempt(row) for row in rows]


def _attempt(row: DictRow) -> Attempt:
    row["state"] = AttemptState(row["state"])
    return Attempt(**row)
