"""Settings → the client with its transport; how we sign in is a matter of the settings' credentials."""

from __future__ import annotations

from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.post.client import SYSTEM, Client
from connectors.post.operations import operations
from connectors.post.settings import SHOWN, Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.signed_in(), clock=clock)
    return Connection(SYSTEM, client, operations(client), lines.made)


__all__ = ["SYSTEM", "connected"]
