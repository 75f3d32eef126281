"""Settings → the client with its transports, in whatever authentication style the province uses."""

from __future__ import annotations

from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.lgsp.client import SHOWN, SYSTEM, Client
from connectors.lgsp.operations import operations
from connectors.lgsp.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet; ``client.read_file`` is to be set for publishing."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.signed_in())
    return Connection(SYSTEM, client, operations(client), lines.made)


__all__ = ["SYSTEM", "connected"]
