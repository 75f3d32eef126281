"""Settings → the client with its transports, and what reads the messages that VNeID sends us."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from connectors.judicial_records import notifications
from connectors.judicial_records.client import SHOWN, SYSTEM, Client
from connectors.judicial_records.operations import operations
from connectors.judicial_records.settings import Settings
from connectors.kit.connection import Connection, Lines
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock

CODE_DOOR, DOSSIER_DOOR = "judicial_records_code", "judicial_records_dossier"


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log, shown=SHOWN)
    # The ministry's form carries its secret inside the message.
    ministry = lines.open(settings.ministry.url) if settings.ministry else None
    client = Client(settings, lines.signed_in(), ministry)
    verifiers: dict[str, Callable[..., Any]] = {
        CODE_DOOR: partial(notifications.asked_for_code, settings=settings),
        DOSSIER_DOOR: partial(notifications.verified, settings=settings),
    }
    return Connection(SYSTEM, client, operations(client), lines.made, verifiers)


__all__ = ["CODE_DOOR", "DOSSIER_DOOR", "SYSTEM", "connected"]
