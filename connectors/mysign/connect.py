"""Settings → the client with its line, and the two doors of their push."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.signing.line import JsonLines
from connectors.mysign import notifications
from connectors.mysign.client import SHOWN, SYSTEM, Client
from connectors.mysign.operations import operations
from connectors.mysign.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its line. Nothing is connected yet."""
    lines = JsonLines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    client = Client(settings, lines.json(), clock=clock)
    verifiers: dict[str, Callable[..., Any]] = {
        SYSTEM: partial(notifications.hint, settings=settings, clock=clock),
        f"{SYSTEM}_token": partial(notifications.token_for, settings=settings, clock=clock),
    }
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["SYSTEM", "connected"]
