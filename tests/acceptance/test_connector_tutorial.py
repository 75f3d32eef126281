"""The tutorial of connectors, done from an empty profile: every command, every file, in a copy of the tree."""

from __future__ import annotations

import ast
import hashlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_seams import _uses
from tests.architecture.test_size import LONGEST_FILE, LONGEST_FUNCTION

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "connector" / "README.md"
_STEP = re.compile(
    r"(?:<!-- (?P<what>file|instead): (?P<path>\S+) -->\n\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL
)
MADE = ("fishing_boats", "heritage_trees")
_UNWRITTEN = "| CHƯA VIẾT | | |\n"


def a_tree(made: Path) -> Path:
    """The tree as a developer has it, without anybody's leftovers."""
    leave = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules", "recorded")
    for folder in ("adapters", "config", "connectors", "mappings", "jobs", "docs"):
        shutil.copytree(ROOT / folder, made / folder, ignore=leave)
    for folder in ("contract", "support", "architecture"):
        shutil.copytree(ROOT / "tests" / folder, made / "tests" / folder, ignore=leave)
    for file in ("pyproject.toml", "tests/__init__.py", "tests/conftest.py"):
        shutil.copy(ROOT / file, made / file)
    return made


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    return a_tree(tmp_path_factory.mktemp("tree"))


def run(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=copy, capture_output=True, text=True, check=False
    )


def lienthong(copy: Path, line: str) -> str:
    program, *arguments = shlex.split(line)
    assert program == "lienthong"
    done = run(copy, "adapters.cli.main", "--lang", "en", *arguments)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def said(copy) -> dict[str, Any]:
    """What each command of the page printed, the page having been followed from its top to its end."""
    found: dict[str, Any] = {"before": digests(copy)}
    for step in _STEP.finditer(PAGE.read_text("utf-8")):
        if step["what"] == "file":
            (copy / step["path"]).write_text(step["text"], "utf-8")
        elif step["what"] == "instead":
            page = (copy / step["path"]).read_text("utf-8")
            assert page.count(_UNWRITTEN) == 1
            (copy / step["path"]).write_text(page.replace(_UNWRITTEN, step["text"]), "utf-8")
        elif step["kind"] == "console":
            for line in step["text"].splitlines():
                found.setdefault(line, []).append(lienthong(copy, line))
    return found


@pytest.mark.parametrize("name", MADE)
def test_the_page_leads_from_nothing_over_silver_to_gold(said, name):
    """Its own suite passes at once; what is missing for gold is what the page then adds."""
    first, last = said[f"lienthong connector check {name}"]

    assert f"Tier of {name}: silver" in first
    assert "Next rule to earn: a replay proof" in first
    assert f"Tier of {name}: gold" in last
    assert "✗" not in last


def test_the_recorded_exchanges_hold_nobody(copy, said):
    """The planted person went through both, and is in neither file."""
    assert said
    files = list((copy / "tests/contract").glob("*/recorded/*.json"))

    assert len(files) == 2
    for file in files:
        text = file.read_text("utf-8")
        assert not [word for word in ("Nguyễn", "001199000001", "0912000001") if word in text]
        assert "Reference-1" in text


def test_a_new_system_costs_one_folder_one_test_and_three_edits(copy, said):
    """Nothing else of the tree is touched."""
    changed = {name for name, digest in digests(copy).items() if said["before"].get(name) != digest}
    changed -= {name for name in changed if "/recorded/" in name}
    new = {name for name in changed if "fishing_boats" in name or "heritage_trees" in name}

    assert changed - new <= {
        "connectors/registry.py",
        "config/connector_sections.py",
        "docs/systems/README.md",
    }
    folders = {
        name.rsplit("/", 1)[0].removesuffix("/contract") for name in new if name.startswith("connectors")
    }
    assert folders == {"connectors/fishing_boats", "connectors/heritage_trees"}


def test_what_was_made_keeps_the_rules_of_the_tree(copy, said):
    """Lint, format, types, sizes, seams and the registry's own rules, on the made files as they are."""
    assert said
    made = [f"{place}/{name}" for place in ("connectors", "tests/contract") for name in MADE]
    edited = ["connectors/registry.py", "config/connector_sections.py"]

    for command in (
        ("ruff", "check", *made, *edited),
        ("ruff", "format", "--check", *made, *edited),
        ("mypy", *(part for name in MADE for part in ("-p", f"connectors.{name}"))),
    ):
        done = run(copy, *command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    known = "import config.connector_sections as c, connectors.registry as r; "
    known += "print(*(name for name in c.ConnectorSettings.model_fields if name in r.SYSTEMS))"
    names = subprocess.run(
        [sys.executable, "-c", known], cwd=copy, capture_output=True, text=True, check=True
    )
    assert set(MADE) <= set(names.stdout.split())
    for file in (file for name in MADE for file in (copy / "connectors" / name).glob("*.py")):
        source = ast.parse(file.read_text("utf-8"))
        functions = [node for node in ast.walk(source) if isinstance(node, ast.FunctionDef)]
        assert len(file.read_text("utf-8").splitlines()) <= LONGEST_FILE
        assert all((each.end_lineno or 0) - each.lineno < LONGEST_FUNCTION for each in functions)
        assert not list(_uses(file))


def test_without_a_contract_an_example_is_made_that_passes_at_once(tmp_path):
    """Somebody who has no contract yet begins with something that works."""
    tree = a_tree(tmp_path)
    for style in ("rest", "soap"):
        lienthong(tree, f"lienthong connector new example_{style} --{style}")
    made = [
        f"{place}/example_{style}" for place in ("connectors", "tests/contract") for style in ("rest", "soap")
    ]

    for command in (
        ("pytest", *made[2:], "-p", "no:randomly"),
        ("ruff", "check", *made),
        ("ruff", "format", "--check", *made),
    ):
        done = run(tree, *command)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def digests(tree: Path) -> dict[str, bytes]:
    files = (path for path in tree.rglob("*") if path.is_file())
    named = {path.relative_to(tree).as_posix(): path for path in files}
    return {
        name: hashlib.sha256(path.read_bytes()).digest()
        for name, path in named.items()
        if not re.search(r"__pycache__|_cache/", name)
    }
