"""How an effect of a session is written: its key, and which session it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.effects.model import NewEffect
from jobs.signatures.model import CAUSE, MARK

_PRIORITY = 1
"""Somebody waits with a phone in the hand."""


def effect_of(
    row: Mapping[str, object],
    what: str,
    operation: str,
    payload: Mapping[str, object],
    *,
    lane: str,
    mark: Mapping[str, object] | None = None,
) -> NewEffect:
    """The effect ``what`` of the session ``row``; ``mark``: what its handler must know beside the session."""
    session = str(row["id"])
    return NewEffect(
        key=f"signing:{session}:{what}",
        system=str(row["provider"]),
        operation=operation,
        lane=lane,
        payload={**payload, MARK: {"session": session, **(mark or {})}},
        dossier_code=str(row["dossier_code"]),
        reference=str(row["transaction"]),
        cause=CAUSE,
        priority=_PRIORITY,
    )
