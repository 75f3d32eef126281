"""A RabbitMQ for tests: the one on loopback, or the one that ``LIENTHONG_TEST_BROKER_URL`` names."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

import pytest


def rabbitmq_url() -> str:
    """Its address; a missing one is a skip at home and a failure in CI."""
    url = os.environ.get("LIENTHONG_TEST_BROKER_URL", "amqp://guest:guest@127.0.0.1:5672/")
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5672), timeout=2).close()
    except OSError:
        if os.environ.get("CI"):
            pytest.fail(f"no RabbitMQ at {parts.hostname}:{parts.port}")
        pytest.skip("no RabbitMQ here")
    return url
