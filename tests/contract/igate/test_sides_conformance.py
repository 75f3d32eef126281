"""Two versions as one pass the suite of all connectors: on the old side, and on the new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.igate import sides
from connectors.igate.connect import connected
from connectors.igate.sandbox import CaseSystemSandbox
from connectors.kit.effects import Call, Operation
from connectors.kit.sidebyside import Beside
from connectors.kit.switching import Switch, Version
from tests.contract.conformance import World
from tests.contract.igate.conftest import settings
from tests.contract.igate.pair import NEW_PROFILE, NewCaseSystem
from tests.contract.igate.test_conformance import TestCaseSystem as OneCaseSystem

NOWHERE = "http://127.0.0.1:9"


class TestOldSide(OneCaseSystem):
    """The other version leads nowhere: whoever asks it fails."""

    version = Version.OLD

    def world(self) -> World:
        world = super().world()
        if self.version is Version.NEW:
            # The same books, told in the new one's shape.
            assert isinstance(world.sandbox, CaseSystemSandbox)
            world.sandbox.__class__ = NewCaseSystem

        def connect(url: str) -> tuple[Operation, ...]:
            clock = world.sandbox.clock
            old = settings(url if self.version is Version.OLD else NOWHERE)
            new = settings(url if self.version is Version.NEW else NOWHERE, **NEW_PROFILE)
            made = sides.beside(
                connected(old, clock=clock), connected(new, clock=clock),
                Switch(default=self.version), Beside(), clock=clock,
            )  # fmt: skip
            return tuple(made.operations)

        return replace(
            world, connect=connect, calls={name: self.fit(made) for name, made in world.calls.items()}
        )

    def fit(self, made: Any) -> Any:
        """Ids as the installation keeps them."""

        def call() -> Call:
            one = made()
            source = one.payload.get("source_id")
            if source is None or self.version is Version.OLD:
                return one
            return replace(one, payload={**one.payload, "source_id": f"{sides.MARK}{source}"})

        return call


class TestNewSide(TestOldSide):
    version = Version.NEW
    plain_ok = True


del OneCaseSystem
