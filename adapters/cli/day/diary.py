"""What the player really did, dossier by dossier: the checker's own source beside everybody's books. Thread-safe."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from adapters.cli.day.facts import Story


@dataclass(slots=True)
class Page:
    """Everything that was done around one dossier.

    Attributes:
        lines: the fee demand as it stands: code → đồng.
        open_on: channel → reference of the attempt that stands open there.
        tries: attempts opened so far; names the next one.
        refusal: why the last try did not go on.
    """

    code: str
    lines: dict[str, int]
    asked: dict[str, int] = field(default_factory=dict)
    open_on: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    tries: int = 0
    first_notice: bool = False
    closed: str = ""
    finished: bool = False
    closed_at: datetime | None = None
    lowered_at: datetime | None = None
    forged: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    refusal: str = ""

    @property
    def due(self) -> int:
        """What the fee demand asks, đồng."""
        return sum(self.lines.values())


class Diary:
    """One page per dossier; a page is written by its own lane only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, Page] = {}

    def page(self, code: str, lines: Mapping[str, int] | None = None) -> Page:
        """The page of a dossier; begun with the lines of its fee demand."""
        with self._lock:
            return self._pages.setdefault(code, Page(code, dict(lines or {})))

    def stories(self) -> dict[str, Story]:
        """What the checker needs of it."""
        with self._lock:
            pages = list(self._pages.values())
        return {
            page.code: Story(
                code=page.code,
                due=0 if page.closed else page.due,
                asked=dict(page.asked),
                closed=page.closed,
                closed_at=page.closed_at,
                finished=page.finished,
                lowered_at=page.lowered_at,
                forged=tuple(page.forged),
                given_up=tuple(page.given_up),
            )
            for page in pages
        }
