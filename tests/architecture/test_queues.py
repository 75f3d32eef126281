"""Every queue has a worker, and every worker a queue."""

from __future__ import annotations

import re

from config.settings import load
from jobs import bootstrap, queues
from jobs.queues import ALL
from tests.architecture.sources import ROOT, name, product_files

_ACTORS = {
    queues.INTAKE: "jobs/intake/actors.py",
    queues.PAYMENTS: "jobs/payments/actors.py",
    queues.REFUNDS: "jobs/refunds/actors.py",
    queues.RECONCILIATION: "jobs/reconciliation/actors.py",
    queues.HOUSEKEEPING: "jobs/periodic.py",
}
"""Queue → the file whose presence means that the queue is worked."""


def test_every_queue_that_is_woken_is_a_queue_of_the_product():
    """A misspelt queue swallows wake-ups without a word."""
    woken = set()
    for path in product_files():
        woken |= {(name(path), queue) for queue in re.findall(r"\.wake\(\"([a-z_.]+)\"\)", path.read_text())}

    assert [entry for entry in sorted(woken) if entry[1] not in ALL] == []


def test_a_worker_drains_only_queues_of_the_product(database):
    """A drain of a queue that nobody wakes never runs."""
    runtime = bootstrap.build(load({"LIENTHONG_DATABASE_URL": database}), database)
    try:
        assert set(runtime.drains) <= set(ALL)
        assert queues.HOUSEKEEPING in runtime.drains
        landed = {queue for queue in ALL if (ROOT / _ACTORS.get(queue, "jobs/effects/actors.py")).exists()}
        assert landed <= set(runtime.drains), f"no worker drains {sorted(landed - set(runtime.drains))}"
    finally:
        runtime.close()
