"""How the sandbox platform calls others: our CONFIRM callback and the sandbox bank. Threads of its own."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from connectors.kit.sandbox import Clock, pause

_LOOK_SECONDS = 0.05
_TIMEOUT_SECONDS = 30.0


def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """One POST; status 0 when nobody answered."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def credit(bank_url: str, facts: dict[str, Any]) -> bool:
    """Book a credit at the sandbox bank, opening the account where it is not there yet."""
    raw = json.dumps(facts).encode()
    status, _ = post(f"{bank_url}/_sandbox/bank/credit", raw)
    if status == 404:
        opened = json.dumps({"account": facts["account"], "kind": "bank"}).encode()
        post(f"{bank_url}/_sandbox/bank/accounts", opened)
        status, _ = post(f"{bank_url}/_sandbox/bank/credit", raw)
    return status == 201


class Postbox:
    """Sends now or when its clock says so; never from the thread that asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="platform-confirm")
        self._lock = threading.Lock()
        self._waiting: list[tuple[datetime, Callable[[], None]]] = []
        self._running: set[Future[None]] = set()
        self._thread: threading.Thread | None = None
        self._closed = False

    def now(self, act: Callable[[], None]) -> Future[None]:
        """Run ``act`` at once in another thread."""
        job = self._pool.submit(act)
        with self._lock:
            self._running.add(job)
        job.add_done_callback(self._ended)
        return job

    def at(self, due: datetime, act: Callable[[], None]) -> None:
        """Run ``act`` when the clock has reached ``due``."""
        with self._lock:
            self._waiting.append((due, act))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="platform-late", daemon=True)
                self._thread.start()

    def waiting(self) -> int:
        """How many letters are not delivered yet."""
        with self._lock:
            return len(self._waiting) + len(self._running)

    def close(self) -> None:
        """Nothing is sent any more."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self, job: Future[None]) -> None:
        with self._lock:
            self._running.discard(job)

    def _watch(self) -> None:
        while not self._closed:
            moment = self._clock.now()
            with self._lock:
                due = [act for when, act in self._waiting if when <= moment]
                self._waiting = [pair for pair in self._waiting if pair[0] > moment]
            for act in due:
                self.now(act)
            pause(_LOOK_SECONDS)
