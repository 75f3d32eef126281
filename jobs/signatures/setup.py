"""The signing work of one process, out of its settings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from connectors import registry
from jobs.signatures.judging import Judging
from jobs.signatures.model import CASE_SYSTEM, FINISH, PROVIDERS
from jobs.signatures.service import Signatures
from jobs.signatures.validation import Validation

if TYPE_CHECKING:
    from config.settings import Settings
    from connectors.kit.seams import Clock, Ids
    from connectors.registry import Connectors
    from jobs.store.postgres.store import PgStore


def signing(
    settings: Settings, store: PgStore, connectors: Connectors, *, clock: Clock, ids: Ids
) -> tuple[Signatures, Validation]:
    """Sessions with the providers that are set, and the checking of papers; both rest where no roots are set."""
    judging = Judging(settings.signature_check, clock)
    here = [system for system in PROVIDERS if system in connectors.clients]
    words = registry.words() if here else {}
    signatures = Signatures(
        store,
        ids,
        judging,
        {system: words[system]["name"][0] for system in here},
        key=settings.signatures.key.get_secret_value(),
        tells=CASE_SYSTEM in connectors.clients,
        finish=[system for system in here if (system, FINISH) in connectors.operations],
        reminder=timedelta(hours=settings.signatures.reminder_hours),
    )
    return signatures, Validation(store, judging)


__all__ = ["signing"]
