"""What the effect engine and the domain ask of the effect rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from connectors.kit.effects import Exchange
from jobs.effects.flow import Flow, Limits
from jobs.effects.model import Effect, NewEffect
from jobs.effects.rows import Blocker, Change, Held, Proposal, Standing


class EffectRows(Protocol):
    """Effects inside one transaction: what the domain uses."""

    def plan(self, effects: Sequence[NewEffect]) -> list[bool]:
        """Write effects with the fact that causes them; ``False`` where the key is there already.

        Wakes ``effects.<system>`` after the commit.

        Raises:
            ValueError, TypeError: a payload that JSON cannot hold.
            SerialConflict: others kept writing into the same lanes; run the transaction again.
        """
        ...

    def find(self, key: str) -> Effect | None:
        """The effect with this key, as it stands."""
        ...

    def cancel(self, keys: Sequence[str], reason: str) -> list[str]:
        """Take back what has not been sent; the keys of what was taken back.

        What is being sent, may have been done, or is closed stays as it is.
        """
        ...

    def settle(
        self, key: str, *, done: bool, code: str = "", data: Mapping[str, Any] | None = None, reason: str
    ) -> bool:
        """Close an effect whose outcome came by another way (a callback, a file); ``False`` when it is closed already.

        For the domain, in the transaction of the evidence: its ``on_outcome`` is not called. An answer that is still on
        its way finds the effect closed and changes nothing.
        """
        ...


class EngineRows(EffectRows, Protocol):
    """Effects inside one transaction: what the engine uses besides."""

    def claim(
        self,
        system: str,
        operations: Sequence[str],
        limit: int,
        *,
        worker: int,
        lease_until: datetime,
        which: str = "any",
    ) -> list[Held]:
        """Make due heads ``sending``, attempt and generation raised.

        Args:
            which: ``any``, ``fresh`` (never tried), ``repeat`` (tried before), or ``suspect`` (two workers died with it;
                left out of all others).
        """
        ...

    def claim_under_flow(
        self, system: str, operations: Sequence[str], limit: int, *, worker: int, lease_until: datetime
    ) -> tuple[Flow, list[Held]]:
        """:meth:`flow` and :meth:`claim` in one go, for whoever is all but sure what the flow will allow."""
        ...

    def claim_asks(
        self, system: str, operations: Sequence[str], limit: int, *, again_at: datetime
    ) -> list[Held]:
        """Take unknown effects whose next look is due; generation and number of looks raised, due again at ``again_at``."""
        ...

    def orphans(self, system: str, limit: int, *, besides: int, dead: Sequence[int]) -> list[Held]:
        """Rows in the hands of ``dead`` workers, or whose lease is over; locked. Never those of ``besides``."""
        ...

    def in_hand_of(self, system: str) -> dict[int, bool]:
        """Workers with rows of this system in hand → whether they live."""
        ...

    def standing(self, ids: Sequence[int]) -> dict[int, Standing]:
        """Where these rows stand now."""
        ...

    def apply(self, changes: Sequence[Change]) -> set[int]:
        """Write changes whose generation is still right, raise the generation, make the next rows of their lanes head.

        Returns:
            ids of what was written.
        """
        ...

    def note(self, exchanges: Sequence[tuple[int | None, int | None, Exchange]]) -> None:
        """Keep exchanges: (effect id, attempt, exchange)."""
        ...

    def flow(self, system: str) -> Flow:
        """The system's row, locked until the commit; made with default limits when missing."""
        ...

    def save_flow(self, flow: Flow) -> None:
        """Write what the system has used and how it does."""
        ...

    def limit(self, system: str, limits: Limits) -> None:
        """Make the row of a system with these limits, unless there is one."""
        ...

    def by_id(self, effect_id: int) -> Held | None:
        """One row, locked until the commit."""
        ...

    def release(self, effect_id: int) -> None:
        """Move a row into a lane of its own, so that those behind it can leave."""
        ...


class DeskRows(EngineRows, Protocol):
    """Effects inside one transaction: what people's acts use besides."""

    def open_proposal(self, effect_id: int) -> Proposal | None:
        """What somebody proposed for this effect and nobody has decided yet."""
        ...

    def propose(self, effect_id: int, action: str, *, by: str, reason: str, evidence: str, code: str) -> None:
        """Keep a proposal that waits for a second person."""
        ...

    def close_proposal(self, effect_id: int, *, by: str, accepted: bool) -> None:
        """Decide the open proposal. Accepting takes another person than proposing; the database refuses it otherwise."""
        ...

    def stop(self, system: str, reason: str, *, by: str) -> None:
        """Hold a system back with this reason; an empty one lets it go on and closes its breaker."""
        ...

    def add_window(
        self, system: str, starts_at: datetime, ends_at: datetime, message: str, *, by: str
    ) -> None:
        """Note a time in which a system is closed."""
        ...

    def doubt(self, system: str, operations: Sequence[str]) -> int:
        """Make everything of these operations that is planned or being sent ``unknown`` and due to be asked; how many."""
        ...

    def blockers(self, later_than: datetime, limit: int = 100) -> list[Blocker]:
        """Lanes that stand still visibly: a head that is parked, unknown, or due only after ``later_than``, with rows behind."""
        ...
