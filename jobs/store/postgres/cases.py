"""Cases on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from jobs.intake.model import NewCase

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx

_COLUMNS = "id, kind, key, dossier_code, amount, opened_at, deadline, state, evidence"


class PgCases:
    """See :class:`jobs.intake.ports.CaseRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def open(self, cases: Sequence[NewCase]) -> list[bool]:
        """See the port."""
        if not cases:
            return []
        rows = self._tx.fetch(
            """insert into case_item (kind, key, dossier_code, amount, opened_at, deadline, owner, state, evidence)
               select distinct on (key) kind, key, dossier_code, amount, %s, deadline, null, 'open', evidence
               from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[], %s::jsonb[])
                   with ordinality as g(kind, key, dossier_code, amount, deadline, evidence, n) order by key, n
               on conflict (key) do nothing returning key""",
            (
                self._tx.now,
                [c.kind for c in cases],
                [c.key for c in cases],
                [c.dossier_code or None for c in cases],
                [c.amount for c in cases],
                [c.deadline for c in cases],
                [Jsonb(dict(c.evidence)) for c in cases],
            ),
        )
        new = {row["key"] for row in rows}
        told = []
        for case in cases:
            told.append(case.key in new)
            new.discard(case.key)
        return told

    def close(self, keys: Iterable[str], reason: str) -> int:
        """See the port."""
        wanted = list(keys)
        if not wanted:
            return 0
        why = {"closed_because": reason, "closed_at": self._tx.now.isoformat()}
        return self._tx.execute(
            """update case_item set state = 'closed', evidence = evidence || %s
               where key = any(%s) and state <> 'closed'""",
            (Jsonb(why), wanted),
        ).rowcount

    def find(self, key: str) -> Mapping[str, Any] | None:
        """See the port."""
        return self._tx.fetch_one(f"select {_COLUMNS} from case_item where key = %s", (key,))

    def open_of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """See the port."""
        return list(
            self._tx.fetch(
                f"select {_COLUMNS} from case_item where state = 'open' and kind = %s order by id", (kind,)
            )
        )
