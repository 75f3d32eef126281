"""What histories have found, each as the smallest picture of itself, on both stores."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.seams import seeded
from jobs.effects.engine import Engine
from jobs.effects.model import EffectState, NewEffect
from jobs.errors import CommitUnknown, StoreUnavailable
from tests.simulation.house import NeverWaits

SYSTEM = "vnpay"


class World:
    """Counts what was done there."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def operations(self) -> dict[tuple[str, str], Operation]:
        def perform(call: Call) -> Done:
            self.done.append(call.key)
            return Done()

        return {(SYSTEM, "act"): Operation(SYSTEM, "act", EffectClass.IDEMPOTENT, "by its key", perform)}


def an_engine(store, clock, world: World, worker: int) -> Engine:
    return Engine(
        store, world.operations(), {}, clock=clock, chance=seeded(worker), worker=worker,
        lease=timedelta(seconds=90), stopping=NeverWaits(),
    )  # fmt: skip


def planned(store) -> None:
    with store.transaction("cause") as tx:
        tx.effects.plan([NewEffect("k", SYSTEM, "act", "lane", {})])


def state(store) -> EffectState:
    with store.transaction("look") as tx:
        return tx.effects.find("k").state


class LosesCommit:
    """A boundary that loses the named commit once, before it is stored."""

    def __init__(self, store, point: str, error: type[Exception] = CommitUnknown) -> None:
        self.point, self.error, self.left = point, error, 1
        store._boundary = self

    def __call__(self, point: str) -> None:
        if point == self.point and self.left:
            self.left -= 1
            raise self.error(point)


def test_a_claim_that_was_not_stored_is_not_ours_because_somebody_else_has_one(store, clock):
    """The next claim of anybody raises the generation to the same number: two would have sent."""
    planned(store)
    world = World()
    one, other = an_engine(store, clock, world, 1), an_engine(store, clock, world, 2)
    LosesCommit(store, "before-commit:effect-claim")
    desk = one.desk(SYSTEM)
    ask = desk._was_committed

    def while_we_wonder(taken):
        claimed = other.desk(SYSTEM).turn([], 10, 0)
        assert len(claimed.claimed) == 1
        return ask(taken)

    desk._was_committed = while_we_wonder
    one.step(SYSTEM)

    assert world.done == [], "it is in the other worker's hands"


def test_what_was_in_hand_when_the_database_went_away_is_found_by_the_same_process(store, clock):
    """A single worker that lives on must not wait for another one to take its rows."""
    planned(store)
    world = World()
    engine = an_engine(store, clock, world, 1)
    LosesCommit(store, "before-commit:effect-outcome", StoreUnavailable)
    with pytest.raises(StoreUnavailable):
        engine.step(SYSTEM)
    assert state(store) is EffectState.SENDING

    clock.advance(seconds=91)
    engine.step(SYSTEM)

    assert state(store) is EffectState.DONE
