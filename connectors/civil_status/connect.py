"""Settings → the client with its two transports. Civil status calls nobody: there are no verifiers."""

from __future__ import annotations

from connectors.civil_status.client import SYSTEM, Client
from connectors.civil_status.operations import operations
from connectors.civil_status.settings import Settings
from connectors.civil_status.wire import SHOWN
from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    base = lines.signed_in()
    made = list(lines.made)
    linked = base
    if settings.linked_url or settings.linked_credentials is not None:
        other = settings
        if settings.linked_credentials is not None:
            other = settings.model_copy(update={"credentials": settings.linked_credentials})
        second = Lines(SYSTEM, other, clock=clock, log=log, shown=SHOWN)
        linked = second.signed_in(settings.linked_url)
        made += second.made
    client = Client(settings, base, linked)
    return Connection(SYSTEM, client, operations(client), made)


__all__ = ["SYSTEM", "connected"]
