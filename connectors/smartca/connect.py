"""Settings → the client with its line, and the door for hints."""

from __future__ import annotations

from functools import partial

from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock, RandomIds
from connectors.kit.signing.line import JsonLines
from connectors.smartca import notifications
from connectors.smartca.client import SHOWN, SYSTEM, Client
from connectors.smartca.operations import operations
from connectors.smartca.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its line. Nothing is connected yet."""
    lines = JsonLines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.json(), clock=clock, ids=RandomIds())
    verifiers = {SYSTEM: partial(notifications.hint, settings=settings)}
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["SYSTEM", "connected"]
