"""A whole installation in its own process, as a person would start it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class Installation:
    """``run all`` on the embedded server in a directory of its own."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self.home, self.port = home, free_port()
        self._arguments, self._environment = arguments, environment
        self.process: subprocess.Popen[bytes] | None = None
        self._log = home.parent / f"log-{self.port}"  # of its own: an earlier one's last words are not ours

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it is ready."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        environment |= {"LIENTHONG_DATA_DIRECTORY": str(self.home), **self._environment}
        self.home.parent.mkdir(exist_ok=True)
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "adapters.cli.main", "run", "all", "--port", str(self.port), *self._arguments],
                cwd=ROOT, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        eventually(lambda: self._running() and self.ready(), within=60)

    def ready(self) -> bool:
        """Whether it takes work."""
        try:
            return httpx.get(self.url + "/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()

    def family(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        assert self.process is not None
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def children(self) -> list[psutil.Process]:
        """Our own processes below the supervisor: endpoints first, then workers."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # also the ones that just died
                if "adapters.cli.main" in " ".join(child.cmdline()):
                    found.append(child)
        return sorted(found, key=lambda p: p.pid)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """End it; the exit code."""
        assert self.process is not None
        self.process.send_signal(sign)
        return self.process.wait(60)

    def _running(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.log()[-2000:]}")
        return True
