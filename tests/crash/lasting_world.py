"""The simulation's outside world, kept in a file: what was done there stays done, whoever is killed."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from connectors.kit.seams import seeded
from tests.simulation.world import World

_ACTS = {
    "gateway": ("open_order", "take", "refund", "accept", "go_on", "close_session"),
    "platform": ("open_order", "take", "accept", "close_session"),
    "bank": ("submit", "day"),
    "cases": ("file", "set_status", "set_lines", "confirm"),
}


class _Kept:
    """One system of the world: acts are written down before they are done, questions are only asked."""

    def __init__(self, name: str, system: Any, log: LastingWorld) -> None:
        self._name, self._system, self._log = name, system, log

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._system, attribute)
        if attribute not in _ACTS[self._name]:
            return found

        def act(*given: Any) -> Any:
            self._log.write((self._name, attribute, given))
            done = found(*given)
            if attribute in ("day", "close_session"):
                self._log.filed(self._name, done)
            return done

        return act


class LastingWorld(World):
    """A world that is what its file says."""

    def __init__(self, path: Path) -> None:
        super().__init__(seeded(3))
        self.files_lines: list[tuple[str, Any, int, bool]] = []
        self._plain = {name: getattr(self, name) for name in _ACTS}
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        self._replay(path.read_bytes())
        for name, system in self._plain.items():
            setattr(self, name, _Kept(name, system, self))

    def close(self) -> None:
        os.close(self._file)

    def filed(self, name: str, lines: Iterable[Any]) -> None:
        """A file or statement that lies there for good: who reads it may die and read it again."""
        for line in lines:
            if name == "bank":
                self.files_lines.append(("", line.reference, line.amount, line.state == "returned"))
            else:
                self.files_lines.append((self._plain[name].name, line, 0, False))

    def write(self, act: tuple[str, str, tuple[Any, ...]]) -> None:
        """One act, whole or not at all: a single write that the kernel keeps when we die."""
        body = pickle.dumps(act)
        os.write(self._file, len(body).to_bytes(4, "big") + body)

    def _replay(self, raw: bytes) -> None:
        at = 0
        while at < len(raw):
            size = int.from_bytes(raw[at : at + 4], "big")
            name, attribute, given = pickle.loads(raw[at + 4 : at + 4 + size])
            done = getattr(self._plain[name], attribute)(*given)
            if attribute in ("day", "close_session"):
                self.filed(name, done)
            at += 4 + size
