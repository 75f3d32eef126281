"""What a module says it offers is there."""

from __future__ import annotations

import ast
import importlib

import pytest

from tests.architecture.sources import ROOT, name, product_files, tree

_HEAVY = ("adapters/cli/day/",)


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("path", [name(p) for p in product_files() if not name(p).startswith(_HEAVY)])
def test_a_module_can_be_imported_alone_and_exports_what_it_names(path):
    """An import that works only behind another one breaks in the process that starts differently."""
    module = importlib.import_module(_module(path))
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported), f"{path} names {exported}"


def test_no_module_reads_the_environment_or_builds_clients_when_imported():
    """Importing must not connect, and settings are read in one place."""
    found = []
    for path in product_files():
        for node in tree(path).body:
            for inner in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) else ():
                text = ast.unparse(inner) if isinstance(inner, ast.Call | ast.Subscript) else ""
                if text.startswith(("os.environ", "os.getenv", "httpx.Client(", "psycopg.connect(")):
                    found.append(f"{name(path)}:{inner.lineno}")

    assert found == []


def test_settings_come_from_the_tree_only():
    """A variable that is read somewhere else is in no list and checked by nobody."""
    allowed = {
        "config/settings.py",
        "adapters/cli/speech.py",
        "adapters/cli/acting.py",
        "jobs/store/embedded/places.py",
        "adapters/cli/day/books.py",  # reads nothing: starts the product's own commands without our settings
    }
    found = {
        name(path)
        for path in product_files()
        if any(word in path.read_text() for word in ("os.environ", "os.getenv"))
    }

    assert found <= allowed, sorted(found - allowed)


def test_nothing_of_a_machine_or_a_workplace_is_written_down():
    """A fresh clone elsewhere must find every file it is told about."""
    words = (f"{ROOT}/", f"{ROOT.parent}/", "/home/", "/root/")
    found = []
    for folder in ("adapters", "jobs", "config", "connectors", "mappings", "docs", ".ci"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".md", ".sql", ".toml", ".html", ".css", ""} and path.is_file():
                text = path.read_text(encoding="utf-8", errors="replace")
                found += [f"{name(path)}: {word}" for word in words if word in text]

    assert found == []
