"""Settings → the client with its line."""

from __future__ import annotations

from connectors.csc.client import SHOWN, SYSTEM, Client
from connectors.csc.operations import operations
from connectors.csc.settings import Settings
from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.signing.line import JsonLines


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its line. Nothing is connected yet."""
    lines = JsonLines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.json(), clock=clock)
    return Connection(SYSTEM, client, operations(client), lines.made)


__all__ = ["SYSTEM", "connected"]
