"""``/livez``: the process. ``/readyz``: what we ourselves need, never partners. ``/metrics``: counters without ids."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from adapters.ports import Edge
from jobs.errors import ProcessError

_INNER = frozenset({"127.0.0.1", "::1", "testclient"})


async def livez(_: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


def checks(edge: Edge) -> dict[str, str | None]:
    """Name → ``None`` when good, else a sentence without addresses or secrets."""
    try:
        with edge.store.transaction("ready") as tx:
            tx.fetch_one("select 1 as one")
            row = tx.fetch_one("select to_regclass('public.action_key') is not null as there")
    except ProcessError:
        return {"database": "cannot be reached", "migrations": "not known"}
    found: dict[str, str | None] = {
        "database": None,
        "migrations": None if row and row["there"] else "not applied",
    }
    return found | (edge.ready() if edge.ready else {})


def readyz(edge: Edge) -> Callable[[Request], Any]:
    """200 when work can be taken, else 503; ``?verbose`` from inside names the check."""

    async def serve(request: Request) -> Response:
        found = await run_in_threadpool(checks, edge)
        status = 200 if not any(found.values()) else 503
        inside = request.client is not None and request.client.host in _INNER
        if "verbose" in request.query_params and inside:
            return Response(json.dumps(found), status, media_type="application/json")
        return PlainTextResponse("ok" if status == 200 else "not ready", status)

    return serve


async def metrics(request: Request) -> Response:
    """For the inner port only."""
    if request.client is None or request.client.host not in _INNER:
        return PlainTextResponse("", 404)
    return Response(generate_latest(), 200, {"content-type": CONTENT_TYPE_LATEST})
