"""Settings → the client with its transport."""

from __future__ import annotations

from functools import partial

from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.vnpt_pay import notifications
from connectors.vnpt_pay.client import SYSTEM, Client
from connectors.vnpt_pay.operations import operations
from connectors.vnpt_pay.settings import Settings
from connectors.vnpt_pay.wire import SHOWN


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.signed_in())
    verifiers = {SYSTEM: partial(notifications.verified, settings=settings)}
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["SYSTEM", "connected"]
