"""An older backup is put back while the outside has gone on: no refund goes out a second time (M13)."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest

from tests.crash.conftest import Scene
from tests.crash.lasting_world import LastingWorld
from tests.support.database import named


def put_back(scene: Scene, kept: str) -> None:
    """The scene's database is the one that ``kept`` is, as a restore leaves it."""
    name = urlsplit(scene.dsn).path.removeprefix("/")
    with psycopg.connect(named(scene.dsn, "postgres"), autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")
        admin.execute(f"create database {name} template {kept}")
        admin.execute(f"drop database {kept} with (force)")


def keep(scene: Scene) -> str:
    """A copy of the database, as a backup is one; its name."""
    name = urlsplit(scene.dsn).path.removeprefix("/")
    with psycopg.connect(named(scene.dsn, "postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}_kept template {name}")
    return f"{name}_kept"


def outside(scene: Scene) -> int:
    """How many refunds the world has carried out."""
    world = LastingWorld(scene.folder / "world")
    done = sum(len(refunds) for refunds in world.gateway.refunds.values()) + len(world.bank.transfers)
    world.close()
    return done


BEFORE = {
    "approved and not sent": {"holds_back": True},
    "asked for and not approved": {"holds_back": True, "no_people": True},
    "not yet owed": {"no_agencies": True},
}


@pytest.mark.parametrize("known", BEFORE)
def test_what_was_sent_after_the_backup_is_not_sent_again(scene: Scene, known: str):
    """Whatever the backup knows of a refund, outside it was carried out: nobody pays it a second time."""
    scene.work(new=6, **BEFORE[known])
    kept = keep(scene)
    before = outside(scene)
    scene.work(new=0)
    sent = outside(scene)
    assert sent > before, "nothing was sent after the backup: this proves nothing"

    put_back(scene, kept)
    scene.work(new=0, restored=True)
    for _ in range(2):
        scene.recover()

    assert outside(scene) == sent
    told_twice = [wrong for wrong in scene.wrong() if wrong.startswith(("M4", "M5", "M6"))]
    # A refund that the backup never knew is in no row of ours; files and cases tell of it.
    assert [wrong for wrong in told_twice if "left us and is in no row" not in wrong] == []
    if known != "not yet owed":
        assert scene.wrong() == []
