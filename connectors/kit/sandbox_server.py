"""A small, fast HTTP/1.1 server for sandboxes: a thread per connection, keep-alive, and full say over the socket.

It must be able to misbehave exactly as told (cut after byte n, answer twice, trickle), which no ready server lets one do.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest
from connectors.kit.seams import pause

_MOST_HEAD = 65_536
_MOST_BODY = 300_000_000
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_SLICE = 0.02
_IDLE_SECONDS = 120.0


class _Gone(Exception):
    """The connection is over."""


class Server:
    """A running server. ``url`` is where; ``close()`` ends it and everything it began."""

    def __init__(
        self, sandboxes: Sequence[Sandbox], host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._sandboxes = tuple(sandboxes)
        self._tls = tls
        self._listener = socket.create_server((host, port), backlog=512, reuse_port=False)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._thread = threading.Thread(target=self._accept, name=f"sandbox-{self.port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on everybody; returns when all threads have ended."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            waiting, threads = list(self._open), list(self._threads)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for thread in threads:
            thread.join(5)
        for sandbox in self._sandboxes:
            sandbox.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._open.add(connection)
                self._threads.add(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        plain = connection
        try:
            connection.settimeout(_IDLE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            wire = _Wire(connection)
            while not self._closing.is_set():
                request, stays = wire.request()
                self._deliver(connection, self._answer(request))
                if not stays:
                    break
        except (OSError, _Gone, ValueError):
            pass
        finally:
            with contextlib.suppress(OSError):
                connection.close()
            plain.close()
            with self._lock:
                self._open.discard(plain)
                self._threads.discard(threading.current_thread())

    def _answer(self, request: SandboxRequest) -> SandboxAnswer:
        if request.path in ("/_sandbox/faults", "/_sandbox/calls"):
            return self._for_all(request)
        for sandbox in self._sandboxes:
            if sandbox.knows(request):
                return sandbox.handle(request)
        return SandboxAnswer(404, {"Content-Type": "application/json"}, b'{"error":"no such address"}')

    def _for_all(self, request: SandboxRequest) -> SandboxAnswer:
        answers = [sandbox.handle(request) for sandbox in self._sandboxes]
        worst = max(answers, key=lambda answer: answer.status)
        if worst.status >= 400 or request.path != "/_sandbox/calls":
            return worst
        merged: dict[str, Any] = {}
        for answer in answers:
            merged |= json.loads(answer.body)
        return SandboxAnswer(200, worst.headers, json.dumps(merged).encode())

    def _deliver(self, connection: socket.socket, answer: SandboxAnswer) -> None:
        self._wait(answer.delay_seconds)
        if answer.hang:
            self._wait_for_hang_up(connection)
            raise _Gone
        if answer.cut_after == -1:
            raise _Gone
        head = _head(answer)
        if answer.cut_after is not None:
            connection.sendall(head + answer.body[: answer.cut_after])
            raise _Gone
        if answer.trickle_seconds:
            connection.sendall(head)
            for at in range(len(answer.body)):
                self._wait(answer.trickle_seconds / len(answer.body))
                connection.sendall(answer.body[at : at + 1])
            return
        connection.sendall((head + answer.body) * (2 if answer.twice else 1))

    def _wait(self, seconds: float) -> None:
        while seconds > 0 and not self._closing.is_set():
            pause(min(seconds, _SLICE))
            seconds -= _SLICE

    def _wait_for_hang_up(self, connection: socket.socket) -> None:
        connection.settimeout(_SLICE * 5)
        while not self._closing.is_set():
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                continue


def _head(answer: SandboxAnswer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if not any(name.lower() == "content-length" for name in answer.headers):
        lines.append(f"Content-Length: {len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class _Wire:
    """Reads requests off one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()

    def request(self) -> tuple[SandboxRequest, bool]:
        """The next request, and whether the connection stays open after its answer."""
        head = bytes(self._until(b"\r\n\r\n", _MOST_HEAD)).decode("latin-1")
        first, *rest = head.split("\r\n")
        method, target, version = first.split(" ", 2)
        headers = {}
        for line in rest:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(headers)
        path, _, query = target.partition("?")
        pairs: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True) if query else ():
            pairs.setdefault(name, value)
        stays = headers.get("connection", "").lower() != "close" and version == "HTTP/1.1"
        return SandboxRequest(method, unquote(path), pairs, headers, body, query), stays

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            found = bytearray()
            while size := int(bytes(self._until(b"\r\n", _MOST_HEAD)).split(b";")[0], 16):
                found += self._exactly(size)
                self._exactly(2)
            while self._until(b"\r\n", _MOST_HEAD):
                continue
            return bytes(found)
        length = int(headers.get("content-length") or 0)
        if not 0 <= length <= _MOST_BODY:
            raise _Gone
        return self._exactly(length) if length else b""

    def _until(self, mark: bytes, most: int) -> bytearray:
        while (at := self._buffer.find(mark)) < 0:
            if len(self._buffer) > most:
                raise _Gone
            self._more()
        found = self._buffer[:at]
        del self._buffer[: at + len(mark)]
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def _more(self) -> None:
        raw = self._connection.recv(65_536)
        if not raw:
            raise _Gone
        self._buffer += raw
