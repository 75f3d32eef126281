"""Every queue has a worker, and every worker a queue."""

from __future__ import annotations

import re

from adapters.cli.day.outside import Outside, Secrets
from config.settings import load
from jobs import bootstrap
from jobs.queues import OWN, effects
from tests.architecture.sources import name, product_files


def test_every_queue_that_is_woken_is_a_queue_of_the_product():
    """A misspelt queue swallows wake-ups without a word."""
    woken = set()
    for path in product_files():
        woken |= {(name(path), queue) for queue in re.findall(r"\.wake\(\"([a-z_.]+)\"\)", path.read_text())}

    assert [entry for entry in sorted(woken) if entry[1] not in OWN] == []


def test_a_worker_drains_every_queue_of_the_product_and_no_other(database):
    """A queue without a worker is work that nobody does; a drain of a queue that nobody wakes never runs."""
    secrets = Secrets("one of the tests", "two of the tests", "three of the tests", "four-of-the-tests-1234")
    outside = Outside("http://127.0.0.1:9", "http://127.0.0.1:9", secrets)
    runtime = bootstrap.build(
        load({"LIENTHONG_DATABASE_URL": database, **outside.variables()}), database, worker=1
    )
    try:
        assert set(runtime.drains) == {*OWN, *map(effects, runtime.connectors.clients)}
    finally:
        runtime.close()
