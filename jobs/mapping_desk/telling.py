"""How synchronisation tells again what waited for a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from jobs.store.postgres import sync as stored
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile

if TYPE_CHECKING:
    from jobs.mapping_desk.service import Tell
    from jobs.store.postgres.tx import PgTx


class Synchronising(Protocol):
    """The part of ``jobs.sync.service.Sync`` that is used here."""

    def tell(self, tx: PgTx, files: Mapping[str, DossierFile], *, only: str = "", again: str = "") -> int: ...


def telling(sync: Synchronising) -> Tell:
    """For :meth:`jobs.mapping_desk.service.MappingDesk.tell_again`: the newest version of a dossier to one system."""

    def tell(tx: PgTx, system: str, dossier_code: str, again: str) -> int:
        stored.lock(tx, [dossier_code])
        found = stored.files_of(tx, [dossier_code])
        files = {code: from_json(DossierFile, row["content"]) for code, row in found.items()}
        return sync.tell(tx, files, only=system, again=again)

    return tell


__all__ = ["Synchronising", "telling"]
