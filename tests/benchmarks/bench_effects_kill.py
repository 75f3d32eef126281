"""kill -9 of all workers in the middle of 2,000 pieces of work of 2 ms, restarted at once: when is the rest done.

The outside honours keys, as the operation declares: what a dead worker may have sent is sent again with the same key.
'repeated' counts calls with a key that was completed before; to the outside they are no second effect.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg

from connectors.kit.effects import Call
from connectors.kit.seams import RandomIds
from tests.benchmarks import effects_rig as rig
from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.support.rabbitmq import rabbitmq_url

COUNT, KILLED_AT = 2_000, 800
_WAIT = 120.0


def _until(log: rig.Log, count: int) -> None:
    """All different ids there, repeats not counted."""
    end = time.monotonic() + _WAIT
    while len({name for name, _ in log.read()}) < count and time.monotonic() < end:
        time.sleep(0.05)


def _told(log: rig.Log, restarted: int) -> dict[str, float]:
    found = log.read()
    counts = Counter(name for name, _ in found)
    firsts: dict[str, int] = {}
    for name, at in found:
        firsts.setdefault(name, at)
    return {
        "seconds": round((max(firsts.values()) - restarted) / 1e9, 2),
        "missing": COUNT - len(counts),
        "repeated": sum(number - 1 for number in counts.values()),
    }


def _ours() -> dict[str, float]:
    log = rig.Log()

    def perform(call: Call) -> None:
        time.sleep(0.002)
        log.write(call.key)

    made = rig.operation(perform)
    with rig.database() as dsn:
        rig.plan(dsn, COUNT, COUNT)
        sweep = rig.sweep(dsn)
        pids = rig.start(dsn, made)
        assert log.wait(KILLED_AT, _WAIT)
        rig.kill(pids)
        restarted = time.monotonic_ns()
        pids = rig.start(dsn, made)
        _until(log, COUNT)
        found = _told(log, restarted)
        with psycopg.connect(dsn, autocommit=True) as connection:
            end = time.monotonic() + 30
            while time.monotonic() < end:
                row = connection.execute("select count(*) from effect where state <> 'done'").fetchone()
                if row == (0,):
                    break
                time.sleep(0.1)
        rig.kill([*pids, sweep])
    log.close()
    return {**found, "open": float(row[0]) if row else -1.0}


def _rabbitmq() -> dict[str, float]:
    import dramatiq
    from dramatiq.brokers.rabbitmq import RabbitmqBroker

    log, queue = rig.Log(), f"bench.{RandomIds().new_id()}"

    def work(number: int) -> None:
        time.sleep(0.002)
        log.write(number)

    def declare() -> tuple[RabbitmqBroker, Any]:
        broker = RabbitmqBroker(url=rabbitmq_url(), confirm_delivery=True)
        return broker, dramatiq.actor(broker=broker, queue_name=queue, actor_name="job")(work)

    def worker() -> None:
        broker, _ = declare()
        dramatiq.Worker(broker, worker_threads=rig.THREADS, worker_timeout=1000).start()
        os.read(silence, 1)

    silence, _ = os.pipe()
    broker, actor = declare()
    for number in range(COUNT):
        actor.send(number)
    pids = [rig.fork(worker) for _ in range(rig.PROCESSES)]
    assert log.wait(KILLED_AT, _WAIT)
    rig.kill(pids)
    restarted = time.monotonic_ns()
    pids = [rig.fork(worker) for _ in range(rig.PROCESSES)]
    _until(log, COUNT)
    rig.kill(pids)
    for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
        broker.channel.queue_delete(name)
    found = _told(log, restarted)
    log.close()
    return found


CELLS: dict[str, Callable[[], dict[str, float]]] = {"ours": _ours, "rabbitmq": _rabbitmq}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The rest done no later than on RabbitMQ plus two seconds; none lost, none left open."""
    found = harness.rounds_of("tests.benchmarks.bench_effects_kill", list(CELLS), rounds)
    ours, rival = harness.median(found["ours"], "seconds"), harness.median(found["rabbitmq"], "seconds")
    lost = sum(cell["missing"] + cell["open"] for cell in found["ours"])
    repeated = [int(cell["repeated"]) for cell in found["ours"]]
    theirs = [int(cell["repeated"]) for cell in found["rabbitmq"]]
    rows = [
        Row(
            "kill -9 of all workers: rest done after",
            f"{ours:.1f} s",
            f"<= {rival:.1f} + 2 s",
            ours <= rival + 2,
        ),
        Row("lost or left open", f"{lost:.0f}", "0", lost == 0),
        Row("calls repeated with their key", f"{repeated} (RabbitMQ: jobs twice {theirs})"),
    ]
    return rows, found


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_effects_kill", CELLS, judge)
