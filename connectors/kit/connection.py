"""What every outside system's ``connect.py`` gives the registry, and the settings that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from connectors.kit.addresses import Address
from connectors.kit.credentials import Credentials, Nobody, auth_of
from connectors.kit.effects import ExchangeLog, Operation
from connectors.kit.seams import Clock
from connectors.kit.transport import Auth, Transport, tls_context


class SystemSettings(BaseModel):
    """How an outside system is reached. A connector's own settings derive from it.

    Attributes:
        base_url: paths of the operations are put behind it; nothing else can be called.
        credentials: how we say who we are; see ``connectors.kit.credentials``.
        ca_file: authorities to trust instead of the usual ones (PEM).
        client_certificate, client_key: our own certificate where they ask for one (PEM files).
        deadline_seconds: of one whole call, when its caller names none.
        largest_answer_bytes: unpacked.
        pool: connections kept by one process.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: Address
    credentials: Credentials = Field(default_factory=Nobody)
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    deadline_seconds: float = Field(default=30.0, gt=0)
    largest_answer_bytes: int = Field(default=5_000_000, gt=0)
    pool: int = Field(default=8, gt=0)


@dataclass(frozen=True, slots=True)
class Connection:
    """One outside system, ready to be called. Nothing is connected yet.

    Attributes:
        system: its name as in settings, screens and registry.
        client: for feeds and questions that are no effects.
        operations: what the effect engine may ask of it.
        transports: to be closed at the end.
        verifiers: door → what it sends us, raw → canonical news (see ``notifications``).
    """

    system: str
    client: Any
    operations: Sequence[Operation]
    transports: Sequence[Transport] = ()
    verifiers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


class Connect(Protocol):
    """``connected`` of a connector's ``connect`` module."""

    def __call__(self, settings: Any, *, clock: Clock, log: ExchangeLog | None = None) -> Connection: ...


class Lines:
    """Makes the transports of one system; every one of them keeps to the system's settings."""

    def __init__(
        self,
        system: str,
        settings: SystemSettings,
        *,
        clock: Clock,
        log: ExchangeLog | None = None,
        shown: frozenset[str] = frozenset(),
    ) -> None:
        """``shown``: names of JSON fields that exchange summaries may show."""
        self.made: list[Transport] = []
        self._system, self._settings, self._clock = system, settings, clock
        self._log, self._shown = log, shown
        self._tls = (
            tls_context(settings.ca_file, settings.client_certificate, settings.client_key)
            if settings.ca_file or settings.client_certificate
            else None
        )

    def open(self, address: str = "", auth: Auth | None = None, **changes: Any) -> Transport:
        """A transport to ``address`` (``base_url`` when empty)."""
        made = Transport(
            address or self._settings.base_url,
            system=self._system,
            auth=auth,
            tls=self._tls,
            deadline_seconds=self._settings.deadline_seconds,
            largest_answer_bytes=self._settings.largest_answer_bytes,
            pool=self._settings.pool,
            log=self._log,
            shown=self._shown,
            **changes,
        )
        self.made.append(made)
        return made

    def signed_in(self, address: str = "", **changes: Any) -> Transport:
        """A transport that carries the settings' credentials."""
        auth = auth_of(self._settings.credentials, system=self._system, to=self.open, clock=self._clock)
        return self.open(address, auth, **changes)


__all__ = ["Connect", "Connection", "Lines", "SystemSettings"]
