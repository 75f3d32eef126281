"""Settings → the client with its transports."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.kit.connection import Connection, Lines
from connectors.kit.credentials import auth_of
from connectors.kit.effects import ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Auth, Outgoing
from connectors.population.client import SYSTEM, Client
from connectors.population.operations import operations
from connectors.population.settings import Settings, Wrap


def connected(settings: Settings, *, clock: Clock, log: ExchangeLog | None = None) -> Connection:
    """The client with its transports. Nothing is connected yet; exchange summaries show no field at all."""
    lines = Lines(SYSTEM, settings, clock=clock, log=log)
    proof: Callable[[float], Mapping[str, str]] | None = None
    if settings.wrap is Wrap.SOAP_IN_JSON:
        auth = auth_of(settings.credentials, system=SYSTEM, to=lines.open, clock=clock)
        proof = _proof_of(auth) if auth is not None else None
        transport = lines.open("", auth)
    else:
        transport = lines.signed_in()
    client = Client(settings, transport, clock=clock, proof=proof)
    return Connection(SYSTEM, client, operations(client), lines.made)


def _proof_of(auth: Auth) -> Callable[[float], Mapping[str, str]]:
    """The headers of ``auth``, for bodies that repeat what stands in them."""

    def proof(deadline_seconds: float) -> Mapping[str, str]:
        return auth.headers(Outgoing("POST", "/", "", b""), deadline_seconds=deadline_seconds)

    return proof


__all__ = ["SYSTEM", "connected"]
