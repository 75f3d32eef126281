"""What the work asks of dossiers, messages, events and cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from jobs.intake.model import Dossier, Message, NewCase, NewEvent


class DossierRows(Protocol):
    """Dossiers inside one transaction."""

    def by_code(self, code: str) -> Dossier | None:
        """A dossier by its code or an alias."""
        ...

    def by_codes(self, codes: Iterable[str]) -> dict[str, Dossier]:
        """Dossiers by the codes or aliases that were asked for."""
        ...

    def by_source(self, source_ids: Iterable[str]) -> dict[str, Dossier]:
        """Dossiers by the case system's id."""
        ...

    def lock(self, codes: Iterable[str]) -> dict[str, Dossier]:
        """Dossiers by code (no aliases), locked in one order until the commit. Lock them before payments."""
        ...

    def save(self, dossiers: Sequence[Dossier]) -> None:
        """Store dossiers, new or changed."""
        ...

    def add_aliases(self, aliases: Mapping[str, str]) -> None:
        """Other code → code; one that is there stays."""
        ...

    def watermark(self, feed: str) -> datetime | None: ...
    def set_watermark(self, feed: str, at: datetime) -> None: ...

    def alone(self, feed: str) -> None:
        """Wait until no other transaction takes pages of this feed; it then sees what that one stored."""
        ...


class EventRows(Protocol):
    """The time line. It only grows."""

    def add(self, events: Sequence[NewEvent]) -> None: ...


class CaseRows(Protocol):
    """What people must look at."""

    def open(self, cases: Sequence[NewCase]) -> list[bool]:
        """Open cases; ``False`` where the key is there already, open or closed."""
        ...

    def close(self, keys: Iterable[str], reason: str) -> int:
        """Close open cases by key, the reason in their evidence; how many were open."""
        ...

    def find(self, key: str) -> Mapping[str, Any] | None:
        """One case: kind, key, dossier_code, amount, state, evidence."""
        ...

    def open_of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """Open cases of a kind, oldest first."""
        ...


class InboxRows(Protocol):
    """Messages that reached us."""

    def record(self, message: Message) -> bool:
        """Store a verified message (its ``id`` is ignored); ``False`` for a repeat. The edge has a faster way."""
        ...

    def take(self, sources: Sequence[str], *, after: int, most: int) -> list[Message]:
        """Messages not worked on yet with an id above ``after``, in order, locked; those that others hold are left out."""
        ...

    def finish(self, results: Mapping[int, str]) -> None:
        """Message id → what became of it, in a word."""
        ...
