"""The installation's signature check, made when it is first needed and made anew when its directories may have changed."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mappings.canonical.signature import FileReport

if TYPE_CHECKING:
    from connectors.kit.seams import Clock
    from connectors.signature_check.settings import Settings
    from connectors.signature_check.trust import Trust

_FRESH = timedelta(minutes=1)


class Judge(Protocol):
    """See :class:`connectors.signature_check.checker.Checker`."""

    def check_bytes(self, raw: bytes, name: str) -> FileReport:
        """The verdict on a file."""
        ...

    def close(self) -> None:
        """End its workers."""
        ...


@dataclass(slots=True)
class Bench:
    """A checker and the digest of the list of roots that it believes."""

    judge: Judge
    trust: str
    users: int = 0


class Judging:
    """One per process. Threads may share it."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Nothing is read before the first file."""
        self._settings, self._clock = settings, clock
        self._lock = threading.Lock()
        self._held: Bench | None = None
        self._looked_at: datetime | None = None
        self._seen: tuple[tuple[str, int, int], ...] = ()

    @property
    def possible(self) -> bool:
        """Whether roots are set at all: without them nothing is signed, for nothing could be verified."""
        return bool(self._settings.trust_directory)

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """The checker of this moment; what people change in its directories is seen within a minute.

        Raises:
            TrustRefused: the directories hold no trust that can be used.
        """
        with self._lock:
            bench = self._current()
            bench.users += 1
        try:
            yield bench
        finally:
            with self._lock:
                bench.users -= 1
                self._sweep(bench)

    def close(self) -> None:
        """End the workers of the checker; the next file gets new ones."""
        with self._lock:
            held, self._held = self._held, None
            if held is not None:
                self._sweep(held)

    def _current(self) -> Bench:
        from connectors.signature_check.checker import checker_of

        now = self._clock.now()
        if self._held is None or self._looked_at is None or now - self._looked_at > _FRESH:
            seen, before = self._files(), self._held
            if before is None or seen != self._seen:
                self._held = Bench(checker_of(self._settings, clock=self._clock), self._version())
                if before is not None:
                    self._sweep(before)
            self._looked_at, self._seen = now, seen
        assert self._held is not None  # noqa: S101 - narrows the type
        return self._held

    def _sweep(self, bench: Bench) -> None:
        """End the workers of a checker that was replaced, with the last thread that used it."""
        if bench is not self._held and bench.users == 0:
            bench.judge.close()

    def _files(self) -> tuple[tuple[str, int, int], ...]:
        here = self._settings
        folders = (here.trust_directory, here.intermediates_directory, here.crls_directory)
        paths = [path for folder in folders if folder for path in Path(folder).glob("*")]
        return tuple(sorted((str(one), (facts := one.stat()).st_mtime_ns, facts.st_size) for one in paths))

    def _version(self) -> str:
        from connectors.signature_check.trust import load

        between = self._settings.intermediates_directory
        trust = load(Path(self._settings.trust_directory), Path(between) if between else None)
        return version_of(trust)


def version_of(trust: Trust) -> str:
    """Of roots and what each may vouch for, and of issuing CAs; revocation lists change every day and make no new version."""
    made = hashlib.sha256()
    lines = [
        f"{root.sha256} {root.tree or ''} {','.join(sorted(root.purposes))} {root.since or ''} {root.until or ''}"
        for root in trust.roots
    ]
    lines += [hashlib.sha256(one).hexdigest() for one in trust.intermediates]
    for line in sorted(lines):
        made.update(line.encode() + b"\n")
    return made.hexdigest()[:32]


__all__ = ["Bench", "Judge", "Judging", "version_of"]
