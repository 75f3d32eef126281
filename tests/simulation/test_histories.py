"""Histories of the real core: whatever fails on the way, in the end every đồng is told and nothing is done twice."""

from __future__ import annotations

import os

import pytest

from tests.simulation import faults
from tests.simulation.history import History, play
from tests.simulation.runs import run

FULL = os.environ.get("LIENTHONG_PROOF") == "full"


@pytest.mark.parametrize("seed", range(20) if FULL else (1, 2))
def test_after_the_faults_nothing_is_open_lost_or_doubled(seed: int):
    """A fault at every tenth boundary, then peace: M1–M13, the world's books and ours agree to the đồng."""
    outcome = play(seed, 0, 2_000 if FULL else 200)

    assert outcome.wrong == []
    assert outcome.payments > 100
    assert outcome.settled > 0


def test_the_same_seed_is_the_same_history():
    """A history that cannot be played again proves its fault to nobody."""
    first, again, other = (play(seed, 0, 40) for seed in (7, 7, 8))

    assert first.trace == again.trace
    assert first.seen == again.seen
    assert first.trace != other.trace


def test_a_run_is_the_same_on_any_number_of_processes(monkeypatch: pytest.MonkeyPatch):
    """Only the seed decides."""
    monkeypatch.setattr("tests.simulation.runs.LARGEST", 20)

    assert run(60, 3, processes=1).trace.hexdigest() == run(60, 3, processes=1).trace.hexdigest()


@pytest.mark.parametrize("kind", faults.ALL)
def test_each_kind_of_fault_alone_is_survived(kind: str):
    """What two kinds hide from each other is seen when one stands alone."""
    history = History(11, 0, 400 if FULL else 30, kinds_of_faults=(kind,))
    history.run()

    assert history.outcome().wrong == []
    assert set(history.faults.seen) <= {kind}


def test_the_histories_can_fail():
    """A world in which a refund is paid twice must be noticed."""
    history = History(1, 0, 60)
    history.run()
    paid = next(refunds for refunds in history.world.gateway.refunds.values() if refunds[-1].state == "00")
    paid.append(paid[-1])
    history._judge()

    assert any("M5" in sentence for sentence in history.outcome().wrong)
