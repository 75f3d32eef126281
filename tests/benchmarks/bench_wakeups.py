"""Wake-ups: what they cost the commits, and how long they take from the commit to the start of the work.

Rate: two processes of eight threads commit single rows through the product's own store, in turns of one second without
wake-ups, with the product's wake-ups while a worker listens, and with a NOTIFY in each commit. Latency: one at a time, an idle worker in
another process; beside it a bare message on dramatiq-postgres and on RabbitMQ with confirms, each with one durable commit.
"""

from __future__ import annotations

import os
import signal
import statistics
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dramatiq
import psycopg

from connectors.kit.seams import MachineClock, RandomIds
from jobs.broker.build import build_broker, sender
from jobs.broker.postgres import PostgresBroker
from jobs.broker.waker import Waker
from jobs.broker.wakes import declare_drain
from jobs.store.postgres.store import PgStore
from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.support import database
from tests.support.rabbitmq import rabbitmq_url

WAYS = ("plain", "wake", "notify")
TURN = 1.0
SECONDS = 9.0
PROCESSES, THREADS = 2, 8
MESSAGES = 300
QUEUE = f"bench.{RandomIds().new_id()}"
_TABLE = (
    "create table bench (id bigint generated always as identity primary key, at timestamptz, body text);"
    "grant select, insert on bench to lienthong_app; grant usage on all sequences in schema public to lienthong_app"
)


@contextmanager
def _database() -> Iterator[str]:
    with database.databases() as made:
        dsn = made.create()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(_TABLE)
        try:
            yield dsn
        finally:
            made.drop(dsn)


def _child(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def _rates() -> dict[str, float]:
    """Commits per second of each way, in turns of one second: noise of the machine falls on all of them."""
    with _database() as dsn:
        reading, writing = os.pipe()
        ready, say_ready = os.pipe()
        listener = _child(lambda: _listen(dsn, say_ready))
        os.read(ready, 1)
        begin = time.monotonic() + 0.5
        children = [_child(lambda: _commit(dsn, begin, writing)) for _ in range(PROCESSES)]
        for child in children:
            os.waitpid(child, 0)
        os.kill(listener, signal.SIGKILL)
        os.waitpid(listener, 0)
        size = struct.calcsize("3q")
        counts = [struct.unpack("3q", os.read(reading, size)) for _ in range(PROCESSES)]
        return {way: sum(count[n] for count in counts) / (SECONDS / len(WAYS)) for n, way in enumerate(WAYS)}


def _listen(dsn: str, say_ready: int) -> None:
    broker = build_broker(dsn)
    declare_drain(broker, QUEUE, lambda: None)
    dramatiq.Worker(broker, worker_threads=2, worker_timeout=1000).start()
    assert isinstance(broker, PostgresBroker)
    broker.listener.listening.wait(10)
    os.write(say_ready, b"1")
    signal.pause()


def _commit(dsn: str, begin: float, writing: int) -> None:
    waker = Waker(sender(build_broker(dsn)))
    store = PgStore(dsn, MachineClock(), size=THREADS, wake=waker)
    counts = [[0] * len(WAYS) for _ in range(THREADS)]

    def run(mine: list[int]) -> None:
        while (now := time.monotonic()) < begin + SECONDS:
            way = int(max(0.0, now - begin) / TURN) % len(WAYS)
            with store.transaction("bench") as tx:
                tx.execute("insert into bench (at, body) values (%s, %s)", (tx.now, "x" * 400))
                if WAYS[way] == "notify":
                    tx.execute("select pg_notify('lienthong_wake', %s)", (QUEUE,))
                elif WAYS[way] == "wake":
                    tx.wake(QUEUE)
            if now >= begin:
                mine[way] += 1

    threads = [threading.Thread(target=run, args=(mine,)) for mine in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(writing, struct.pack("3q", *(sum(mine[n] for mine in counts) for n in range(len(WAYS)))))


def _latency(how: str) -> Callable[[], dict[str, float]]:
    def cell() -> dict[str, float]:
        with _database() as dsn:
            if how == "dramatiq_postgres":
                _prepare_rival(dsn)
            started, say_started = os.pipe()
            ready, say_ready = os.pipe()
            worker = _child(lambda: _work(dsn, how, say_started, say_ready))
            os.read(ready, 1)
            time.sleep(0.5)
            while _readable(started):
                os.read(started, 8)
            send = _sender(dsn, how)
            store = PgStore(dsn, MachineClock(), size=1)
            whole, wake = [], []
            for _ in range(MESSAGES):
                begun = time.monotonic_ns()
                with store.transaction("bench") as tx:
                    tx.execute("insert into bench (at, body) values (%s, 'x')", (tx.now,))
                committed = time.monotonic_ns()
                send()
                (at,) = struct.unpack("q", os.read(started, 8))
                whole.append((at - begun) / 1e6)
                wake.append((at - committed) / 1e6)
                time.sleep(0.003)
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
            return {
                "p50": round(harness.at(wake, 0.5), 2), "p99": round(harness.at(wake, 0.99), 2),
                "whole_p50": round(harness.at(whole, 0.5), 2), "whole_p99": round(harness.at(whole, 0.99), 2),
            }  # fmt: skip

    return cell


def _broker(dsn: str, how: str) -> dramatiq.Broker:
    if how == "dramatiq_postgres":
        from dramatiq_postgres import PostgresBroker as Rival

        rival: dramatiq.Broker = Rival(url=dsn)
        return rival
    return build_broker(dsn, rabbitmq_url() if how == "rabbitmq" else "")


def _declare(dsn: str, how: str, work: Callable[[], None]) -> tuple[dramatiq.Broker, Any]:
    broker = _broker(dsn, how)
    if how == "dramatiq_postgres":
        return broker, dramatiq.actor(broker=broker, queue_name="bench", actor_name="bench")(work)
    declare_drain(broker, QUEUE, work)
    return broker, None


def _work(dsn: str, how: str, say_started: int, say_ready: int) -> None:
    broker, _ = _declare(
        dsn, how, lambda: os.write(say_started, struct.pack("q", time.monotonic_ns())) and None
    )
    dramatiq.Worker(broker, worker_threads=4, worker_timeout=1000).start()
    if isinstance(broker, PostgresBroker):
        broker.listener.listening.wait(10)
    os.write(say_ready, b"1")
    signal.pause()


def _sender(dsn: str, how: str) -> Callable[[], object]:
    broker, actor = _declare(dsn, how, lambda: None)
    if actor is not None:
        send: Callable[[], object] = actor.send
        return send
    waker = Waker(sender(broker))
    return lambda: waker({QUEUE})


def _prepare_rival(dsn: str) -> None:
    from dramatiq_postgres.schema import generate_init_sql

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(generate_init_sql())


def _readable(descriptor: int) -> bool:
    import select

    return bool(select.select([descriptor], [], [], 0)[0])


CELLS = {
    "rates": _rates,
    "latency_ours": _latency("ours"),
    "latency_rabbitmq": _latency("rabbitmq"),
    "latency_dramatiq_postgres": _latency("dramatiq_postgres"),
}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The bars: commits at least 0.9 of those without wake-ups; latency no worse than dramatiq-postgres."""
    found = harness.rounds_of(
        __name__ if __name__ != "__main__" else "tests.benchmarks.bench_wakeups", list(CELLS), rounds
    )
    rates = found["rates"]
    rate = statistics.median(cell["wake"] / cell["plain"] for cell in rates)
    notify = statistics.median(cell["notify"] / cell["plain"] for cell in rates)
    ours, rival, rabbit = (found[f"latency_{name}"] for name in ("ours", "dramatiq_postgres", "rabbitmq"))
    p50, p99 = harness.median(ours, "whole_p50"), harness.median(ours, "whole_p99")
    r50, r99 = harness.median(rival, "whole_p50"), harness.median(rival, "whole_p99")
    w50, w99 = harness.median(ours, "p50"), harness.median(ours, "p99")
    rows = [
        Row("commits/s with wake-ups", f"{harness.median(rates, 'wake'):,.0f}, {rate:.2f} × without", ">= 0.9", rate >= 0.9),
        Row("commits/s with a NOTIFY in each", f"{harness.median(rates, 'notify'):,.0f}, {notify:.2f} × without"),
        Row("commit to start of work, ms", f"p50 {w50:.1f}, p99 {w99:.1f}", "3 / 5", w50 <= 3 and w99 <= 5),
        Row("commit and wake-up, ms", f"p50 {p50:.1f}, p99 {p99:.1f}", f"dramatiq-postgres {r50:.1f} / {r99:.1f}", p50 <= r50 and p99 <= r99),
        Row("the same over RabbitMQ, ms", f"p50 {harness.median(rabbit, 'whole_p50'):.1f}, p99 {harness.median(rabbit, 'whole_p99'):.1f}"),
    ]  # fmt: skip
    return rows, {
        name: {key: harness.median(cells, key) for key in cells[0]} for name, cells in found.items()
    }


if __name__ == "__main__":
    sys.stdout.flush()
    harness.run("tests.benchmarks.bench_wakeups", CELLS, judge)
