"""A small pool of walled-off processes. Whatever a file does to one of them, there is a verdict, and the next file gets a sound one."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from connectors.kit.seams import monotonic_seconds
from connectors.signature_check.asked import Asked, Material
from connectors.signature_check.settings import Limits
from mappings.canonical.codec import from_json
from mappings.canonical.signature import FileReport, Reason, refused

_START_SECONDS = 60.0
_OF_THE_WORKER = frozenset({Reason.CHECKER_DIED, Reason.MEMORY_LIMIT})
_LARGEST_ANSWER = 8_000_000
_ROOT = Path(__file__).parents[2]


class Worker:
    """One process. Not for threads to share."""

    def __init__(self, limits: Limits) -> None:
        """Start it; it answers when its libraries are loaded and its walls are up.

        Raises:
            OSError: it cannot be started.
        """
        self._limits = limits
        self.files = 0
        self.trust = ""
        self._cpu_ms = 0
        self._rest = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "connectors.signature_check.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        try:
            self._send({"limits": limits.model_dump()})
            ready = self._line(_START_SECONDS) == b"ready"
        except (OSError, _Silent):
            ready = False
        if not ready:
            self.close()
            raise OSError("the checker did not start")
        self._cpu_ms = _cpu_ms(self.pid)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def used_up(self) -> bool:
        """Whether it has seen enough files, or is no more."""
        return self.files >= self._limits.files_per_worker or self._process.poll() is not None

    def check(self, path: Path, name: str, asked: Asked, trust: Material) -> FileReport:
        """One file's report. After a limit was hit the process is gone: see ``used_up``."""
        self.files += 1
        file = {
            "path": str(path),
            "name": name,
            "moment": asked.moment.isoformat(),
            "past": asked.past,
            "tree": asked.tree.value if asked.tree else None,
            "place": asked.place,
            "contents": asked.contents,
            "every_level": asked.every_level,
        }
        try:
            if self.trust != trust.key:
                self._write(trust.line)
                self.trust = trust.key
            self._send({"file": file})
            answer = json.loads(self._line(self._limits.seconds))
            self._cpu_ms = int(answer["cpu_ms"])
            if "failed" in answer:
                self.close()
                return refused(name, asked.moment, Reason(answer["failed"]))
            return from_json(FileReport, answer["report"])
        except _Silent:
            return refused(name, asked.moment, self._ended())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.close()
            return refused(name, asked.moment, Reason.CHECKER_DIED)

    def close(self) -> None:
        """End the process and everything of it."""
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _ended(self) -> Reason:
        """Kill it, and tell whose fault the silence was: the file's when the time was really worked."""
        died = self._process.poll() is not None
        worked = _cpu_ms(self._process.pid) - self._cpu_ms
        self.close()
        if died:
            return Reason.CHECKER_DIED
        return Reason.TIME_LIMIT if worked >= self._limits.seconds * 500 else Reason.CHECKER_SLOW

    def _send(self, data: Mapping[str, object]) -> None:
        self._write(json.dumps(data).encode())

    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - narrows the type
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def _line(self, seconds: float) -> bytes:
        """The next line of the answer.

        Raises:
            _Silent: none came in time, it is too long, or the process is gone.
        """
        assert self._process.stdout is not None  # noqa: S101 - narrows the type
        pipe = self._process.stdout.fileno()
        deadline = monotonic_seconds() + seconds
        while b"\n" not in self._rest:
            left = deadline - monotonic_seconds()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise _Silent
            piece = os.read(pipe, 65_536)
            if not piece:
                self._process.wait()
                raise _Silent
            self._rest += piece
            if len(self._rest) > _LARGEST_ANSWER:
                raise _Silent
        line, _, self._rest = self._rest.partition(b"\n")
        return line


class _Silent(Exception):
    """No answer in time."""


class Pool:
    """Workers kept ready. Threads may share it: each file has one worker to itself."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Nothing is started before the first file."""
        self._limits = limits or Limits()
        self._free: list[Worker] = []
        self._lock = threading.Lock()
        self._seats = threading.BoundedSemaphore(self._limits.workers)

    def check(self, path: Path, asked: Asked, trust: Material, *, name: str = "") -> FileReport:
        """The report of one file. Never an exception because of the file.

        Args:
            name: shown in the report instead of the path's last part.
        """
        shown = name or path.name
        with self._seats:
            try:
                worker = self._taken()
                report = self._judged(worker, path, shown, asked, trust)
                # A worker that had seen other files may have ended of those: only a fresh one's end is this file's doing.
                if worker.files > 1 and set(report.reasons) & _OF_THE_WORKER:
                    report = self._judged(Worker(self._limits), path, shown, asked, trust)
            except OSError:
                return refused(shown, asked.moment, Reason.CHECKER_FAILED)
            return report

    def _judged(self, worker: Worker, path: Path, name: str, asked: Asked, trust: Material) -> FileReport:
        try:
            report = worker.check(path.absolute(), name, asked, trust)
        except BaseException:
            worker.close()
            raise
        if worker.used_up:
            worker.close()
        else:
            with self._lock:
                self._free.append(worker)
        return report

    def close(self) -> None:
        """End all workers at rest."""
        with self._lock:
            while self._free:
                self._free.pop().close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """See :meth:`close`."""
        self.close()

    def _taken(self) -> Worker:
        with self._lock:
            while self._free:
                worker = self._free.pop()
                if not worker.used_up:
                    return worker
                worker.close()
        return Worker(self._limits)


def _environment() -> dict[str, str]:
    """No secret of ours lies in the memory of a process that opens other people's files."""
    return {"PYTHONPATH": str(_ROOT), "PYTHONHASHSEED": "0", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


def _cpu_ms(pid: int) -> int:
    """Processor time of a process so far; 0 when it cannot be told."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
    except (OSError, ValueError, IndexError):
        return 0
    return ticks * 1000 // os.sysconf("SC_CLK_TCK")
