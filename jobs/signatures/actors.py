"""Thin: what the queue of signatures wakes, and what finds its work without a wake-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import LiteralString

import structlog

from jobs import queues
from jobs.signatures.service import Signatures
from jobs.signatures.validation import Validation

log = structlog.get_logger(__name__)

_BATCH = 20

FINDERS: tuple[tuple[LiteralString, Mapping[str, object]], ...] = (
    (
        """select 'signatures' as queue where exists (select from signing_session
           where state in ('asked', 'waiting') and least(work_at, ask_at, reminder_at, expires_at) <= %(now)s)""",
        {},
    ),
)
"""For the one-second sweep."""


def drains(signatures: Signatures, validation: Validation) -> dict[str, Callable[[], None]]:
    """Queue → what drains it. A list of roots that cannot be used costs time: sessions and papers stay due."""
    from connectors.signature_check.trust import TrustRefused

    def drain() -> None:
        try:
            signatures.run()
            while validation.run(_BATCH) == _BATCH:
                signatures.run()  # people wait for these; papers do not
        except TrustRefused as exc:
            log.warning("signatures.no_trust", reason=str(exc))

    return {queues.SIGNATURES: drain}
