"""Settings → the client and the door for uploads. There is no line: nothing of VGCA is called."""

from __future__ import annotations

from functools import partial

from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.vgca import notifications
from connectors.vgca.client import SYSTEM, Client
from connectors.vgca.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client; no operations, no transports."""
    del log
    verifiers = {SYSTEM: partial(notifications.returned, settings=settings, clock=clock)}
    return Connection(SYSTEM, Client(settings, clock=clock), (), (), verifiers)


__all__ = ["SYSTEM", "connected"]
