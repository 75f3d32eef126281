"""What the benchmarks of the effect engine share: worker processes as in production, rivals, and a log of executions.

A job writes "id nanoseconds" with one O_APPEND write, so that executions can be counted and timed by somebody else.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg

from adapters.cli.serving import freeze_heap
from connectors.kit.effects import Call, Done, EffectClass, Exchange, Operation
from connectors.kit.exchanges import note
from connectors.kit.seams import MachineClock, SystemChance
from jobs.broker.build import build_broker, sender
from jobs.broker.waker import Waker
from jobs.broker.wakes import declare_drain
from jobs.clock import DatabaseClock
from jobs.effects.actors import FINDERS, drains, install_limits
from jobs.effects.engine import Engine
from jobs.effects.flow import Limits
from jobs.effects.model import NewEffect
from jobs.scheduler import Scheduler
from jobs.store.postgres.store import PgStore
from tests.support import database as databases

SYSTEM = "vnpay"
PROCESSES, THREADS = 2, 4
WIDE = Limits(rate=1e7, burst=1e7, daily=10_000_000, concurrency=16)


@contextmanager
def database() -> Iterator[str]:
    """A migrated database with wide limits."""
    with databases.databases() as made:
        dsn = made.create()
        store = PgStore(dsn, MachineClock(), size=1)
        install_limits(store, {SYSTEM: WIDE})
        store.close()
        try:
            yield dsn
        finally:
            made.drop(dsn)


class Log:
    """Executions of one cell."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkstemp(prefix="bench-")[1])
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)

    def write(self, number: object) -> None:
        """One execution."""
        os.write(self._descriptor, b"%s %d\n" % (str(number).encode(), time.monotonic_ns()))

    def read(self) -> list[tuple[str, int]]:
        """(id, nanoseconds) in order of writing."""
        lines = self.path.read_text().splitlines()
        return [(name, int(at)) for name, _, at in (line.partition(" ") for line in lines)]

    def wait(self, count: int, seconds: float) -> bool:
        """Until that many lines lie there."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.path.open("rb") as file:
                if sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b"")) >= count:
                    return True
            time.sleep(0.05)
        return False

    def rate(self) -> float:
        """Executions per second from the first to the last."""
        times = sorted(at for _, at in self.read())
        return (len(times) - 1) / ((times[-1] - times[0]) / 1e9)

    def close(self) -> None:
        os.close(self._descriptor)
        self.path.unlink()


def fork(work: Callable[[], None]) -> int:
    """A child that works and never returns; what is loaded stays out of its collector's rounds, as in a supervisor's."""
    freeze_heap()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:  # noqa: BLE001 - a forked child: told, then ended
        traceback.print_exc()
    finally:
        os._exit(0)


def kill(pids: Sequence[int]) -> None:
    """SIGKILL, and wait until they are gone."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)


def operation(
    perform: Callable[[Call], None], effect_class: EffectClass = EffectClass.IDEMPOTENT
) -> Operation:
    """An operation whose call is noted as the transport notes it."""

    def call(given: Call) -> Done:
        perform(given)
        note(
            Exchange(SYSTEM, "write", "out", given.reference, 200, "ok", 1, "a1b2:9f", "c3d4:7e",
                     {"key": given.key}, {"code": "00"}),
            None,
        )  # fmt: skip
        return Done({"code": "00"}, "00")

    return Operation(SYSTEM, "write", effect_class, "by its key", call)


def effects(count: int, lanes: int) -> list[NewEffect]:
    """Effects as a dossier's: a key, a lane, references and a payload of some hundred bytes."""
    return [
        NewEffect(
            key=f"effect:{number}", system=SYSTEM, operation="write", lane=f"lane:{number % lanes}",
            payload={"reference": f"R{number:015}", "amount": 150_000, "text": "x" * 200},
            dossier_code=f"H21.129-261124-{number % lanes:06}", reference=f"R{number:015}", cause="bench",
        )
        for number in range(count)
    ]  # fmt: skip


def plan(dsn: str, count: int, lanes: int) -> float:
    """Plan that many; how many per second."""
    store, rows = PgStore(dsn, MachineClock(), size=1), effects(count, lanes)
    begun = time.monotonic()
    for at in range(0, count, 1000):
        with store.transaction("plan") as tx:
            tx.effects.plan(rows[at : at + 1000])
    store.close()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze effect")
    return count / (time.monotonic() - begun)


def worker(dsn: str, made: Operation, ready: int, *, lease: timedelta = timedelta(seconds=90)) -> None:
    """One worker process as in production: broker, waker, store, engine, Dramatiq's threads."""
    import dramatiq

    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select nextval('worker_number')").fetchone()
    assert row is not None
    number = int(row[0])
    clock = DatabaseClock(dsn)
    broker = build_broker(dsn, worker=number)
    store = PgStore(dsn, clock, size=8, wake=Waker(sender(broker)))
    engine = Engine(
        store, {(SYSTEM, "write"): made}, {}, clock=clock, chance=SystemChance(), worker=number, lease=lease
    )
    for queue, drain in drains(engine).items():
        declare_drain(broker, queue, drain)
    dramatiq.Worker(broker, worker_threads=THREADS, worker_timeout=1000).start()
    broker.listener.listening.wait(10)
    freeze_heap()
    os.write(ready, b"1")
    signal.pause()


def sweep(dsn: str) -> int:
    """The one-second sweep of the supervisor, in a process of its own."""

    def run() -> None:
        scheduler = Scheduler(dsn, DatabaseClock(dsn), finders=FINDERS)
        while True:
            scheduler.tick()
            time.sleep(1.0)

    return fork(run)


def start(dsn: str, made: Operation, processes: int = PROCESSES) -> list[int]:
    """Worker processes that listen."""
    ready, say_ready = os.pipe()
    pids = [fork(lambda: worker(dsn, made, say_ready)) for _ in range(processes)]
    for _ in pids:
        os.read(ready, 1)
    return pids
