"""The world of refunds, on each of the stores."""

from __future__ import annotations

import pytest

from tests.support.refunds import RefundWorld


@pytest.fixture
def world(store, clock) -> RefundWorld:
    """Payments, people, a gateway and a bank."""
    return RefundWorld(store, clock)
