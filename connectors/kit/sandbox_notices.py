"""How a sandbox calls somebody's notice address, now or later. On threads of its own."""

from __future__ import annotations

import http.client
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from urllib.parse import urlsplit

from connectors.kit.sandbox import Clock, pause

_LOOK_SECONDS = 0.05
_TIMEOUT_SECONDS = 15.0


def post(url: str, body: bytes) -> tuple[int, bytes]:
    """One POST; status 0 when nobody answered."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


class Notices:
    """Notices that wait for their time, and what was answered to those that left."""

    def __init__(self, clock: Clock, url: str, *, background: bool) -> None:
        self._clock, self.url, self._background = clock, url, background
        self._lock = threading.Lock()
        self._waiting: list[tuple[datetime, str, bytes]] = []
        self._running: set[Future[None]] = set()
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self.answers: dict[str, list[int]] = {}
        self.bodies: dict[str, list[bytes]] = {}

    def plan(self, reference: str, body: bytes, due: datetime) -> None:
        """Notify when the clock has reached ``due``. Without an address the body is only kept."""
        with self._lock:
            self.bodies.setdefault(reference, []).append(body)
            if not self.url:
                return
            self._waiting.append((due, reference, body))
            if self._background and self._thread is None:
                self._thread = threading.Thread(target=self._look, name="sandbox-notices", daemon=True)
                self._thread.start()

    def run_due(self, *, to_the_end: bool = False) -> None:
        """Begin everything whose time has come; with ``to_the_end`` wait for the answers."""
        now = self._clock.now()
        with self._lock:
            due = [item for item in self._waiting if item[0] <= now]
            self._waiting = [item for item in self._waiting if item[0] > now]
            if due and self._pool is None:
                self._pool = ThreadPoolExecutor(4, thread_name_prefix="sandbox-notice")
            begun = [self._pool.submit(self._send, *item[1:]) for item in due] if self._pool else []
            self._running |= set(begun)
        for future in begun:
            future.add_done_callback(self._ended)
        if to_the_end:
            wait(begun)

    def counts(self) -> dict[str, int]:
        """How many wait for their time and how many are under way."""
        with self._lock:
            return {"waiting": len(self._waiting), "under_way": len(self._running)}

    def close(self) -> None:
        """Stop; what waits is forgotten."""
        self._closing.set()
        with self._lock:
            self._waiting.clear()
            pool, thread = self._pool, self._thread
        if thread is not None:
            thread.join(5)
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _look(self) -> None:
        while not self._closing.is_set():
            self.run_due()
            pause(_LOOK_SECONDS)

    def _send(self, reference: str, body: bytes) -> None:
        status, _ = post(self.url, body)
        with self._lock:
            self.answers.setdefault(reference, []).append(status)

    def _ended(self, future: Future[None]) -> None:
        with self._lock:
            self._running.discard(future)
