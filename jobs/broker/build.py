"""Which broker an installation has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dramatiq import Broker

from jobs.broker.postgres import PostgresBroker
from jobs.broker.wakes import wake_all


def build_broker(dsn: str, broker_url: str = "", *, worker: int | None = None) -> Broker:
    """PostgreSQL unless ``broker_url`` names RabbitMQ (``amqp://`` or ``amqps://``)."""
    if not broker_url:
        return PostgresBroker(dsn, worker=worker)
    from jobs.broker.rabbitmq import RabbitWakeBroker  # pika is loaded only where it is used

    return RabbitWakeBroker(broker_url)


def sender(broker: Broker) -> Callable[[set[str]], None]:
    """How wake-ups of several queues leave through this broker; raises ``BrokerError``."""
    return broker.notify if isinstance(broker, PostgresBroker) else partial(wake_all, broker)
