"""An embedded server for a test run, gone at its end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.store.embedded.server import EmbeddedServer


@contextmanager
def short_home() -> Iterator[Path]:
    """A private directory with a short path that the server's account can pass through."""
    home = Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home)


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
