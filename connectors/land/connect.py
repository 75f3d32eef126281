"""Settings → the client with the transports of every land register in use."""

from __future__ import annotations

from functools import partial

from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.land import notifications
from connectors.land.client import SYSTEM, Client, Files, no_files
from connectors.land.operations import operations
from connectors.land.settings import Settings
from connectors.land.wire import SHOWN


def connected(
    settings: Settings, *, clock: Clock, log: ExchangeLog | None = None, files: Files = no_files
) -> Connection:
    """The client with its transports. Nothing is connected yet.

    ``files`` reads our own files; it may also be set later (``client.files``).
    """
    made: list[Transport] = []
    calls: dict[str, Transport] = {}
    downloads: dict[str, Transport] = {}
    for agency, system in settings.systems():
        lines = Lines(SYSTEM, system, clock=clock, log=log, shown=SHOWN)
        limit = max(system.largest_file_bytes, system.largest_answer_bytes)
        sized = Lines(
            SYSTEM,
            system.model_copy(update={"largest_answer_bytes": limit}),
            clock=clock,
            log=log,
        )
        calls[agency] = lines.signed_in()
        host = system.download_url or system.base_url
        downloads[agency] = sized.signed_in(host) if system.download_signed else sized.open(host)
        made += [*lines.made, *sized.made]
    client = Client(settings, calls, downloads, files=files)
    verifiers = {SYSTEM: partial(notifications.verified, settings=settings)}
    return Connection(SYSTEM, client, operations(client), made, verifiers)


__all__ = ["SYSTEM", "connected"]
