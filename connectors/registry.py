"""Settings → connectors: the one place that names every outside system."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from connectors.kit.auth import bearer
from connectors.kit.effects import ExchangeLog, Operation
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.statements import client as statements
from connectors.statements.settings import Settings as StatementsSettings
from connectors.vnpay import client as vnpay
from connectors.vnpay import notifications as vnpay_notifications
from connectors.vnpay import operations as vnpay_operations
from connectors.vnpay.settings import Settings as VnpaySettings
from connectors.vnpay.wire import SHOWN as VNPAY_SHOWN
from mappings.canonical.payment import PaymentNews


class Sections(Protocol):
    """The settings of all outside systems (``config.connector_sections``); ``None``: not used."""

    @property
    def statements(self) -> StatementsSettings: ...
    @property
    def vnpay(self) -> VnpaySettings | None: ...


@dataclass(slots=True)
class Connectors:
    """Everything that leads outside in one process.

    Attributes:
        operations: (system, operation) → its declaration, for the effect engine.
        clients: system → its client, for feeds and files.
        verifiers: system → what it sends us, raw → news (see each ``notifications``).
    """

    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    verifiers: dict[str, Callable[[bytes], PaymentNews]] = field(default_factory=dict)
    transports: list[Transport] = field(default_factory=list)

    def add(self, system: str, client: Any, operations: Iterable[Operation]) -> None:
        """Take in one system.

        Raises:
            ValueError: an operation is declared twice.
        """
        self.clients[system] = client
        for operation in operations:
            key = (operation.system, operation.name)
            if key in self.operations:
                raise ValueError(f"{key[0]}.{key[1]} is declared twice")
            self.operations[key] = operation

    def close(self) -> None:
        """Close connections that are at rest."""
        for transport in self.transports:
            transport.close()


def build(settings: Sections, *, clock: Clock, log: ExchangeLog | None = None) -> Connectors:
    """The connectors of every system that the installation uses. Nothing is connected yet.

    Args:
        log: gets the exchanges of calls that are no effects (feeds, files).
    """
    made = Connectors()
    _statements(made, settings.statements, log)
    if settings.vnpay is not None:
        _vnpay(made, settings.vnpay, clock, log)
    return made


def _statements(made: Connectors, settings: StatementsSettings, log: ExchangeLog | None) -> None:
    transport = None
    if settings.base_url:
        token = settings.token
        transport = Transport(
            settings.base_url,
            system=statements.SYSTEM,
            auth=bearer(token) if token.get_secret_value() else None,
            deadline_seconds=settings.deadline_seconds,
            largest_answer_bytes=settings.largest_file_bytes,
            log=log,
        )
        made.transports.append(transport)
    client = statements.Client(settings, transport)
    made.add(statements.SYSTEM, client, statements.operations(client))


def _vnpay(made: Connectors, settings: VnpaySettings, clock: Clock, log: ExchangeLog | None) -> None:
    transport = Transport(
        settings.base_url,
        system=vnpay.SYSTEM,
        deadline_seconds=settings.deadline_seconds,
        largest_answer_bytes=65_536,
        pool=settings.pool,
        log=log,
        shown=VNPAY_SHOWN,
    )
    made.transports.append(transport)
    client = vnpay.Client(settings, transport, clock=clock)
    made.add(vnpay.SYSTEM, client, vnpay_operations.operations(client))
    made.verifiers[vnpay.SYSTEM] = partial(vnpay_notifications.verified, settings=settings)
