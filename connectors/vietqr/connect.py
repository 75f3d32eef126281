"""Settings → the client. There is no transport: nobody is called."""

from __future__ import annotations

from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.vietqr.client import SYSTEM, Client
from connectors.vietqr.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client; no operations, since nothing is written anywhere and nothing can be asked."""
    del clock, log
    return Connection(SYSTEM, Client(settings), ())


__all__ = ["SYSTEM", "connected"]
