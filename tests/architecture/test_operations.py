"""Every operation says how its outcome is found after a lost answer."""

from __future__ import annotations

import importlib
import pkgutil

import connectors
from connectors.kit.effects import EffectClass, Operation


def _modules() -> list[str]:
    found = [info.name for info in pkgutil.walk_packages(connectors.__path__, "connectors.")]
    return [name for name in found if name.endswith((".operations", ".client"))]


def _declared() -> list[Operation]:
    from tests.support import operations

    return operations.declared()


def test_every_connector_that_can_write_declares_its_operations():
    """The engine knows nothing of a system but its declarations."""
    with_operations = {m for m in _modules() if hasattr(importlib.import_module(m), "operations")}
    systems = {m.split(".")[1] for m in with_operations}

    assert systems == {operation.system.partition(".")[0] for operation in _declared()}


def test_every_write_says_how_its_outcome_is_found():
    """Silence after a write is the normal case, not the exception."""
    for operation in _declared():
        where = f"{operation.system}.{operation.name}"
        assert operation.found_by.strip(), where
        if operation.effect_class is EffectClass.FINDABLE:
            assert operation.look_up is not None, where
        if operation.money:
            assert operation.effect_class in (EffectClass.FINDABLE, EffectClass.EVIDENCE), where
