"""Settings → the client with its transports: one bare for the token, one that carries it."""

from __future__ import annotations

from functools import partial

from connectors.kit.auth import Tokens
from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.ministry import notifications
from connectors.ministry.auth import Grant
from connectors.ministry.client import SHOWN, SYSTEM, Client
from connectors.ministry.operations import operations
from connectors.ministry.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    tokens = Tokens(Grant(lines.signed_in(), settings), system=SYSTEM)
    client = Client(settings, lines.open(auth=tokens), clock=clock)
    verifiers = {
        f"{SYSTEM}/{door}": partial(verify, settings=settings, clock=clock)
        for door, verify in notifications.DOORS.items()
    }
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["SYSTEM", "connected"]
