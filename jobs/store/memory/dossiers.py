"""Dossiers in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.errors import Duplicate
from jobs.intake.model import Dossier
from jobs.store.memory.table import Table

if TYPE_CHECKING:
    from jobs.store.memory.store import MemoryTx


def _make() -> Table[str, Dossier]:
    return Table("dossier", unique={"source": lambda row: row.source_id or None})


class MemoryDossiers:
    """See :class:`jobs.intake.ports.DossierRows`."""

    def __init__(self, tx: MemoryTx) -> None:
        self.table: Table[str, Dossier] = tx.store.table("dossier", _make)
        self._aliases: Table[str, str] = tx.store.table("dossier_alias", lambda: Table("dossier_alias"))
        self._marks: Table[str, datetime] = tx.store.table("feed_watermark", lambda: Table("feed_watermark"))

    def by_code(self, code: str) -> Dossier | None:
        """See the port."""
        return self.table.get(code) or self.table.get(self._aliases.get(code) or "")

    def by_codes(self, codes: Iterable[str]) -> dict[str, Dossier]:
        """See the port."""
        return {code: row for code in codes if (row := self.by_code(code)) is not None}

    def by_source(self, source_ids: Iterable[str]) -> dict[str, Dossier]:
        """See the port."""
        return {
            row.source_id: row for source in source_ids if source for row in self.table.by("source", source)
        }

    def lock(self, codes: Iterable[str]) -> dict[str, Dossier]:
        """See the port; there is one transaction at a time."""
        return {code: row for code in sorted(set(codes)) if (row := self.table.get(code)) is not None}

    def save(self, dossiers: Sequence[Dossier]) -> None:
        """See the port."""
        for dossier in dossiers:
            if self.table.get(dossier.code) is not None:
                self.table.update(dossier.code, dossier)
            elif not self.table.insert(dossier.code, dossier):
                raise Duplicate(f"dossier {dossier.code}: its source id is another dossier's")

    def add_aliases(self, aliases: Mapping[str, str]) -> None:
        """See the port."""
        for alias, code in aliases.items():
            self._aliases.insert(alias, code)

    def watermark(self, feed: str) -> datetime | None:
        """See the port."""
        return self._marks.get(feed)

    def alone(self, feed: str) -> None:
        """See the port: one transaction at a time is all there is here."""

    def set_watermark(self, feed: str, at: datetime) -> None:
        """See the port."""
        before = self._marks.get(feed)
        if before is None:
            self._marks.insert(feed, at)
        else:
            self._marks.update(feed, max(before, at))
