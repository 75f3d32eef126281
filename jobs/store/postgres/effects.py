"""Effect rows of one PostgreSQL transaction."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.effects.model import NewEffect
from jobs.store.postgres import effects_plan
from jobs.store.postgres.tx import PgTx


class PgEffects:
    """See :class:`jobs.effects.ports.EffectRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def plan(self, effects: Sequence[NewEffect]) -> list[bool]:
        return effects_plan.plan(self._tx, effects)
