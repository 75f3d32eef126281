"""The queues of the product. Each has one drain; an architecture test holds both lists together.

Beside :data:`OWN` there is one queue for the effects of each outside system that is set.
"""

from __future__ import annotations

INTAKE = "intake"
PAYMENTS = "payments"
REFUNDS = "refunds"
HOUSEKEEPING = "housekeeping"
SYNC = "sync"
INBOUND = "inbound"
PULL = "pull"
SIGNATURES = "signatures"


def effects(system: str) -> str:
    """The queue that delivers the effects of one system."""
    return f"effects.{system}"


OWN = (INTAKE, SYNC, INBOUND, PULL, SIGNATURES, PAYMENTS, REFUNDS, HOUSEKEEPING)
