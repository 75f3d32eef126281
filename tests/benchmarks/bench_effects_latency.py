"""From the cause to the first byte outside, one at a time, beside a bare message with one durable commit.

'whole' counts from before the transaction of the cause, 'p50'/'p99' from its commit.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from collections.abc import Callable
from typing import Any

import psycopg

from connectors.kit.effects import Call
from connectors.kit.seams import MachineClock, RandomIds
from jobs.broker.build import build_broker, sender
from jobs.broker.waker import Waker
from jobs.store.postgres.store import PgStore
from tests.benchmarks import effects_rig as rig
from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.support.rabbitmq import rabbitmq_url

MESSAGES = 300
_TABLE = (
    "create table bench (id bigint generated always as identity primary key, at timestamptz, body text);"
    "grant select, insert on bench to lienthong_app; grant usage on all sequences in schema public to lienthong_app"
)


def _measure(act: Callable[[int], float], started: int) -> dict[str, float]:
    """``act`` causes number n and returns when its cause was committed, in nanoseconds."""
    whole, after = [], []
    for number in range(MESSAGES + 20):
        begun = time.monotonic_ns()
        committed = act(number)
        (at,) = struct.unpack("q", os.read(started, 8))
        if number >= 20:  # the first ones prepare statements and connections
            whole.append((at - begun) / 1e6)
            after.append((at - committed) / 1e6)
        time.sleep(0.003)
    return {
        "p50": round(harness.at(after, 0.5), 2), "p99": round(harness.at(after, 0.99), 2),
        "whole_p50": round(harness.at(whole, 0.5), 2), "whole_p99": round(harness.at(whole, 0.99), 2),
    }  # fmt: skip


def _ours() -> dict[str, float]:
    started, say = os.pipe()

    def perform(_call: Call) -> None:
        os.write(say, struct.pack("q", time.monotonic_ns()))

    with rig.database() as dsn:
        pids = rig.start(dsn, rig.operation(perform), processes=1)
        store = PgStore(dsn, MachineClock(), size=1, wake=Waker(sender(build_broker(dsn))))
        rows = rig.effects(MESSAGES + 20, MESSAGES + 20)

        def act(number: int) -> float:
            with store.transaction("cause") as tx:
                tx.effects.plan([rows[number]])
            return time.monotonic_ns()

        found = _measure(act, started)
        rig.kill(pids)
        store.close()
    return found


def _rival(how: str) -> Callable[[], dict[str, float]]:
    def cell() -> dict[str, float]:
        import dramatiq

        started, say = os.pipe()
        ready, say_ready = os.pipe()
        queue = f"bench.{RandomIds().new_id()}"
        with rig.database() as dsn:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(_TABLE)
                if how == "dramatiq_postgres":
                    from dramatiq_postgres.schema import generate_init_sql

                    connection.execute(generate_init_sql())

            def declare() -> tuple[Any, Any]:
                if how == "dramatiq_postgres":
                    from dramatiq_postgres import PostgresBroker

                    broker: Any = PostgresBroker(url=dsn)
                else:
                    from dramatiq.brokers.rabbitmq import RabbitmqBroker

                    broker = RabbitmqBroker(url=rabbitmq_url(), confirm_delivery=True)
                work = dramatiq.actor(broker=broker, queue_name=queue, actor_name="job")
                return broker, work(lambda: os.write(say, struct.pack("q", time.monotonic_ns())) and None)

            def worker() -> None:
                broker, _ = declare()
                dramatiq.Worker(broker, worker_threads=rig.THREADS, worker_timeout=1000).start()
                os.write(say_ready, b"1")
                signal.pause()

            pid = rig.fork(worker)
            os.read(ready, 1)
            time.sleep(0.5)
            broker, actor = declare()
            store = PgStore(dsn, MachineClock(), size=1)

            def act(_number: int) -> float:
                with store.transaction("cause") as tx:
                    tx.execute("insert into bench (at, body) values (%s, 'x')", (tx.now,))
                committed = time.monotonic_ns()
                actor.send()
                return committed

            found = _measure(act, started)
            rig.kill([pid])
            if how == "rabbitmq":
                for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
                    broker.channel.queue_delete(name)
            store.close()
        return found

    return cell


CELLS: dict[str, Callable[[], dict[str, float]]] = {
    "ours": _ours,
    "dramatiq_postgres": _rival("dramatiq_postgres"),
    "rabbitmq": _rival("rabbitmq"),
}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """No worse than a bare message on dramatiq-postgres plus one durable commit, in the same run."""
    found = harness.rounds_of("tests.benchmarks.bench_effects_latency", list(CELLS), rounds)
    figures = {
        name: {key: harness.median(cells, key) for key in ("p50", "p99", "whole_p50", "whole_p99")}
        for name, cells in found.items()
    }
    ours, rival, rabbit = figures["ours"], figures["dramatiq_postgres"], figures["rabbitmq"]
    rows = [
        Row(f"commit of the cause to first byte, {name}", f"{ours[name]:.1f} ms",
            f"<= {rival[f'whole_{name}']:.1f} (dramatiq-postgres with its commit; RabbitMQ {rabbit[f'whole_{name}']:.1f})",
            ours[name] <= rival[f"whole_{name}"])
        for name in ("p50", "p99")
    ]  # fmt: skip
    rows.append(
        Row(
            "… with the transaction of the cause, p50 / p99",
            f"{ours['whole_p50']:.1f} / {ours['whole_p99']:.1f} ms",
        )
    )
    return rows, figures


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_effects_latency", CELLS, judge)
