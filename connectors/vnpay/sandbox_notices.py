"""How the sandbox gateway calls others: notifications with their repeats, and the bank. On threads of its own."""

from __future__ import annotations

import heapq
import http.client
import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.kit.sandbox import Clock, pause

REPEAT_AFTER = timedelta(minutes=5)
MOST_REPEATS = 10
_AGAIN = frozenset({"01", "04", "97", "99", ""})
_LOOK_SECONDS = 0.05
_TIMEOUT_SECONDS = 30.0


def call(method: str, url: str, body: bytes = b"") -> tuple[int, bytes]:
    """One request; status 0 when nobody answered."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body or None, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def credit(bank_url: str, facts: dict[str, Any]) -> bool:
    """Book at the sandbox bank, opening the account where it is not there yet."""
    raw = json.dumps(facts).encode()
    status, _ = call("POST", f"{bank_url}/_sandbox/bank/credit", raw)
    if status == 404:
        opened = json.dumps({"account": facts["account"], "kind": "bank"}).encode()
        call("POST", f"{bank_url}/_sandbox/bank/accounts", opened)
        status, _ = call("POST", f"{bank_url}/_sandbox/bank/credit", raw)
    return status == 201


@dataclass(order=True, slots=True)
class _Waiting:
    due: datetime
    order: int
    reference: str = field(compare=False)
    query: str = field(compare=False)
    tries: int = field(compare=False, default=0)


class Notices:
    """Calls the merchant's IPN address at once or when its clock says so, and again as VNPAY does."""

    def __init__(self, clock: Clock, url: str, *, background: bool) -> None:
        self._clock, self.url, self._background = clock, url, background
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._running: set[Future[None]] = set()
        self._count = 0
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self.answers: dict[str, list[str]] = {}

    def plan(self, reference: str, query: str, *, after: timedelta = timedelta(0)) -> None:
        """Notify ``after`` so long by the clock."""
        if not self.url:
            return
        self._put(_Waiting(self._clock.now() + after, 0, reference, query))
        if self._background:
            self._start()
            self.run_due()

    def at_once(self, reference: str, query: str) -> None:
        """Notify before this call returns."""
        if self.url:
            self._send(_Waiting(self._clock.now(), 0, reference, query))

    def run_due(self, *, to_the_end: bool = False) -> None:
        """Begin everything whose time has come; with ``to_the_end`` wait for its answers."""
        now = self._clock.now()
        with self._lock:
            due = []
            while self._waiting and self._waiting[0].due <= now:
                due.append(heapq.heappop(self._waiting))
            if due and self._pool is None:
                self._pool = ThreadPoolExecutor(8, thread_name_prefix="vnpay-ipn")
            begun = [self._pool.submit(self._send, item) for item in due] if self._pool else []
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

    def _put(self, item: _Waiting) -> None:
        with self._lock:
            self._count += 1
            item.order = self._count
            heapq.heappush(self._waiting, item)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="vnpay-notices", daemon=True)
                self._thread.start()

    def _look(self) -> None:
        while not self._closing.is_set():
            self.run_due()
            pause(_LOOK_SECONDS)

    def _send(self, item: _Waiting) -> None:
        status, raw = call("GET", f"{self.url}?{item.query}")
        code = _code(raw) if status == 200 else ""
        with self._lock:
            self.answers.setdefault(item.reference, []).append(code)
        if code in _AGAIN and item.tries < MOST_REPEATS and not self._closing.is_set():
            due = self._clock.now() + REPEAT_AFTER
            self._put(_Waiting(due, 0, item.reference, item.query, item.tries + 1))

    def _ended(self, future: Future[None]) -> None:
        with self._lock:
            self._running.discard(future)


def _code(raw: bytes) -> str:
    try:
        value = json.loads(raw)
    except ValueError:
        return ""
    return str(value.get("RspCode", "")) if isinstance(value, dict) else ""
