"""Settings → the client with its transports: gateway, Keycloak and adapter each have one of their own."""

from __future__ import annotations

from connectors.igate.auth import adapter_tokens, gateway_tokens
from connectors.igate.client import SHOWN, SYSTEM, Client
from connectors.igate.operations import operations
from connectors.igate.settings import Settings
from connectors.kit.connection import Connection
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Auth, Transport


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

    keycloak = gateway_tokens(settings, to(settings.sso_url))
    gateway = to(settings.base_url, keycloak)
    adapter = None
    if settings.adapter_url:
        own = settings.adapter_own_token
        auth = adapter_tokens(settings, to(settings.adapter_url)) if own else keycloak
        adapter = to(settings.adapter_url, auth)
    client = Client(settings, gateway, adapter, clock=clock)
    return Connection(SYSTEM, client, operations(client), transports)


__all__ = ["SYSTEM", "connected"]
