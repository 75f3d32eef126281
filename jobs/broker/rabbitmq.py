"""Dramatiq on RabbitMQ for installations that outgrow one machine: confirms on, quorum queues, wake-ups that expire."""

from __future__ import annotations

from typing import Any

from dramatiq import Message, Middleware
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from jobs.broker.wakes import refuse_content

__all__ = ["RabbitWakeBroker"]

_KEPT_MILLISECONDS = 60_000
_MOST = 100


class RabbitWakeBroker(RabbitmqBroker):
    """Carries wake-ups only, so losing old ones is harmless: they expire after a minute and never pile up."""

    def __init__(self, url: str, *, middleware: list[Middleware] | None = None) -> None:
        """Connect on first use; one connection per thread that sends."""
        super().__init__(url=url, confirm_delivery=True, middleware=middleware or [])

    def declare_queue(self, queue_name: str, *, ensure: bool = False) -> None:
        """Make the queue known, without a queue for delayed messages: waiting is done in the store."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.queues_pending.add(queue_name)
            self.emit_after("declare_queue", queue_name)
        if ensure:
            super().declare_queue(queue_name, ensure=True)

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Wake the message's queue; returns when RabbitMQ has confirmed it.

        Raises:
            ValueError: the message is more than a wake-up.
            ConnectionClosed: nobody was woken.
        """
        refuse_content(message, delay)
        return super().enqueue(message)

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:  # noqa: ARG002 - Dramatiq's signature
        return {
            "x-queue-type": "quorum",
            "x-message-ttl": _KEPT_MILLISECONDS,
            "x-max-length": _MOST,
            "x-overflow": "drop-head",
        }

    def _declare_dq_queue(self, queue_name: str) -> None:
        """No queue for delayed messages."""

    def _declare_xq_queue(self, queue_name: str) -> None:
        """No queue for dead messages: a wake-up has nothing worth keeping."""
