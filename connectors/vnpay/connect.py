"""Settings → the client with its transport."""

from __future__ import annotations

from functools import partial

from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.vnpay import notifications
from connectors.vnpay.client import SYSTEM, Client
from connectors.vnpay.operations import operations
from connectors.vnpay.settings import Settings
from connectors.vnpay.wire import SHOWN

_LARGEST_ANSWER_BYTES = 65_536


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transport. Nothing is connected yet."""
    transport = Transport(
        settings.base_url,
        system=SYSTEM,
        deadline_seconds=settings.deadline_seconds,
        largest_answer_bytes=_LARGEST_ANSWER_BYTES,
        pool=settings.pool,
        log=log,
        shown=SHOWN,
    )
    client = Client(settings, transport, clock=clock)
    verifiers = {SYSTEM: partial(notifications.verified, settings=settings)}
    return Connection(SYSTEM, client, operations(client), [transport], verifiers)


__all__ = ["SYSTEM", "connected"]
