"""Copies of the product with its tests, and runs of chosen tests inside such a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.planted import patches
from tests.support.embedded import short_home

ROOT = Path(__file__).parents[2]
PACKAGES = ("adapters", "jobs", "config", "connectors", "mappings", "tests")
_LEFT_OUT = shutil.ignore_patterns("node_modules", "vendor", "screenshots", "*.md")
_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Run:
    """What became of the tests.

    Attributes:
        passed, failed: node ids without parameters; one that did both is in both.
        broken: could not even begin; that notices nothing.
        output: for a person.
    """

    code: int
    passed: frozenset[str]
    failed: frozenset[str]
    broken: frozenset[str]
    output: str

    def failed_in(self, selector: str) -> bool:
        """Whether a test that ``selector`` (a file, a class, a test) names failed."""
        return any(node == selector or node.startswith(selector + "::") for node in self.failed)


@contextmanager
def copied() -> Iterator[Path]:
    """A copy that may be spoiled. Compiled files come along: they are valid as long as times and sizes agree."""
    with short_home() as home:
        for package in PACKAGES:
            shutil.copytree(ROOT / package, home / package, ignore=_LEFT_OUT)
        shutil.copy2(ROOT / "pyproject.toml", home)
        yield home


def plant(bug: patches.Bug, root: Path) -> None:
    """Put the bug in, and away with what was compiled without it."""
    for path in patches.apply(bug, root):
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()


def run(root: Path, selectors: Sequence[str]) -> Run:
    """Run the named tests in the tree at ``root``, in a process of its own."""
    report = root / "report.xml"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins cost more than the tests
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin",
        "--tb=short", f"--junitxml={report}", "-o", "junit_family=xunit1", *selectors,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    passed, failed, broken = set(), set(), set()
    if report.exists():
        for case in ET.parse(report).getroot().iter("testcase"):
            node = _node(case.get("file", ""), case.get("classname", ""), case.get("name", ""))
            if case.find("error") is not None:
                broken.add(node)
            elif case.find("failure") is not None:
                failed.add(node)
            elif case.find("skipped") is None:
                passed.add(node)
    return Run(
        done.returncode, frozenset(passed), frozenset(failed), frozenset(broken), done.stdout + done.stderr
    )


def _node(file: str, owner: str, name: str) -> str:
    module = file.removesuffix(".py").replace("/", ".")
    inner = owner.removeprefix(module).strip(".")
    parts = [file, *(inner.split(".") if inner else []), name.split("[", maxsplit=1)[0]]
    return "::".join(parts)
