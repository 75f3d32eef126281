"""The daily comparison: every system is asked, through the engine, for what it once confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from jobs.effects.model import NewEffect
from jobs.store.postgres import sync as rows
from jobs.sync.service import Sync
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile

if TYPE_CHECKING:
    from jobs.store.postgres.store import PgStore

_EVERY = timedelta(hours=20)
_BACK = timedelta(days=30)
_BATCH = 500
_LAST = 9
"""Priority: behind everything."""


def compare(store: PgStore, sync: Sync) -> int:
    """Plan the questions of a day; how many. Asked through the engine, so quotas and closing hours hold."""
    asked = 0
    for system, route in sync.routes.items():
        if route.ask is None:
            continue
        while True:
            with store.transaction("sync-compare") as tx:
                due = rows.to_compare(tx, system, tx.now - _EVERY, tx.now - _BACK, _BATCH)
                files = rows.files_of(tx, [row["dossier_code"] for row in due])
                effects = []
                for row in due:
                    code = row["dossier_code"]
                    if code not in files:
                        continue
                    payload = route.ask(from_json(DossierFile, files[code]["content"]), row["reference"])
                    effects.append(
                        NewEffect(
                            key=f"sync-compare:{system}:{code}:{tx.now:%Y%m%d%H%M}",
                            system=system,
                            operation=route.ask_operation,
                            lane=f"{code}:compare",
                            payload=payload,
                            dossier_code=code,
                            cause="sync-compare",
                            priority=_LAST,
                        )
                    )
                asked += sum(tx.effects.plan(effects))
            if len(due) < _BATCH:
                break
    return asked
