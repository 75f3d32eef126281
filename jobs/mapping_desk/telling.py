"""How synchronisation tells again what waited for a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from jobs.store.postgres import sync as stored
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile

if TYPE_CHECKING:
    from jobs.mapping_desk.service import Tell
    from jobs.store.postgres.tx import PgTx


class Synchronising(Protocol):
    """The part of ``jobs.sync.service.Sync`` that is used here."""

    def tell(self, tx: PgTx, code: str, file: DossierFile, *, only: str = "", again: str = "") -> int: ...


def telling(sync: Synchronising) -> Tell:
    """For :meth:`jobs.mapping_desk.service.MappingDesk.tell_again`: the newest version of a dossier to one system."""

    def tell(tx: PgTx, system: str, dossier_code: str, again: str) -> int:
        found = stored.file_of(tx, dossier_code, lock=True)
        if found is None:
            return 0
        file = from_json(DossierFile, found["content"])
        return sync.tell(tx, dossier_code, file, only=system, again=again)

    return tell


__all__ = ["Synchronising", "telling"]
