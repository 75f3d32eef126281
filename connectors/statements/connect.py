"""Settings → the client; its transport only where files are fetched from a bank's door."""

from __future__ import annotations

from connectors.kit.auth import bearer
from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.statements.client import SYSTEM, Client, operations
from connectors.statements.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport. Nothing is connected yet."""
    del clock  # files carry their own dates
    transports: list[Transport] = []
    if settings.base_url:
        token = settings.token
        transports.append(
            Transport(
                settings.base_url,
                system=SYSTEM,
                auth=bearer(token) if token.get_secret_value() else None,
                deadline_seconds=settings.deadline_seconds,
                largest_answer_bytes=settings.largest_file_bytes,
                log=log,
            )
        )
    client = Client(settings, transports[0] if transports else None)
    return Connection(SYSTEM, client, operations(client), transports)


__all__ = ["SYSTEM", "connected"]
