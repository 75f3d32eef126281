"""Counters of the work. Labels are systems, operations, queues and results; never ids, never persons."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

DRAIN_SECONDS = Histogram(
    "lienthong_drain_seconds",
    "Time of one run of a queue's drain",
    ["queue"],
    buckets=(0.005, 0.025, 0.1, 0.5, 2.5, 10, 60),
)
DRAINS = Counter("lienthong_drains", "Runs of drains", ["queue", "result"])
PERIODIC = Counter("lienthong_periodic", "Runs of periodic work", ["name", "result"])
CHILD_DEATHS = Counter("lienthong_child_deaths", "Processes that ended without being told to", ["role"])
EFFECTS = Counter(
    "lienthong_effects",
    "Answers of outside systems by what they made of the effect",
    ["system", "operation", "state"],
)
UP = Gauge("lienthong_up", "1 while a process works", ["role"])


def told(queue: str, seconds: float, good: bool) -> None:
    """Count one run of a drain."""
    DRAIN_SECONDS.labels(queue).observe(seconds)
    DRAINS.labels(queue, "done" if good else "failed").inc()
