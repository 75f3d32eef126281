"""How the sandbox register calls the one-stop: one thread of its own, so that callbacks keep their order."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0


class Caller:
    """Posts one message after another; the answer is written into the note that came with it."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="land-callback")
        self._open: list[Future[None]] = []

    def post(self, url: str, body: bytes, note: dict[str, Any]) -> None:
        """Send ``body`` as soon as those before it have been sent."""
        self._open = [each for each in self._open if not each.done()]
        self._open.append(self._pool.submit(_deliver, url, body, note))

    def waiting(self) -> int:
        """How many are not delivered yet."""
        return sum(not each.done() for each in self._open)

    def close(self) -> None:
        """Nothing is sent any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _deliver(url: str, body: bytes, note: dict[str, Any]) -> None:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        note["status"] = answer.status
        note["result"] = json.loads(answer.read()).get("Result")
    except (OSError, http.client.HTTPException):
        note["status"] = 0
    except (ValueError, AttributeError):
        note["result"] = "unreadable"
    finally:
        connection.close()
