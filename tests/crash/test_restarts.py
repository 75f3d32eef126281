"""The database loses its power under load; afterwards everything goes on by itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from jobs.store import migrate
from jobs.store.embedded.server import EmbeddedServer
from tests.crash.conftest import Scene
from tests.crash.nursery import Nursery
from tests.support.embedded import short_home

RESTARTS = 200 if os.environ.get("LIENTHONG_PROOF") == "full" else 2


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of our own that may be ended; commits are durable."""
    with short_home() as home:
        made = EmbeddedServer(home / "e")
        made.start()
        migrate.migrate(made.dsn())
        yield made
        made.stop()


def test_the_server_ends_at_once_in_the_middle_of_everything(
    nursery: Nursery, server: EmbeddedServer, tmp_path: Path
):
    """What was committed is there, what was not never was, and the same processes go on (L4)."""
    scene = Scene(nursery, server.dsn(), tmp_path)
    scene.work(new=3)
    with ThreadPoolExecutor(1) as beside:
        for number in range(RESTARTS):
            pid = server.pid
            assert pid is not None
            working = beside.submit(scene.work, new=3, end=pid, after=10 + number * 37 % 160)
            gone, _ = psutil.wait_procs([psutil.Process(pid)], timeout=60)
            assert gone, "the server was never ended: too few points were passed"
            server.stop()
            server.start()
            assert working.result(timeout=120)["code"] == 0
    scene.recover()

    assert scene.wrong() == []
