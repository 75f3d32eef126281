"""What the effect engine and the domain ask of the effect rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jobs.effects.model import NewEffect


class EffectRows(Protocol):
    """Effects inside one transaction."""

    def plan(self, effects: Sequence[NewEffect]) -> list[bool]:
        """Write effects with the fact that causes them; ``False`` where the key is there already.

        Wakes ``effects.<system>`` after the commit.
        """
        ...
