"""The notification route in a process of its own: ``python -m … PORT DSN durable|bare``.

``bare`` is the same route with the same signature check and answer, without a database.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.app import create_app
from adapters.middleware import Door
from adapters.ports import Edge
from adapters.webhooks.answers import FORGED, KnownOrder, answer_for
from adapters.webhooks.vnpay import rsp_code
from connectors.kit.seams import RandomIds
from jobs.access.service import Access
from jobs.store.postgres.store import PgStore
from mappings.canonical.payment import AttemptState
from tests.integration.edge.stand_ins import TERMINAL, a_clock, vnpay_door


def bare() -> Starlette:
    door = vnpay_door()
    order = KnownOrder(100_000, AttemptState.SENT, TERMINAL)

    async def ipn(request: Request) -> Response:
        try:
            news = door.verify(request.scope["query_string"])
        except door.forged:
            return rsp_code(FORGED)
        return rsp_code(answer_for(news, order))

    return Starlette(
        routes=[Route("/webhooks/vnpay/ipn", ipn)], middleware=[Middleware(Door, ids=RandomIds())]
    )


def durable(dsn: str) -> Starlette:
    store = PgStore(dsn, a_clock())
    edge = Edge(
        dsn=dsn,
        store=store,
        clock=a_clock(),
        ids=RandomIds(),
        access=Access(store),
        wake=lambda _: None,
        vnpay=vnpay_door(),
    )
    return create_app(edge)


def main() -> None:
    port, dsn, kind = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    app = durable(dsn) if kind == "durable" else bare()
    uvicorn.run(app, port=port, log_level="error", access_log=False, loop="uvloop", http="httptools")


if __name__ == "__main__":
    main()
