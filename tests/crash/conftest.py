"""A database, a world in a folder, and a warm parent whose children may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.crash.lasting_world import LastingWorld
from tests.crash.nursery import Nursery
from tests.simulation.offices import their_books
from tests.support import checker, checker_rows
from tests.support.checker import Client
from tests.support.clock import MONDAY_MORNING
from tests.support.database import reset

PEACE = (1, 3, 20, 24, 24, 24, 3, 24, 24)
"""Hours that pass in the recovery: past every lease, back-off and session; a refund that nobody can tell anything about
is a person's after three days, is sent again, and needs a session more."""


@dataclass
class Scene:
    """One database with one world: children work on it, one after the other, whatever became of the last one."""

    nursery: Nursery
    dsn: str
    folder: Path
    now: datetime = MONDAY_MORNING
    dossiers: int = 0
    worker: int = 0
    facts: dict[str, Any] = field(default_factory=dict)

    def work(self, *, new: int = 3, minutes: float = 30, **order: Any) -> dict[str, Any]:
        """One child, with some new dossiers; how it ended."""
        self.dossiers += new
        self.worker += 1
        self.now += timedelta(minutes=minutes)
        first = max(0, self.dossiers - 4 * max(new, 3))
        return self.nursery.run(
            dsn=self.dsn, folder=str(self.folder), now=self.now.isoformat(), worker=self.worker, first=first,
            last=self.dossiers, **order,
        )  # fmt: skip

    def recover(self, **order: Any) -> dict[str, Any]:
        """A fresh child with enough time; without faults unless ``order`` asks for one."""
        self.worker += 1
        ended = self.nursery.run(
            dsn=self.dsn, folder=str(self.folder), now=self.now.isoformat(), worker=self.worker, first=0,
            last=self.dossiers, peace=PEACE, **order,
        )  # fmt: skip
        self.now = (
            datetime.fromisoformat(ended["said"]["now"]) if ended["said"] else self.now + timedelta(hours=1)
        )
        return ended

    def begin_again(self) -> None:
        """Empty tables and an empty world: a long proof is many short scenes."""
        reset(self.dsn)
        self.folder = self.folder.parent / f"world-{self.worker}"
        self.folder.mkdir()
        self.dossiers = 0

    def wrong(self) -> list[str]:
        """What clients, world and ledger disagree about, after everything had its time."""
        ours = checker_rows.read(self.dsn)
        world = LastingWorld(self.folder / "world")
        theirs = their_books(world)
        world.close()
        told = [line.split() for line in (self.folder / "client").read_text().splitlines()]
        client = Client({f"key:portal:{code}": reference for code, reference in told})
        return [
            *checker.always(ours), *checker.sums(ours), *checker.outside(ours, theirs), *checker.settled(ours, theirs),
            *checker.answered(ours, client),
        ]  # fmt: skip


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One warm parent for a module."""
    made = Nursery("tests.crash.work")
    yield made
    made.close()


@pytest.fixture
def scene(nursery: Nursery, database: str, tmp_path: Path) -> Scene:
    """Empty tables and an empty world."""
    reset(database)
    folder = tmp_path / "world-0"
    folder.mkdir()
    return Scene(nursery, database, folder)
