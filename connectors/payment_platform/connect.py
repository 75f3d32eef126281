"""Settings → the client with its transports; the proxy's token is static or had by client credentials."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from connectors.kit.auth import ClientCredentials, Tokens, bearer
from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Auth, Transport
from connectors.payment_platform import notifications
from connectors.payment_platform.client import SHOWN, SYSTEM, Client
from connectors.payment_platform.operations import operations
from connectors.payment_platform.settings import Settings


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet."""
    transports: list[Transport] = []

    def to(address: str, auth: Auth | None = None) -> Transport:
        made = Transport(
            address,
            system=SYSTEM,
            auth=auth,
            deadline_seconds=settings.deadline_seconds,
            largest_answer_bytes=settings.largest_answer_bytes,
            pool=settings.pool,
            log=log,
            shown=SHOWN,
        )
        transports.append(made)
        return made

    auth: Auth | None = None
    if settings.token is not None:
        auth = bearer(settings.token)
    elif settings.token_url and settings.client_secret is not None:
        parts = urlsplit(settings.token_url)
        grant = ClientCredentials(
            to(f"{parts.scheme}://{parts.netloc}"),
            parts.path or "/",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
        )
        auth = Tokens(grant, system=SYSTEM)
    client = Client(settings, to(settings.base_url, auth), clock=clock)
    verifiers = {SYSTEM: partial(notifications.verified, settings=settings)}
    return Connection(SYSTEM, client, operations(client), transports, verifiers)


__all__ = ["SYSTEM", "connected"]
