"""One suite for both brokers: a wake-up reaches a worker, holds nothing, and may be lost."""

from __future__ import annotations

import threading
from collections import Counter

import dramatiq
import psycopg
import pytest
from dramatiq.errors import BrokerError

from connectors.kit.seams import RandomIds
from jobs.broker.build import build_broker, sender
from jobs.broker.listener import ALIVE
from jobs.broker.postgres import PostgresBroker
from jobs.broker.waker import Waker
from jobs.broker.wakes import OneAtATime, declare_drain, wake_up
from tests.support.rabbitmq import rabbitmq_url
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # pika's own sockets after a cut connection


class Runs:
    """Counts the runs of drains."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()
        self._lock = threading.Lock()

    def drain(self, queue: str):
        def run() -> None:
            with self._lock:
                self.of[queue] += 1

        return run


@pytest.fixture(params=["postgres", "rabbitmq"])
def make_broker(request, databases, database):
    url = rabbitmq_url() if request.param == "rabbitmq" else ""
    made: list[dramatiq.Broker] = []

    def make() -> dramatiq.Broker:
        made.append(build_broker(database, url))
        return made[-1]

    yield make
    for broker in made:
        if url:
            for queue in broker.get_declared_queues():
                broker.channel.queue_delete(queue)
        broker.close()


@pytest.fixture
def queue():
    return f"test.q{RandomIds().new_id()}"


@pytest.fixture
def start():
    workers = []

    def begin(broker):
        worker = dramatiq.Worker(broker, worker_threads=3, worker_timeout=50)
        worker.start()
        workers.append(worker)
        if isinstance(broker, PostgresBroker):
            assert broker.listener.listening.wait(10)
        return worker

    yield begin
    for worker in workers:
        worker.stop(timeout=5000)


def test_a_wake_up_from_another_process_runs_the_drain(make_broker, start, queue):
    """Who plans work and who does it are different processes."""
    runs, working, planning = Runs(), make_broker(), make_broker()
    declare_drain(working, queue, runs.drain(queue))
    declare_drain(planning, queue, runs.drain("never"))
    start(working)
    eventually(lambda: runs.of[queue] <= 1)
    before = runs.of[queue]

    sender(planning)({queue})

    eventually(lambda: runs.of[queue] > before)
    assert runs.of["never"] == 0


def test_a_drain_that_raises_is_run_again_at_the_next_wake_up(make_broker, start, queue):
    """One bad row must not end the work of a queue."""
    runs, broker = Runs(), make_broker()
    count = runs.drain(queue)

    def fails() -> None:
        count()
        raise RuntimeError("a bad row")

    declare_drain(broker, queue, fails)
    start(broker)
    for _ in range(2):
        before = runs.of[queue]
        sender(broker)({queue})
        eventually(lambda: runs.of[queue] > before)


def test_a_message_that_holds_anything_is_refused(make_broker, queue):
    """The broker may be emptied at any moment: what must not be lost may not enter it."""
    broker = make_broker()
    declare_drain(broker, queue, lambda: None)
    with pytest.raises(ValueError, match="carries nothing"):
        broker.enqueue(wake_up(queue).copy(args=(1,)))
    with pytest.raises(ValueError, match="waiting is done in the store"):
        broker.enqueue(wake_up(queue), delay=1000)


def test_a_wiped_broker_hears_the_next_wake_up(make_broker, start, queue):
    """After a wipe only the wake-ups are gone, not the ability to wake."""
    runs, broker = Runs(), make_broker()
    declare_drain(broker, queue, runs.drain(queue))
    sender(broker)({queue})
    broker.flush_all()
    start(broker)
    before = runs.of[queue]
    sender(broker)({queue})
    eventually(lambda: runs.of[queue] > before)


def test_many_commits_become_few_wake_ups(make_broker, queue):
    """A wake-up per commit would cost more than the work."""
    broker = make_broker()
    declare_drain(broker, queue, lambda: None)
    sent: list[set[str]] = []
    go, send = threading.Event(), sender(broker)

    def slow(queues: set[str]) -> None:
        go.wait(5)
        send(queues)
        sent.append(queues)

    waker = Waker(slow)
    for _ in range(500):
        waker({queue})
    go.set()
    waker.close()

    assert 1 <= len(sent) <= 2
    assert set().union(*sent) == {queue}


def test_a_cut_connection_is_made_anew(make_broker, start, queue, database):
    """The server may be restarted at any moment; no hands are needed afterwards."""
    runs, broker = Runs(), make_broker()
    if not isinstance(broker, PostgresBroker):
        pytest.skip("RabbitMQ's connections are Dramatiq's own business")
    declare_drain(broker, queue, runs.drain(queue))
    start(broker)
    sender(broker)({queue})
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            """select pg_terminate_backend(pid) from pg_stat_activity
               where application_name like 'lienthong-%' and datname = current_database()"""
        )
    before = runs.of[queue]
    eventually(lambda: (sender(broker)({queue}), runs.of[queue] > before + 1)[1])


def test_a_lost_broker_never_stops_the_one_who_committed():
    """A wake-up is worth less than the fact that caused it."""

    def down(_queues: set[str]) -> None:
        raise BrokerError("away")

    waker = Waker(down)
    waker({"intake"})
    waker.close()


def test_a_worker_lives_as_long_as_its_session(database):
    """No clock is asked whether a worker is dead: its lock is gone when its process is."""
    broker = PostgresBroker(database, worker=41)
    broker.listener.start()
    assert broker.listener.listening.wait(10)
    with psycopg.connect(database, autocommit=True) as other:

        def alive(worker: int) -> bool:
            row = other.execute(f"select {ALIVE}", {"worker": worker}).fetchone()
            return bool(row and row[0])

        assert alive(41)
        assert not alive(42)
        broker.close()
        eventually(lambda: not alive(41))


def test_wake_ups_during_a_run_make_one_more_run():
    """What was planned while the drain looked the other way must be seen by it."""
    gate, runs = threading.Event(), []

    def work() -> None:
        runs.append(1)
        gate.wait(5)

    drain = OneAtATime("q", work, lambda *_: None)
    first = threading.Thread(target=drain)
    first.start()
    eventually(lambda: runs)
    for _ in range(5):
        drain()
    gate.set()
    first.join()

    assert len(runs) == 2


def test_a_bell_that_is_rung_here_is_heard_here_only(database, queue):
    """Two processes that read one feed at once would ask the case system everything twice."""
    here, there = PostgresBroker(database), PostgresBroker(database)
    try:
        for broker in (here, there):
            broker.declare_queue(queue)
            broker.listener.bells[queue].clear()
            broker.listener.start()
            assert broker.listener.listening.wait(10)
            broker.flush_all()  # the first look of each
        here.ring(queue)

        assert here.listener.bells[queue].wait(0)
        assert not there.listener.bells[queue].wait(0.2)
    finally:
        here.close()
        there.close()
