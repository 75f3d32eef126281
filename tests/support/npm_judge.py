"""A package of npm as an independent judge: installed once from its lock, asked through a script beside the test."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Judge = Callable[..., Any]
"""Takes questions, gives their answers in order."""


def judge_in(room: Path) -> Judge:
    """The judge whose ``package-lock.json`` and ``judge.mjs`` lie in ``room``. It may be asked for again: nothing is installed twice.

    Where Node.js is missing the test is skipped loudly, and fails under CI.
    """
    if not shutil.which("node") or not shutil.which("npm"):
        _missing("Node.js with npm is not installed")
    _install(room)

    def ask(*questions: dict[str, Any]) -> list[Any]:
        made = subprocess.run(
            ["node", "judge.mjs"],
            cwd=room,
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "TZ": "UTC"},
        )
        assert made.returncode == 0, made.stderr
        return [each.get("answer", each) for each in json.loads(made.stdout)]

    return ask


def _missing(why: str) -> None:
    """A service that is not there: a loud skip for a person, a failure where nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(f"the npm judge cannot run: {why}")
    warnings.filterwarnings("default", message="the npm judge")
    warnings.warn(f"the npm judge did not run: {why}", stacklevel=2)
    pytest.skip(f"the npm judge did not run: {why}")


def _install(room: Path) -> None:
    """Exactly what the lock names, once per lock, by one test process at a time."""
    wanted = hashlib.sha256((room / "package-lock.json").read_bytes()).hexdigest()
    modules = room / "node_modules"
    modules.mkdir(exist_ok=True)
    with (Path(tempfile.gettempdir()) / "lienthong-npm-judge.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = modules / ".installed-from"
        if mark.exists() and mark.read_text() == wanted:
            return
        made = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=room, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            _missing(f"npm ci failed: {made.stderr.strip()[-300:]}")
        mark.write_text(wanted)
