"""The world of payments, on each of the stores."""

from __future__ import annotations

import pytest

from tests.support.money import World


@pytest.fixture
def world(store, clock) -> World:
    """Dossiers, fees and payments; who opens refunds only remembers."""
    return World(store, clock)
