"""``run all``: one command, nothing installed before, and no hands needed afterwards."""

from __future__ import annotations

import signal

import psutil
import pytest

from tests.support.embedded import short_home
from tests.support.installation import Installation
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def home():
    with short_home() as made:
        yield made / "lienthong"


@pytest.fixture
def installation(home):
    made = Installation(home, "--sandbox", "--no-play")
    made.start()
    yield made
    if made.process.poll() is None:
        made.stop()


def test_a_killed_child_is_started_again_and_the_rest_goes_on(installation):
    """One hostile message must not take the endpoints with it, nor the other way round."""
    api, *workers = installation.children()
    assert len(workers) == 2
    workers[0].kill()
    eventually(lambda: len(installation.children()) == 3 and workers[0].pid not in _pids(installation))
    api.kill()
    eventually(lambda: api.pid not in _pids(installation) and installation.ready(), within=30)


def test_it_ends_cleanly_and_leaves_nothing_running(installation):
    """After SIGTERM running work ends by itself, and nobody is left over, the database least of all."""
    family = installation.family()
    assert len(family) > 5
    eventually(lambda: installation.log().count('"worker.started"') >= 2)

    assert installation.stop() == 0

    eventually(lambda: not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE])
    log = installation.log()
    assert log.count('"worker.stopped"') == log.count('"worker.started"'), (
        "a worker was cut instead of ending"
    )


def test_after_a_kill_of_the_parent_it_starts_again_without_hands(installation, home):
    """A machine may lose power at any instruction."""
    family = installation.family()
    installation.stop(signal.SIGKILL)
    again = Installation(home, "--sandbox", "--no-play")
    again.start()
    try:
        assert again.ready()
        eventually(lambda: not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE])
    finally:
        assert again.stop() == 0


def test_when_its_database_is_killed_it_starts_that_again_too(installation):
    """Nobody stands beside the machine at night."""
    server = next(
        p for p in installation.family() if p.name() == "postgres" and p.ppid() == installation.process.pid
    )
    server.kill()

    eventually(lambda: "embedded.died" in installation.log(), within=30)
    eventually(installation.ready, within=30)
    assert installation.process.poll() is None


def _pids(installation: Installation) -> list[int]:
    return [child.pid for child in installation.children()]
