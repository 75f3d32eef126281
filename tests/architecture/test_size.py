"""Files and functions keep a size that can be read in one sitting."""

from __future__ import annotations

import ast

from tests.architecture.sources import ROOT, name, product_files, tree

LONGEST_FILE = 450
LONGEST_FUNCTION = 80

LONGER_FILES: dict[str, str] = {}
"""File → why it is better whole."""
LONGER_FUNCTIONS: dict[str, str] = {}
"""``file:function`` → why it is better whole."""


def test_no_file_is_longer_than_one_thing_needs():
    """A file that holds two things is found by nobody who looks for the second."""
    long = {
        name(p): lines for p in product_files() if (lines := len(p.read_text().splitlines())) > LONGEST_FILE
    }

    assert {k: v for k, v in long.items() if k not in LONGER_FILES} == {}
    assert not [k for k in LONGER_FILES if k not in long], "a reason without its file"


def test_no_function_is_longer_than_a_screen():
    """What does not fit on a screen is not seen whole by anybody."""
    long = {}
    for path in product_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long[f"{name(path)}:{node.name}"] = lines

    assert {k: v for k, v in long.items() if k not in LONGER_FUNCTIONS} == {}
    assert not [k for k in LONGER_FUNCTIONS if k not in long], "a reason without its function"


def test_every_package_of_tests_has_its_mark():
    """Without ``__init__.py`` tests/unit/connectors answers to ``import connectors``."""
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts}

    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
