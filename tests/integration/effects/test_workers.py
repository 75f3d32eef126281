"""Workers that die, hang, meet each other, lose the database: nothing is lost and nothing is done twice."""

from __future__ import annotations

import contextlib
import threading
from datetime import timedelta

import psycopg
import pytest

from connectors.kit.effects import Done
from jobs.broker.listener import WORKERS
from jobs.effects.actors import FINDERS, install_limits
from jobs.effects.flow import Limits
from jobs.errors import CommitUnknown
from jobs.scheduler import Scheduler
from jobs.store.memory.effects_table import living
from jobs.store.memory.store import MemoryStore
from jobs.store.postgres.store import PgStore
from tests.support.effects import SYSTEM, Domain, Outside, engine, lost, new, plan, row, state
from tests.support.waiting import eventually


class Crash(BaseException):
    """The process is gone."""


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def lives(empty_database):
    """Advisory locks of worker processes: ``lives(3)`` until the test ends, ``lives.dies(3)`` before."""
    held: dict[int, psycopg.Connection] = {}

    class Lives:
        def __call__(self, worker: int) -> None:
            held[worker] = psycopg.connect(empty_database, autocommit=True)
            held[worker].execute("select pg_advisory_lock_shared(%s, %s)", (WORKERS, worker))

        def dies(self, worker: int) -> None:
            held.pop(worker).close()

    yield Lives()
    for connection in held.values():
        connection.close()


def die_at(point: str):
    def boundary(name: str) -> None:
        if name.startswith(point):
            raise Crash(name)

    return boundary


def crash(store, outside, clock, point: str, worker: int) -> None:
    """A worker dies at this point of its call; in memory its lock goes with it."""
    dying = engine(store, outside, clock, worker=worker, boundary=die_at(point))
    with pytest.raises(Crash):
        dying.step(SYSTEM)
    if isinstance(store, MemoryStore):
        living(store).discard(worker)


@pytest.mark.parametrize("point", ["before-send", "after-send"])
@pytest.mark.parametrize(
    ("operation", "after"), [("read", "done"), ("set", "done"), ("pay", "unknown"), ("order", "unknown")]
)
def test_what_a_dead_worker_held_is_asked_or_repeated_by_its_class(
    store, outside, clock, point, operation, after
):
    """Whether the byte left, nobody can say: never repeat what may have been done, unless it may be repeated."""
    plan(store, new("a", operation))
    crash(store, outside, clock, point, worker=8)
    assert state(store, "a") == "sending"
    domain = Domain()
    engine(store, outside, clock, domain=domain, worker=9).step(SYSTEM)

    assert state(store, "a") == after
    if after == "unknown":
        assert len(outside.calls) == (point == "after-send")
        assert domain.states("a") == ["unknown"]
        assert row(store, "a").due_at is not None


def test_a_living_workers_rows_are_left_alone_until_its_lease_is_over(memory_store, outside, clock):
    """Another one's work is another one's, unless it lasted too long."""
    plan(memory_store, new("a", "pay"))
    slow = engine(memory_store, outside, clock, worker=1)
    taken = slow.desk(SYSTEM).turn([], 5, 0)
    other = engine(memory_store, outside, clock, worker=2)
    other.step(SYSTEM)
    assert state(memory_store, "a") == "sending"
    clock.advance(91)
    other.step(SYSTEM)
    assert state(memory_store, "a") == "unknown"
    # It wakes up: too late to begin, so nothing leaves, and what it says about the row is not heard.
    slow.desk(SYSTEM).turn([end for job in slow.jobs(taken) for end in slow.caller(job)], 0, 0)
    assert state(memory_store, "a") == "unknown"
    assert not outside.calls


def test_late_news_of_the_same_attempt_is_still_the_truth(store, outside, clock):
    """The row was taken for lost while its call was under way; the answer tells what asking would find out."""
    domain = Domain()
    plan(store, new("a", "order"))
    slow = engine(store, outside, clock, worker=1, domain=domain)
    taken = slow.desk(SYSTEM).turn([], 5, 0)
    ends = [end for job in slow.jobs(taken) for end in slow.caller(job)]
    clock.advance(91)
    engine(store, outside, clock, worker=2, domain=domain).step(SYSTEM)
    assert state(store, "a") == "unknown"
    slow.desk(SYSTEM).turn(ends, 0, 0)

    assert state(store, "a") == "done"
    assert domain.states("a") == ["unknown", "done"]


def test_an_answer_after_a_newer_attempt_changes_nothing(store, outside, clock):
    """The commit checks the generation: whose hands a row left may not write it."""
    domain = Domain()
    plan(store, new("a", "set"))
    slow = engine(store, outside, clock, worker=1, domain=domain)
    taken = slow.desk(SYSTEM).turn([], 5, 0)
    ends = [end for job in slow.jobs(taken) for end in slow.caller(job)]
    clock.advance(91)
    engine(store, outside, clock, worker=2, domain=domain).step(SYSTEM)
    assert row(store, "a").attempt == 2
    generation = row(store, "a").generation
    slow.desk(SYSTEM).turn(ends, 0, 0)

    assert row(store, "a").generation == generation
    assert domain.states("a") == ["done"]


def test_work_that_killed_its_worker_three_times_is_set_aside_and_the_rest_goes_on(store, outside, clock):
    """One hostile message must not stop a province; those that were only beside it must not be blamed."""

    def kills(call) -> None:
        if call.key == "killer":
            raise Crash

    outside.during = kills
    plan(store, *[new(f"k{n}") for n in range(3)], new("killer"), *[new(f"m{n}") for n in range(3)])
    for worker in range(10, 16):
        try:
            for _ in range(12):
                engine(store, outside, clock, worker=worker).step(SYSTEM)
        except Crash:
            if isinstance(store, MemoryStore):
                living(store).discard(worker)

    assert state(store, "killer") == "parked"
    assert row(store, "killer").reason == "killed-its-worker"
    assert row(store, "killer").deaths == 3
    assert outside.done["killer"] == 3
    assert [state(store, f"{letter}{n}") for letter in "km" for n in range(3)] == ["done"] * 6


def test_the_number_of_attempts_is_committed_before_the_attempt(store, outside, clock):
    """Who dies in the attempt cannot count it afterwards."""
    plan(store, new("a"))
    outside.during = lambda call: seen.append(row(store, "a").attempt)
    seen: list[int] = []
    engine(store, outside, clock).step(SYSTEM)

    assert seen == [1]


def test_no_transaction_is_open_during_a_call(memory_store, outside, clock):
    """The store in memory allows one open transaction: a second one inside the call would fail."""
    outside.during = lambda call: plan(memory_store, new(f"from-{call.key}"))
    plan(memory_store, new("a"))
    engine(memory_store, outside, clock).step(SYSTEM)

    assert state(memory_store, "from-a") == "planned"


def test_two_engines_at_once_deliver_each_effect_once_and_in_order(pg_store, outside, clock, lives):
    """More workers mean more speed, never more effects."""
    install_limits(pg_store, {SYSTEM: Limits(rate=1e6, burst=1e6, concurrency=8)})
    plan(pg_store, *[new(f"{n:04}", lane=f"L{n % 40}") for n in range(1200)])
    stores = [PgStore(pg_store.dsn, clock, size=4) for _ in range(2)]
    engines = []
    for number, store in enumerate(stores):
        lives(number + 1)
        engines.append(engine(store, outside, clock, worker=number + 1, batch=50))
    threads = [threading.Thread(target=lambda each=each: _drain_all(each, pg_store)) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for store in stores:
        store.close()

    assert set(outside.done.values()) == {1}
    assert len(outside.done) == 1200
    for lane in range(40):
        keys = [call.key for call in outside.calls if int(call.key) % 40 == lane]
        assert keys == sorted(keys)
    with pg_store.transaction("look") as tx:
        assert tx.fetch_one("select count(*) as n from effect where state = 'done'")["n"] == 1200
        assert tx.fetch_one("select count(*) as n from exchange")["n"] == 1200
        assert tx.effects.flow(SYSTEM).day_used == 1200


def _drain_all(each, store) -> None:
    while True:
        each.drain(SYSTEM)
        with store.transaction("left") as tx:
            if not tx.fetch("select 1 from effect where state in ('planned', 'sending') limit 1"):
                return


def test_never_more_calls_at_once_than_allowed(pg_store, outside, clock, lives):
    """A partner that allows two calls at once sees two, from all of us together."""
    install_limits(pg_store, {SYSTEM: Limits(rate=1e6, burst=1e6, concurrency=4)})
    plan(pg_store, *[new(f"k{n}") for n in range(60)])
    gauge, open_now, most = threading.Lock(), [0], [0]
    pause = threading.Event()

    def during(_call) -> None:
        with gauge:
            open_now[0] += 1
            most[0] = max(most[0], open_now[0])
        pause.wait(0.005)
        with gauge:
            open_now[0] -= 1

    outside.during = during
    lives(1)
    lives(2)
    stores = [PgStore(pg_store.dsn, clock, size=4) for _ in range(2)]
    threads = [
        threading.Thread(
            target=lambda n=n, s=s: _drain_all(engine(s, outside, clock, worker=n + 1), pg_store)
        )
        for n, s in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for store in stores:
        store.close()

    assert len(outside.calls) == 60
    assert 2 <= most[0] <= 4


def test_a_call_that_never_ends_is_unknown_and_holds_nobody_else(pg_store, outside, clock, lives):
    """A half-open line must not take the others with it."""
    lives(1)
    gate = threading.Event()
    outside.during = lambda call: gate.wait(30) if call.key == "hangs" else None
    plan(pg_store, new("hangs", "pay"), *[new(f"k{n}") for n in range(5)])
    deliver = engine(pg_store, outside, clock, deadline_seconds=-4.5)  # given up after half a second
    deliver.drain(SYSTEM)
    try:
        assert state(pg_store, "hangs") == "unknown"
        assert row(pg_store, "hangs").code == "TimeoutError"
        assert all(state(pg_store, f"k{n}") == "done" for n in range(5))
        plan(pg_store, new("later"))
        deliver.drain(SYSTEM)
        assert state(pg_store, "later") == "done"
    finally:
        gate.set()
    eventually(lambda: deliver.desk(SYSTEM).hands.stuck == 0)
    assert state(pg_store, "hangs") == "unknown"


def test_what_is_in_hand_when_the_process_is_told_to_stop_is_given_back(pg_store, outside, clock, lives):
    """After SIGTERM no new work starts; running work finishes, the rest is free at once."""
    install_limits(pg_store, {SYSTEM: Limits(rate=1e6, burst=1e6, concurrency=1)})
    lives(1)
    stopping = threading.Event()
    outside.during = lambda call: stopping.set() if len(outside.calls) == 3 else None
    plan(pg_store, *[new(f"k{n}") for n in range(40)])
    engine(pg_store, outside, clock, stopping=stopping).drain(SYSTEM)

    assert len(outside.calls) == 3
    with pg_store.transaction("look") as tx:
        rows = tx.fetch("select state, count(*) as n, max(attempt) as a from effect group by 1 order by 1")
    assert [(r["state"], r["n"]) for r in rows] == [("done", 3), ("planned", 37)]
    assert rows[1]["a"] == 0


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("name", ["effect-claim", "effect-outcome"])
def test_a_lost_answer_of_commit_is_found_out_by_the_rows(pg_store, outside, clock, stored, name):
    """COMMIT was sent and nobody said what became of it: neither twice nor never."""
    domain = Domain()
    lossy = Lossy(pg_store, name, stored=stored)
    plan(pg_store, new("a", "pay"), new("b", "pay"))
    deliver = engine(lossy, outside, clock, domain=domain)
    deliver.step(SYSTEM)

    assert lossy.lost == 1
    assert outside.done == {"a": 1, "b": 1}
    assert [state(pg_store, key) for key in "ab"] == ["done", "done"]
    assert row(pg_store, "a").attempt == 1
    if stored:
        assert domain.states("a") == ["done"]


class Lossy:
    """A store that once loses the answer to COMMIT of one kind of transaction."""

    def __init__(self, store: PgStore, name: str, *, stored: bool) -> None:
        self._store, self._name, self._stored, self.lost = store, name, stored, 0

    def transaction(self, name):
        return self._store.transaction(name)

    def run(self, name, work):
        if name != self._name or self.lost:
            return self._store.run(name, work)
        self.lost += 1
        with contextlib.suppress(ZeroDivisionError), self._store.transaction(name) as tx:
            work(tx)
            if not self._stored:
                raise ZeroDivisionError
        raise CommitUnknown(name)


def test_the_sweep_finds_due_work_dead_workers_rows_and_nothing_else(pg_store, outside, clock, lives):
    """What no wake-up reached is found within a second, and a closed system is not knocked at."""
    install_limits(pg_store, {SYSTEM: Limits()})
    sweep = Scheduler(pg_store.dsn, clock, finders=FINDERS)
    queue = {f"effects.{SYSTEM}"}
    try:
        assert sweep.tick() == set()
        plan(pg_store, new("later", due_at=clock.now() + timedelta(minutes=5), priority=3))
        assert sweep.tick() == set()
        clock.advance(minutes=5)
        assert sweep.tick() == queue
        lives(1)
        deliver = engine(pg_store, outside, clock, worker=1)
        deliver.desk(SYSTEM).turn([], 5, 0)
        assert sweep.tick() == set()
        lives.dies(1)
        eventually(lambda: sweep.tick() == queue)
        engine(pg_store, outside, clock, worker=2).step(SYSTEM)
        assert sweep.tick() == set()
        outside.answers["lost"] = [lost()]
        plan(pg_store, new("lost", "pay"))
        engine(pg_store, outside, clock, worker=2).step(SYSTEM)
        assert sweep.tick() == set()
        clock.advance(minutes=2)
        assert sweep.tick() == queue
        with pg_store.transaction("stop") as tx:
            tx.effects.stop(SYSTEM, "wrong account", by="person:x")
        assert sweep.tick() == set()
    finally:
        sweep.close()


def test_a_drain_takes_what_a_dead_worker_held_within_a_second(pg_store, outside, clock, lives):
    """The lock of a killed process is gone at once; a blink of the listener is not a death."""
    plan(pg_store, new("a"))
    engine(pg_store, outside, clock, worker=1).desk(SYSTEM).turn([], 5, 0)
    lives(2)
    outside.answers["a"] = [Done({}, "00")]
    engine(pg_store, outside, clock, worker=2).drain(SYSTEM)

    assert state(pg_store, "a") == "done"
    assert row(pg_store, "a").attempt == 2
