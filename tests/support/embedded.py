"""An embedded server for a test run, gone at its end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.store.embedded.server import EmbeddedServer
from tests.support.waiting import eventually


@contextmanager
def short_home() -> Iterator[Path]:
    """A private directory with a short path that the server's account can pass through."""
    home = Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        eventually(lambda: _removed(home))


def _removed(home: Path) -> bool:
    """A server that is just ending removes files of its own meanwhile."""
    shutil.rmtree(home, ignore_errors=True)
    return not home.exists()


@contextmanager
def running_server() -> Iterator[str]:
    """Maintenance DSN of a fresh embedded server."""
    with short_home() as home:
        server = EmbeddedServer(home / "e", sync=False)
        server.start()
        try:
            yield server.dsn("postgres")
        finally:
            server.stop()
