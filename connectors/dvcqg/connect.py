"""Settings → the client with its transport and its session."""

from __future__ import annotations

from functools import partial

from connectors.dvcqg import notifications
from connectors.dvcqg.client import SHOWN, SYSTEM, Client
from connectors.dvcqg.operations import operations
from connectors.dvcqg.session import Login, Sessions
from connectors.dvcqg.settings import Settings
from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    transport = lines.signed_in()
    client = Client(settings, transport, Sessions(Login(transport, settings)), clock=clock)
    verifiers = {
        f"{SYSTEM}/{door}": partial(verify, settings=settings) for door, verify in notifications.DOORS.items()
    }
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["SYSTEM", "connected"]
