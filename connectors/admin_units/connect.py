"""Settings → the client with its transport. Nothing is connected, and no contract is read yet."""

from __future__ import annotations

from connectors.admin_units.client import SYSTEM, Client
from connectors.admin_units.operations import operations
from connectors.admin_units.settings import Settings
from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.soap.line import SoapLines


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport."""
    lines = SoapLines(SYSTEM, settings, clock=clock, log=log)
    client = Client(settings, lines.soap())
    return Connection(SYSTEM, client, operations(client), lines.made)


__all__ = ["SYSTEM", "connected"]
