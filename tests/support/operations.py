"""All operations of all connectors, made with settings that lead nowhere."""

from __future__ import annotations

import importlib
import pkgutil
from unittest.mock import MagicMock

import connectors
from connectors.kit.effects import Operation


def declared() -> list[Operation]:
    """What every connector declares; its client is never called."""
    found: list[Operation] = []
    for info in pkgutil.walk_packages(connectors.__path__, "connectors."):
        if info.name.endswith((".operations", ".client")):
            make = getattr(importlib.import_module(info.name), "operations", None)
            if make is not None:
                found += make(MagicMock())
    return found
