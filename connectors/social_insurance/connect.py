"""Settings → the client with its transports."""

from __future__ import annotations

from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.social_insurance.client import SHOWN, SYSTEM, Client
from connectors.social_insurance.operations import operations
from connectors.social_insurance.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.signed_in(), clock=clock)
    return Connection(SYSTEM, client, operations(client), lines.made)


__all__ = ["SYSTEM", "connected"]
