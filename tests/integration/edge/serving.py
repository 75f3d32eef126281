"""The application behind a real socket on loopback, in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette

from adapters.app import create_app
from adapters.ports import Edge
from tests.support.waiting import eventually


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """The address of ``app`` while the block runs."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=0, log_level="error", loop="uvloop", http="httptools", ws="none", lifespan="on"
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started, within=10)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def visiting(edge: Edge) -> Iterator[httpx.Client]:
    """A client of an application of its own; redirects are not followed."""
    with served(create_app(edge)) as address, httpx.Client(base_url=address, timeout=20) as client:
        yield client
