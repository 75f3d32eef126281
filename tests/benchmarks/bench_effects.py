"""Effects per second with the outside world a no-op in the process, beside what others reach with a no-op job.

Ours is the production path: two worker processes, wake-ups, quota, breaker, daily limit, shares and exchange rows on, in as
many lanes as effects and in 500 lanes. All work is planned (enqueued) first, then the workers start; the rate is counted
from the first to the last execution.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from connectors.kit.seams import RandomIds
from tests.benchmarks import effects_rig as rig
from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.support.rabbitmq import rabbitmq_url

COUNT, FEW_LANES = 20_000, 500
RIVAL_COUNT = 10_000
SLOW_COUNT = 2_000
_WAIT = 240.0


def _ours(lanes: int) -> Callable[[], dict[str, float]]:
    def cell() -> dict[str, float]:
        log = rig.Log()
        with rig.database() as dsn:
            planned = rig.plan(dsn, COUNT, lanes)
            pids = rig.start(dsn, rig.operation(lambda call: log.write(call.key)))
            assert log.wait(COUNT, _WAIT)
            with psycopg.connect(dsn, autocommit=True) as connection:
                end = time.monotonic() + 20
                while _count(connection, "select count(*) from effect where state = 'done'") < COUNT:
                    assert time.monotonic() < end
                    time.sleep(0.05)
                assert _count(connection, "select count(*) from exchange") == COUNT
                assert _count(connection, "select day_used from system_flow where system = 'vnpay'") == COUNT
            rig.kill(pids)
        assert len({name for name, _ in log.read()}) == len(log.read()) == COUNT
        rate = log.rate()
        log.close()
        return {"rate": rate, "planned": planned}

    return cell


def _count(connection: psycopg.Connection[Any], sql: str) -> int:
    row = connection.execute(sql.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _dramatiq(prefetch: int) -> Callable[[], dict[str, float]]:
    def cell() -> dict[str, float]:
        if prefetch:
            os.environ["dramatiq_queue_prefetch"] = str(prefetch)  # noqa: SIM112 - their name
        import dramatiq
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        log, queue = rig.Log(), f"bench.{RandomIds().new_id()}"

        def declare() -> tuple[RabbitmqBroker, Any]:
            broker = RabbitmqBroker(url=rabbitmq_url(), confirm_delivery=True)
            return broker, dramatiq.actor(broker=broker, queue_name=queue, actor_name="job")(log.write)

        broker, actor = declare()
        for number in range(RIVAL_COUNT):
            actor.send(number)
        pids = [rig.fork(lambda: _dramatiq_worker(declare)) for _ in range(rig.PROCESSES)]
        assert log.wait(RIVAL_COUNT, _WAIT)
        rig.kill(pids)
        for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
            broker.channel.queue_delete(name)
        broker.close()
        rate = log.rate()
        log.close()
        return {"rate": rate}

    return cell


def _dramatiq_worker(declare: Callable[[], tuple[Any, Any]]) -> None:
    import signal

    import dramatiq

    broker, _ = declare()
    dramatiq.Worker(broker, worker_threads=rig.THREADS, worker_timeout=1000).start()
    signal.pause()


def _dramatiq_postgres() -> dict[str, float]:
    import dramatiq
    from dramatiq_postgres import PostgresBroker
    from dramatiq_postgres.schema import generate_init_sql

    log = rig.Log()
    with rig.database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(generate_init_sql())

        def declare() -> tuple[Any, Any]:
            broker = PostgresBroker(url=dsn)
            return broker, dramatiq.actor(broker=broker, queue_name="bench", actor_name="job")(log.write)

        _, actor = declare()
        for number in range(SLOW_COUNT):
            actor.send(number)
        pids = [rig.fork(lambda: _dramatiq_worker(declare)) for _ in range(rig.PROCESSES)]
        assert log.wait(SLOW_COUNT, _WAIT)
        rig.kill(pids)
    rate = log.rate()
    log.close()
    return {"rate": rate}


def _bare() -> dict[str, float]:
    """A bare loop, one transaction per job with its effect row: two processes of four connections."""
    with rig.database() as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                """create table queue (id bigint generated always as identity primary key, body jsonb);
                   create table effected (id bigint primary key, at timestamptz, body text);
                   insert into queue (body) select '{"amount": 1}' from generate_series(1, 20000);
                   analyze queue"""
            )
        log = rig.Log()
        pids = [rig.fork(lambda: _loops(dsn, log)) for _ in range(rig.PROCESSES)]
        for pid in pids:
            os.waitpid(pid, 0)
    assert len(log.read()) == COUNT
    rate = log.rate()
    log.close()
    return {"rate": rate}


def _loops(dsn: str, log: rig.Log) -> None:
    def run() -> None:
        with psycopg.connect(dsn) as connection:
            while True:
                row = connection.execute(
                    """delete from queue where id = (select id from queue order by id for update skip locked limit 1)
                       returning id, body"""
                ).fetchone()
                if row is None:
                    return
                log.write(row[0])
                connection.execute("insert into effected values (%s, now(), 'done')", (row[0],))
                connection.commit()

    threads = [threading.Thread(target=run) for _ in range(rig.THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _dbos() -> dict[str, float]:
    """A workflow of one step on DBOS's queue, polled every 0.1 s; its tables are made by a process before."""
    log = rig.Log()
    with rig.database() as dsn:
        for prepare in (lambda: _dbos_launch(dsn, None), lambda: _dbos_enqueue(dsn)):
            os.waitpid(rig.fork(prepare), 0)
        pids = [rig.fork(lambda: _dbos_worker(dsn, log)) for _ in range(rig.PROCESSES)]
        assert log.wait(SLOW_COUNT, _WAIT)
        rig.kill(pids)
    rate = log.rate()
    log.close()
    return {"rate": rate}


def _dbos_launch(dsn: str, log: rig.Log | None) -> None:
    from dbos import DBOS

    DBOS(
        config={
            "name": "bench",
            "system_database_url": dsn,
            "application_version": "1",
            "log_level": "ERROR",
        }
    )

    @DBOS.step(name="step")
    def step(number: int) -> None:
        assert log is not None
        log.write(number)

    @DBOS.workflow(name="work")
    def work(number: int) -> None:
        step(number)

    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=100, polling_interval_sec=0.1)


def _dbos_worker(dsn: str, log: rig.Log) -> None:
    import signal

    _dbos_launch(dsn, log)
    signal.pause()


def _dbos_enqueue(dsn: str) -> None:
    from dbos import DBOSClient

    client = DBOSClient(system_database_url=dsn)
    for number in range(SLOW_COUNT):
        client.enqueue({"workflow_name": "work", "queue_name": "bench"}, number)


CELLS: dict[str, Callable[[], dict[str, float]]] = {
    "ours_many_lanes": _ours(COUNT),
    "ours_500_lanes": _ours(FEW_LANES),
    "rabbitmq": _dramatiq(0),
    "rabbitmq_200": _dramatiq(200),
    "bare": _bare,
    "dramatiq_postgres": _dramatiq_postgres,
    "dbos": _dbos,
}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The bars of the issue, section 9: quotients of each round, then their median."""
    found = harness.rounds_of("tests.benchmarks.bench_effects", list(CELLS), rounds)
    rows = []
    for ours, lanes in (("ours_many_lanes", f"{COUNT:,} lanes"), ("ours_500_lanes", f"{FEW_LANES} lanes")):
        rate = harness.median(found[ours], "rate")
        for rival, least in (("rabbitmq", 1.0), ("bare", 0.8), ("dramatiq_postgres", 4.0), ("dbos", 10.0)):
            times = harness.quotient(found[ours], found[rival], "rate")
            theirs = harness.median(found[rival], "rate")
            rows.append(
                Row(f"effects/s in {lanes} beside {rival} ({theirs:,.0f})", f"{rate:,.0f}, {times:.2f} ×",
                    f">= {least}", times >= least)
            )  # fmt: skip
        aim = harness.quotient(found[ours], found["rabbitmq_200"], "rate")
        rows.append(
            Row(f"… beside rabbitmq with prefetch 200 ({harness.median(found['rabbitmq_200'], 'rate'):,.0f})",
                f"{aim:.2f} ×", "aim 1.0")
        )  # fmt: skip
    facts = {name: {"rates": [round(cell["rate"]) for cell in cells]} for name, cells in found.items()}
    facts["planned_per_second"] = {"median": round(harness.median(found["ours_many_lanes"], "planned"))}
    return rows, facts


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_effects", CELLS, judge)
