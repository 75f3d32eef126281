"""A small outside system on a real port, and ways to call it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.transport import Transport

JSON = {"Content-Type": "application/json"}


class Plain(Sandbox):
    """Answers what it is told to, and counts."""

    system = "plain"

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[SandboxRequest] = []
        self.answer = SandboxAnswer(200, JSON, b'{"done":true}')

    @route("POST", "/write", "write")
    def write(self, request: SandboxRequest) -> SandboxAnswer:
        self.seen.append(request)
        return self.answer

    @route("GET", "/read", "read")
    def read(self, request: SandboxRequest) -> SandboxAnswer:
        self.seen.append(request)
        return self.answer

    @route("GET", "/items/{code}/parts/{number}", "part")
    def part(self, request: SandboxRequest) -> SandboxAnswer:
        return SandboxAnswer(200, JSON, f'{{"code":"{request.parts["code"]}"}}'.encode())


@pytest.fixture
def plain() -> Plain:
    return Plain()


@pytest.fixture
def served(plain: Plain) -> Iterator[str]:
    """Its address."""
    with serve(plain) as server:
        yield server.url


@pytest.fixture
def transport(served: str) -> Iterator[Transport]:
    made = Transport(served, system="plain", deadline_seconds=5, shown=frozenset({"done", "code"}))
    yield made
    made.close()


def write(transport: Transport, **more: Any) -> Any:
    """A write that is not idempotent."""
    facts: dict[str, Any] = {"effect_class": EffectClass.FINDABLE, "reference": "R1", "json": {"amount": 1}}
    return transport.send("write", "POST", "/write", **(facts | more))


def read(transport: Transport, **more: Any) -> Any:
    """A read."""
    return transport.send("read", "GET", "/read", **({"effect_class": EffectClass.READ} | more))


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Starts servers that do with each connection whatever the test says; gives the address."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(talk: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        talk(connection)
                    except OSError:
                        continue

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)
