"""SIGKILL at every named point; whoever comes next finds the work, and nothing is done twice outside."""

from __future__ import annotations

import os
import signal

import pytest

from tests.crash.conftest import Scene

FULL = os.environ.get("LIENTHONG_PROOF") == "full"
KILLS = 10_000 if FULL else 0
EACH = 50
SET = 40
"""Kills between two recoveries: what one of them broke is found soon, and recovering is most of the time."""


def points_of(scene: Scene) -> list[str]:
    """Every point that a whole piece of work passes, recovery included."""
    found = dict(scene.work(new=6)["said"]["points"])
    found |= scene.nursery.run(
        dsn=scene.dsn,
        folder=str(scene.folder),
        now=scene.now.isoformat(),
        worker=9_000,
        first=0,
        last=6,
        peace=[1, 23],
    )["said"]["points"]
    return sorted(found)


def test_every_point_is_survived(scene: Scene):
    """Before and after every COMMIT, before and after every call: killed there, nothing is lost and nothing doubled."""
    points = points_of(scene)
    assert len(points) >= 40, points
    for kind in (
        "before-commit:effect-claim",
        "after-commit:effect-claim",
        "before-send:vnpay.refund",
        "after-send:vnpay.refund",
    ):
        assert kind in points

    killed: dict[str, int] = dict.fromkeys(points, 0)
    missed = 0
    while min(killed.values()) < (EACH if FULL else 1) or sum(killed.values()) < KILLS:
        if missed > 20 * len(points):
            break
        for point in points:
            nth = 1 + killed[point] % 3 if FULL else 1
            ended = scene.work(kill=point, nth=nth, threads=FULL and killed[point] % 10 == 9)
            if ended.get("signal") == signal.SIGKILL:
                killed[point] += 1
            else:
                missed += 1
                scene.recover()
            if sum(killed.values()) % SET == SET - 1:
                scene.recover()
                assert scene.wrong() == [], f"after a kill at {point}"
    scene.recover()

    assert scene.wrong() == []
    seldom = {point for point, times in killed.items() if times == 0}
    assert seldom <= {p for p in points if "furnish" in p}, f"never killed there: {sorted(seldom)}"


@pytest.mark.parametrize("point", ["after-send:vnpay.refund", "before-commit:effect-outcome"])
def test_a_lost_outcome_is_found_by_the_threads_of_another_worker(scene: Scene, point: str):
    """The engine as workers run it, with threads: the same kills, the same end."""
    for _ in range(3):
        scene.work(new=4)
        scene.work(new=4, kill=point, threads=True)
    scene.recover()

    assert scene.wrong() == []
