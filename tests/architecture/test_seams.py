"""Time, names and chance come in through one door, so that a history can be played again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import name, product_files, tree

SEAM = "connectors/kit/seams.py"
FORBIDDEN_MODULES = {"random", "secrets", "time", "uuid"}
FORBIDDEN_CALLS = {"now", "utcnow", "today", "fromtimestamp", "urandom", "uuid4", "getrandbits", "time_ns"}
_DATE_NAMES = {"datetime", "date", "os", "uuid", "random", "time"}

ALLOWED = {
    ("jobs/store/embedded/server.py", "secrets"): "the password of the embedded server: nothing replays it",
    ("adapters/cli/day/scenario.py", "random"): "the type of the seeded source that it is given",
    ("jobs/access/tokens.py", "secrets"): "session tokens and keys: nothing replays them",
    ("jobs/access/passwords.py", "secrets"): "salts of passwords: nothing replays them",
}
"""(file, module) → why it may."""


def _uses(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FORBIDDEN_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in FORBIDDEN_MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if node.func.attr in FORBIDDEN_CALLS and isinstance(owner, ast.Name) and owner.id in _DATE_NAMES:
                yield f"{owner.id}.{node.func.attr}"


def test_nobody_else_asks_the_machine_for_time_names_or_chance():
    """One call to the system clock, and the same seed no longer gives the same history."""
    found = {(name(path), use) for path in product_files() if name(path) != SEAM for use in _uses(path)}

    assert sorted(found - set(ALLOWED)) == []


def test_every_exception_is_still_needed():
    """A list of exceptions that only grows ends as no rule."""
    existing = {(name(path), use) for path in product_files() for use in _uses(path)}

    unneeded = [entry for entry in ALLOWED if entry not in existing and entry[0].startswith("jobs/store")]
    assert unneeded == []


@pytest.mark.parametrize(
    "line", ["import time", "from uuid import uuid4", "datetime.now(UTC)", "date.today()", "os.urandom(4)"]
)
def test_the_rule_itself_sees(line, tmp_path):
    """A rule that finds nothing anywhere proves nothing."""
    path = tmp_path / "x.py"
    path.write_text(line + "\n")

    assert list(_uses(path))


def test_sql_takes_the_time_as_a_parameter():
    """A statement with its own ``now()`` cannot be played again, and two of them disagree."""
    found = []
    for path in product_files():
        if not name(path).startswith(("jobs/store/postgres/", "jobs/effects/", "jobs/reconciliation/")):
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.lower()
                if any(word in text for word in (" now()", "current_timestamp", "clock_timestamp()")):
                    found.append(f"{name(path)}:{node.lineno}")

    assert found == []
