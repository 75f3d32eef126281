"""The product's source files, read once, as the architecture tests see them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("adapters", "jobs", "config", "connectors", "mappings")


@cache
def product_files() -> tuple[Path, ...]:
    """Every Python file of the five packages."""
    return tuple(sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """A file's path as people write it."""
    return path.relative_to(ROOT).as_posix()
