"""Settings → the client with its transport."""

from __future__ import annotations

from functools import partial

from connectors.keypay import notifications
from connectors.keypay.client import SYSTEM, Client
from connectors.keypay.operations import operations
from connectors.keypay.settings import Settings
from connectors.keypay.wire import SHOWN
from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.signed_in())
    verifiers = {SYSTEM: partial(notifications.verified, settings=settings)}
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["SYSTEM", "connected"]
