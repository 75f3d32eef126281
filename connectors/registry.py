"""Settings → connectors: the one place that names every outside system."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from connectors.igate import connect as igate
from connectors.igate import operations as igate_operations
from connectors.igate.settings import Settings as IgateSettings
from connectors.kit.auth import bearer
from connectors.kit.effects import ExchangeLog, Operation
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.payment_platform import connect as payment_platform
from connectors.payment_platform import notifications as payment_platform_notifications
from connectors.payment_platform import operations as payment_platform_operations
from connectors.payment_platform.settings import Settings as PlatformSettings
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
    @property
    def payment_platform(self) -> PlatformSettings | None: ...
    @property
    def igate(self) -> IgateSettings | None: ...


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
    if settings.payment_platform is not None:
        _payment_platform(made, settings.payment_platform, clock, log)
    if settings.igate is not None:
        _igate(made, settings.igate, clock, log)
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


def _payment_platform(
    made: Connectors, settings: PlatformSettings, clock: Clock, log: ExchangeLog | None
) -> None:
    client, transports = payment_platform.connected(settings, clock=clock, log=log)
    made.transports += transports
    made.add(payment_platform.SYSTEM, client, payment_platform_operations.operations(client))
    verified = partial(payment_platform_notifications.verified, settings=settings)
    made.verifiers[payment_platform.SYSTEM] = verified


def _igate(made: Connectors, settings: IgateSettings, clock: Clock, log: ExchangeLog | None) -> None:
    client, transports = igate.connected(settings, clock=clock, log=log)
    made.transports += transports
    made.add(igate.SYSTEM, client, igate_operations.operations(client))
