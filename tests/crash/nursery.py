"""A warm parent: everything is imported once, then each piece of work runs in a fork of it that may be killed.

``python -m tests.crash.nursery MODULE``: reads one JSON object per line, forks, calls ``MODULE.main(object)`` in the
child, and answers how the child ended and what it said. One thread only, so that forking is safe.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

_SECONDS = 600
FAILED = 70


class Nursery:
    """The parent's side as a test holds it."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery", module], cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, **order: Any) -> dict[str, Any]:
        """One child from birth to death; ``signal`` or ``code``, and ``said`` (what ``main`` returned)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the nursery is gone"
        ended: dict[str, Any] = json.loads(line)
        assert ended.get("code") in (None, 0), f"a child failed by itself:\n{ended.get('said')}"
        return ended

    def close(self) -> None:
        """End the parent; it has no children left."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


def _child(main: Any, order: dict[str, Any], pipe: int) -> None:
    code = 0
    try:
        said = main(order)
    except BaseException:  # noqa: BLE001 - the child's own boundary: told to the parent, then it ends
        said, code = traceback.format_exc(), FAILED
    with os.fdopen(pipe, "w") as out:
        json.dump(said, out)
    sys.stdout.flush()
    os._exit(code)


def _one(main: Any, order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(main, order, writing)
    os.close(writing)
    parts = []
    while True:
        ready, _, _ = select.select([reading], [], [], _SECONDS)
        if not ready:
            os.kill(pid, signal.SIGKILL)
            break
        part = os.read(reading, 65_536)
        if not part:
            break
        parts.append(part)
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    text = b"".join(parts).decode()
    said = json.loads(text) if text.endswith(("}", "]", '"', "null")) else None
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status), "said": said}
    return {"code": os.WEXITSTATUS(status), "said": said}


def serve() -> None:
    """Until nobody writes any more."""
    main = importlib.import_module(sys.argv[1]).main
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_one(main, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
