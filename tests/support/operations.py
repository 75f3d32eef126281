"""All operations of all connectors, made with settings that lead nowhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from typing import Any
from unittest.mock import MagicMock

import connectors
from connectors.kit.effects import Operation


def declared() -> list[Operation]:
    """What every connector declares; its client is never called."""
    found: list[Operation] = []
    for info in pkgutil.walk_packages(connectors.__path__, "connectors."):
        if info.name.endswith((".operations", ".client")):
            make = getattr(importlib.import_module(info.name), "operations", None)
            if make is not None and info.name == "connectors.handover.operations":
                found += _of_profiles(make)
            elif make is not None:
                found += make(MagicMock())
    return found


def _of_profiles(make: Callable[[Any], Iterable[Operation]]) -> list[Operation]:
    """The hand-over connector declares what its profiles say."""
    from connectors.handover.client import Client
    from connectors.handover.shelf import profile, shipped

    return [
        operation
        for name in shipped()
        for operation in make(Client(f"handover.{name}", profile(name), MagicMock()))
    ]
