"""COMMIT was sent and its answer lost: found out by key, never a second row."""

from __future__ import annotations

import os

from tests.crash.conftest import Scene

LOST = 1_000 if os.environ.get("LIENTHONG_PROOF") == "full" else 15


def test_an_answer_of_commit_that_is_lost_doubles_nothing(scene: Scene):
    """Half of them were stored, half were not; nobody can tell but by the key."""
    lost = 0
    while lost < LOST:
        for _ in range(4):
            lost += scene.work(new=3, lose=0.15, minutes=60)["said"]["lost"]
        scene.recover()
        assert scene.wrong() == []
        scene.begin_again()
