"""``GET /live``: tells an open page that something changed, without touching what a person reads.

One watcher per process asks for the newest event while somebody watches; streams get one message per change,
gathered, and the first message compares with what the page had shown, so that a client that was away is right again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from adapters.dashboard.visits import cookie_name
from adapters.dashboard.words import say
from adapters.ports import Edge
from jobs.errors import ProcessError

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 1.0
COMMENT_EVERY_SECONDS = 15.0
MOST_STREAMS = 500


class Live:
    """The fan-out of one process."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._newest = 0
        self._watchers = 0
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def serve(self, request: Request) -> Response:
        token = request.cookies.get(cookie_name(self._edge), "")
        person = await run_in_threadpool(self._edge.access.person, token) if token else None
        if person is None:
            return Response(b"", 401)
        if self._watchers >= MOST_STREAMS:
            return Response(b"", 503, {"retry-after": "30"})
        since = request.query_params.get("since", "")
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(
            self._stream(int(since) if since.isdigit() and len(since) < 19 else None, person.language),
            media_type="text/event-stream",
            headers=headers,
        )

    async def close(self) -> None:
        """End every stream: a stopping process must not wait for readers."""
        self._closing = True
        async with self._changed:
            self._changed.notify_all()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _stream(self, since: int | None, language: str) -> AsyncIterator[bytes]:
        self._watchers += 1
        try:
            if self._task is None or self._task.done():
                self._newest = await run_in_threadpool(self._look)
                self._task = asyncio.create_task(self._watch(), name="live-watch")
            seen = self._newest if since is None else since
            yield b": on\n\n"
            while not self._closing:
                if self._newest > seen:
                    seen = self._newest
                    yield _message(language)
                yield b": still here\n\n" if not await self._wait() else b""
        finally:
            self._watchers -= 1

    async def _wait(self) -> bool:
        try:
            async with asyncio.timeout(COMMENT_EVERY_SECONDS), self._changed:
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _watch(self) -> None:
        while self._watchers and not self._closing:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            try:
                newest = await run_in_threadpool(self._look)
            except ProcessError:
                log.warning("live.look_failed")
                continue
            if newest != self._newest:
                self._newest = newest
                async with self._changed:
                    self._changed.notify_all()

    def _look(self) -> int:
        with self._edge.store.transaction("live") as tx:
            row = tx.fetch_one("select max(id) as newest from event")
        return int(row["newest"] or 0) if row else 0


def _message(language: str) -> bytes:
    words = say("live.changes", language)
    return f'data: <button type="button" class="button" data-do="reload">{words}</button>\n\n'.encode()
