"""The queues of the product. Each has one drain; an architecture test holds both lists together."""

from __future__ import annotations

INTAKE = "intake"
PAYMENTS = "payments"
REFUNDS = "refunds"
HOUSEKEEPING = "housekeeping"
SYNC = "sync"

SYSTEMS = ("igate", "vnpay", "payment_platform", "statements")


def effects(system: str) -> str:
    """The queue that delivers the effects of one system."""
    return f"effects.{system}"


ALL = (*(effects(system) for system in SYSTEMS), INTAKE, SYNC, PAYMENTS, REFUNDS, HOUSEKEEPING)
