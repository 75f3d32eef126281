"""Settings → the client with its transports."""

from __future__ import annotations

from connectors.business_registration.client import SHOWN, SYSTEM, Client
from connectors.business_registration.operations import operations
from connectors.business_registration.settings import Settings
from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.signed_in())
    return Connection(SYSTEM, client, operations(client), lines.made)


__all__ = ["SYSTEM", "connected"]
