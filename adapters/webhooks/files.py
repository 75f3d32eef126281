"""``GET /files/{id}/{until}/{mark}/{name}``: one stored file to whoever has a link that has not ended."""

from __future__ import annotations

from urllib.parse import quote

from prometheus_client import Counter
from psycopg.rows import DictRow
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapters.ports import Edge
from jobs.files.links import DOOR
from jobs.store.postgres import files as rows

PATH = f"{DOOR}/{{id:int}}/{{until:int}}/{{mark}}/{{name}}"
_MOST = 2**63 - 1
PULLED = Counter("lienthong_files_pulled", "Files pulled by other systems", ["result"])


class FileDoor:
    """The door; a link that is not ours and a file that is not there get the same answer."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def serve(self, request: Request) -> Response:
        links, parts = self._edge.links, request.path_params
        file, until = parts["id"], parts["until"]
        ours = (
            links is not None
            and max(file, until) <= _MOST
            and links.good(file, until, parts["mark"], self._edge.clock.now())
        )
        if not ours:
            PULLED.labels("refused").inc()
            return Response(b"", 404)
        row = await run_in_threadpool(self._row, file)
        if row is None:
            PULLED.labels("gone").inc()
            return Response(b"", 404)
        PULLED.labels("given").inc()
        name = quote(row["name"], safe="")
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{name}",
            "cache-control": "private, no-store",
        }
        return Response(bytes(row["content"]), 200, headers, media_type=row["media_type"])

    def _row(self, file: int) -> DictRow | None:
        with self._edge.store.transaction("file-door") as tx:
            return rows.content(tx, file)
