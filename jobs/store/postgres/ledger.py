"""The ledger on PostgreSQL: one statement books many transactions; the balance is checked at the commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from jobs.errors import Duplicate
from jobs.ledger.model import Dates, Entry, OpeningItem, Transaction, same_content

if TYPE_CHECKING:
    from psycopg.rows import DictRow

    from jobs.store.postgres.tx import PgTx

# Ids follow the order given; what is booked already brings no entries.
_ADD = """
with made as (
    insert into ledger_transaction
        (event, document, at, transaction_on, value_on, booked_on, corrects, actor, correlation_id)
    select event, document, %s, transaction_on, value_on, booked_on, corrects, actor, correlation_id
    from unnest(%s::text[], %s::text[], %s::date[], %s::date[], %s::date[], %s::bigint[], %s::text[], %s::text[])
        with ordinality as g(event, document, transaction_on, value_on, booked_on, corrects, actor, correlation_id, n)
    order by n
    on conflict (event, document) do nothing
    returning id, event, document
), booked as (
    insert into ledger_entry (transaction_id, account, amount, reference)
    select m.id, e.account, e.amount, e.reference
    from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
        with ordinality as e(event, document, account, amount, reference, n)
    join made m using (event, document)
    order by n
)
select event, document from made
"""
_FIND = """
select t.id, t.event, t.document, t.transaction_on, t.value_on, t.booked_on, t.corrects, t.actor, t.correlation_id,
       e.account, e.amount, e.reference
from unnest(%s::text[], %s::text[]) as k(event, document)
join ledger_transaction t using (event, document) join ledger_entry e on e.transaction_id = t.id order by e.id
"""


class PgLedger:
    """See :class:`jobs.ledger.ports.LedgerRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def add(self, transactions: Sequence[Transaction]) -> list[bool]:
        """See the port."""
        if not transactions:
            return []
        given: dict[tuple[str, str], Transaction] = {}
        for t in transactions:
            given.setdefault((t.event, t.document), t)  # the first of two equal ones counts
        heads = list(given.values())
        entries = [(t.event, t.document, e) for t in heads for e in t.entries]
        rows = self._tx.fetch(
            _ADD,
            (
                self._tx.now,
                [t.event for t in heads],
                [t.document for t in heads],
                [t.dates.transaction_on for t in heads],
                [t.dates.value_on for t in heads],
                [t.dates.booked_on for t in heads],
                [t.corrects for t in heads],
                [t.actor for t in heads],
                [t.correlation_id for t in heads],
                [event for event, _, _ in entries],
                [document for _, document, _ in entries],
                [e.account for _, _, e in entries],
                [e.amount for _, _, e in entries],
                [e.reference for _, _, e in entries],
            ),
        )
        new = {(row["event"], row["document"]) for row in rows}
        if len(new) < len(transactions):
            self._refuse_other_content(
                [
                    t
                    for t in transactions
                    if given[t.event, t.document] is not t or (t.event, t.document) not in new
                ]
            )
        told = []
        for t in transactions:
            told.append((t.event, t.document) in new)
            new.discard((t.event, t.document))
        return told

    def find(self, event: str, document: str) -> Transaction | None:
        """See the port."""
        return _transactions(self._tx.fetch(_FIND, ([event], [document]))).get((event, document))

    def balance(self, account: str) -> int:
        """See the port."""
        row = self._tx.fetch_one(
            "select coalesce(sum(amount), 0)::bigint as amount from ledger_entry where account = %s",
            (account,),
        )
        return int(row["amount"]) if row else 0

    def balances(self, kind: str) -> dict[str, int]:
        """See the port."""
        rows = self._tx.fetch(
            """select account, sum(amount)::bigint as amount from ledger_entry
               where account like %s group by account having sum(amount) <> 0 order by account""",
            (kind.replace("_", "\\_") + ":%",),
        )
        return {str(row["account"]): int(row["amount"]) for row in rows}

    def of_reference(self, reference: str) -> list[Entry]:
        """See the port."""
        rows = self._tx.fetch(
            "select account, amount, reference from ledger_entry where reference = %s and reference <> '' order by id",
            (reference,),
        )
        return [Entry(str(row["account"]), int(row["amount"]), str(row["reference"])) for row in rows]

    def remember(self, items: Sequence[OpeningItem], as_of: date, by: str) -> list[bool]:
        """See the port."""
        if not items:
            return []
        rows = self._tx.fetch(
            """insert into opening_item (as_of, kind, name, amount, document, imported_by, imported_at)
               select %s, kind, name, amount, document, %s, %s
               from unnest(%s::text[], %s::text[], %s::bigint[], %s::text[]) with ordinality
                   as g(kind, name, amount, document, n) order by n
               on conflict (as_of, kind, name) do nothing returning kind, name""",
            (
                as_of,
                by,
                self._tx.now,
                [item.kind for item in items],
                [item.name for item in items],
                [item.amount for item in items],
                [item.document for item in items],
            ),
        )
        new = {(row["kind"], row["name"]) for row in rows}
        return [(item.kind, item.name) in new for item in items]

    def _refuse_other_content(self, repeated: Sequence[Transaction]) -> None:
        booked = _transactions(
            self._tx.fetch(
                _FIND, [list(names) for names in zip(*{(t.event, t.document) for t in repeated}, strict=True)]
            )
        )
        for t in repeated:
            there = booked.get((t.event, t.document))
            if there is None or not same_content(there, t):
                raise Duplicate(f"{t.event} {t.document} is booked with other entries")


def _transactions(rows: Sequence[DictRow]) -> dict[tuple[str, str], Transaction]:
    lines: dict[tuple[str, str], list[DictRow]] = {}
    for row in rows:
        lines.setdefault((str(row["event"]), str(row["document"])), []).append(row)
    return {
        key: Transaction(
            key[0], key[1], Dates(own[0]["transaction_on"], own[0]["value_on"], own[0]["booked_on"]),
            tuple(Entry(str(r["account"]), int(r["amount"]), str(r["reference"])) for r in own),
            str(own[0]["actor"]), str(own[0]["correlation_id"]), own[0]["corrects"], int(own[0]["id"]),
        )
        for key, own in lines.items()
    }  # fmt: skip
