"""Cases in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobs.intake.model import NewCase
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


@dataclass(frozen=True, slots=True)
class CaseRow:
    """As table ``case_item``."""

    id: int
    kind: str
    key: str
    dossier_code: str | None
    amount: int | None
    opened_at: datetime
    deadline: datetime | None
    state: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


def _make() -> Table[str, CaseRow]:
    return Table("case_item", indexes={"open": lambda row: row.kind if row.state == "open" else None})


class MemoryCases:
    """See :class:`jobs.intake.ports.CaseRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self._tx = tx
        self.table: Table[str, CaseRow] = tx.store.table("case_item", _make)

    def open(self, cases: Sequence[NewCase]) -> list[bool]:
        """See the port."""
        return [self._open(case) for case in cases]

    def _open(self, case: NewCase) -> bool:
        if self.table.get(case.key) is not None:
            return False
        row = CaseRow(
            self._tx.store.next_number("case_item"), case.kind, case.key, case.dossier_code or None, case.amount,
            self._tx.now, case.deadline, "open", dict(case.evidence),
        )  # fmt: skip
        return self.table.insert(case.key, row)

    def close(self, keys: Iterable[str], reason: str) -> int:
        """See the port."""
        closed = 0
        for key in keys:
            row = self.table.get(key)
            if row is not None and row.state != "closed":
                why = {"closed_because": reason, "closed_at": self._tx.now.isoformat()}
                self.table.update(key, replace(row, state="closed", evidence={**row.evidence, **why}))
                closed += 1
        return closed

    def find(self, key: str) -> Mapping[str, Any] | None:
        """See the port."""
        row = self.table.get(key)
        return None if row is None else _mapping(row)

    def open_of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """See the port."""
        return [_mapping(row) for row in sorted(self.table.by("open", kind), key=lambda row: row.id)]


def _mapping(row: CaseRow) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in CaseRow.__slots__}
