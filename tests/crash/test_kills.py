"""SIGKILL at every named point; whoever comes next finds the work, and nothing is done twice outside."""

from __future__ import annotations

import itertools
import os
from signal import SIGKILL

import pytest

from tests.crash.conftest import Scene

FULL = os.environ.get("LIENTHONG_PROOF") == "full"
KILLS, EACH = (10_000, 50) if FULL else (0, 1)
SET = 40
"""Kills between two recoveries: what one of them broke is found soon, and recovering is most of the time."""


def points_of(scene: Scene) -> tuple[set[str], set[str]]:
    """Every point that a piece of work passes, and every one that only a recovery with files and statements passes."""
    work = set(scene.work(new=6)["said"]["points"])
    whole = scene.nursery.run(
        dsn=scene.dsn, folder=str(scene.folder), now=scene.now.isoformat(), worker=9_000, first=0, last=6, peace=[1, 23]
    )  # fmt: skip
    return work, set(whole["said"]["points"]) - work


def test_every_point_is_survived(scene: Scene):
    """Before and after every COMMIT, before and after every call: killed there, nothing is lost and nothing doubled."""
    work, later = points_of(scene)
    assert len(work | later) >= 40
    assert {f"{when}-commit:effect-claim" for when in ("before", "after")} <= work
    assert {f"{when}-send:vnpay.refund" for when in ("before", "after")} <= work

    killed = dict.fromkeys(sorted(work | later), 0)
    since = 0
    for turn in itertools.count():
        enough = sum(killed.values()) >= KILLS
        wanted = [point for point, times in killed.items() if times < EACH or not enough]
        if not wanted or turn > 4 * EACH:
            break
        for point in wanted:
            go = scene.recover if point in later else scene.work
            ended = go(kill=point, nth=1 + turn % 3, threads=turn % 10 == 9)
            killed[point] += ended.get("signal") == SIGKILL
            since += 1
            if since == SET:
                since = 0
                scene.recover()
                assert scene.wrong() == [], f"after a kill at {point}"
                scene.begin_again()
                scene.work()
    scene.recover()

    assert scene.wrong() == []
    # What happens once in a scene (its furniture) or seldom (a payee that is asked for) is not killed fifty times.
    assert [point for point, times in killed.items() if times == 0 and "furnish" not in point] == []


@pytest.mark.parametrize("point", ["after-send:vnpay.refund", "before-commit:effect-outcome"])
def test_a_lost_outcome_is_found_by_the_threads_of_another_worker(scene: Scene, point: str):
    """The engine as workers run it, with threads: the same kills, the same end."""
    for _ in range(3):
        scene.work(new=4)
        scene.work(new=4, kill=point, threads=True)
    scene.recover()

    assert scene.wrong() == []
