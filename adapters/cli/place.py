"""Settings and database of one command: the server that is named, or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.cli.speech import DATABASE, stop

if TYPE_CHECKING:
    from config.settings import Settings
    from jobs.store.embedded.server import EmbeddedServer


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command works.

    Attributes:
        server: the embedded server when this process runs it.
    """

    settings: Settings
    dsn: str
    server: EmbeddedServer | None = None


def ready(process: str, **overrides: Any) -> Settings:
    """Settings read and logging set up."""
    from config.logging import set_up
    from config.settings import load

    settings = load(**overrides)
    set_up(settings.logging, process=process)
    return settings


def running_database(settings: Settings) -> str:
    """DSN of the database as it is now; empty when the embedded server is not running. Starts and makes nothing."""
    from jobs.store.embedded.server import EmbeddedServer

    url = settings.database_url.get_secret_value()
    return url or EmbeddedServer(settings.data_directory).running_dsn() or ""


@contextmanager
def database(settings: Settings, *, start: bool = True) -> Iterator[Place]:
    """The database of these settings; an embedded one is started, or used when it runs already.

    Args:
        start: ``False``: an embedded server that does not run is left alone, and the command ends.
    """
    url = settings.database_url.get_secret_value()
    if url:
        yield Place(settings, url)
        return
    from jobs.store.embedded.server import EmbeddedServer

    server = EmbeddedServer(settings.data_directory)
    running = server.running_dsn()
    if running is not None:
        yield Place(settings, running)
        return
    if not start:
        stop(
            DATABASE,
            "PostgreSQL đi kèm chưa chạy. Hãy chạy 'lienthong run all' trước.",
            "The embedded PostgreSQL is not running. Start 'lienthong run all' first.",
        )
    try:
        yield Place(settings, server.start(), server)
    finally:
        server.stop()
