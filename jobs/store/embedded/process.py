"""The server process itself: a direct child that dies with us, and the remains of one that did not."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from connectors.kit.seams import monotonic_seconds
from jobs.store.embedded.places import Account, as_account

_PR_SET_PDEATHSIG = 1
_pause = threading.Event()


def spawn(command: list[str], account: Account | None, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the server as our direct child; it gets SIGINT (fast stop) when this process dies.

    To be called from the main thread: Linux sends the signal when the *thread* that started the child ends.
    """
    arguments: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C", "TZ": "UTC"}, **as_account(account)}
    return subprocess.Popen(  # noqa: S603 - our own programs
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C on the terminal reaches us only; we stop the server after our own work
        preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - after the change of uid, which clears the signal
        **arguments,
    )


def _die_with(parent: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded before the fork

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        if os.getppid() != parent:  # the parent died in between
            os._exit(1)

    return ask


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.01) -> bool:
    """Whether the condition came true in time."""
    end = monotonic_seconds() + seconds
    while not condition():
        if monotonic_seconds() > end:
            return False
        _pause.wait(every)
    return True


def leftover(data: Path) -> int | None:
    """The process id of a server that still runs on this data directory, or ``None``.

    A number in a file proves nothing: ids are used again. It is ours when the process started when the file
    says so, and is a postgres.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, started = int(lines[0]), int(lines[2])
    except (OSError, ValueError, IndexError):
        return None
    seen = process_start(pid)
    if seen is None or abs(seen - started) > 3:
        return None
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None
    return pid if name == "postgres" else None


def forget_recycled(data: Path) -> None:
    """Remove a lock file whose process id belongs to somebody else today.

    PostgreSQL itself only asks whether the id exists and would refuse to start for ever. The file also guards the
    memory of orphaned backends, so it stays while any process still works in the data directory.
    """
    lock = data / "postmaster.pid"
    try:
        lines = lock.read_text().splitlines()
        pid, started = int(lines[0]), int(lines[2])
    except (OSError, ValueError, IndexError):
        return
    seen = process_start(pid)
    if seen is not None and seen - started > 3 and not _works_in(data):
        lock.unlink()


def _works_in(directory: Path) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if entry.readlink() == directory:
                return True
        except OSError:
            continue
    return False


def process_start(pid: int) -> float | None:
    """When a process started, in seconds since 1970 by this machine; ``None`` when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = next(
            int(line.split()[1])
            for line in Path("/proc/stat").read_text().splitlines()
            if line.startswith("btime")
        )
    except (OSError, StopIteration, IndexError):
        return None
    if fields[0] == "Z":
        return None
    return boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def end_leftover(data: Path, seconds: float = 30.0) -> None:
    """Stop a server that a killed supervisor left behind: fast, then at once.

    Only to be called by the holder of the installation's lock.
    """
    for sign, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0)):
        pid = leftover(data)
        if pid is None:
            return
        os.kill(pid, sign)
        if wait_until(lambda: leftover(data) is None, patience):
            return
