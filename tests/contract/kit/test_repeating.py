"""Short repeats near a safe read."""

from __future__ import annotations

import ast

import pytest

from connectors.errors import OutcomeUnknown, Rejected, Unavailable
from connectors.kit.repeating import repeated
from tests.architecture.sources import name, product_files, tree

FACTS = {"system": "s", "operation": "o"}


class Flaky:
    """Fails as told, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "read"


def test_a_read_is_tried_again_while_they_are_unavailable():
    """A dropped connection in a feed of a thousand pages must not end the run."""
    waits: list[float] = []
    read = Flaky(Unavailable("x", **FACTS), Unavailable("x", **FACTS))
    assert repeated(read, sleep=waits.append) == "read"
    assert (read.calls, len(waits)) == (3, 2)
    assert max(waits) <= 2


@pytest.mark.parametrize(
    "error",
    [
        Rejected("x", code="404", **FACTS),
        OutcomeUnknown("x", **FACTS),
        ValueError("x"),
        Unavailable("x", retry_after_seconds=60, **FACTS),
    ],
)
def test_nothing_else_is_tried_again(error):
    """A longer wait belongs to the queue; an answer is an answer."""
    read = Flaky(error)
    with pytest.raises(type(error)):
        repeated(read, sleep=lambda _: None)
    assert read.calls == 1


def test_repeats_end():
    """Tenacity alone repeats for ever."""
    read = Flaky(*[Unavailable("x", **FACTS)] * 50)
    with pytest.raises(Unavailable):
        repeated(read, attempts=4, sleep=lambda _: None)
    assert read.calls == 4


def test_nothing_but_this_module_uses_tenacity():
    """A repeat near a write is money sent twice."""
    users = set()
    for path in product_files():
        for node in ast.walk(tree(path)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(each.split(".")[0] == "tenacity" for each in names):
                users.add(name(path))
    assert users == {"connectors/kit/repeating.py"}
