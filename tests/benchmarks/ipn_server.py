"""The notification route in a process of its own: ``python -m … PORT DSN durable|bare``.

``durable`` is the product's own endpoint process: the whole application, real verification, wake-ups over its broker.
``bare`` is a Starlette application with the same route, the same verification and answer, and no database.
"""

from __future__ import annotations

import socket
import sys
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.app import create_app
from adapters.cli.serving import edge_of, freeze_heap
from adapters.middleware import Door
from adapters.webhooks.answers import FORGED, KnownOrder, answer_for
from adapters.webhooks.vnpay import rsp_code
from config.connector_sections import ConnectorSettings
from config.settings import Settings
from connectors.errors import Forged
from connectors.kit.seams import RandomIds
from connectors.vnpay.notifications import verified
from jobs.bootstrap import build
from mappings.canonical.payment import AttemptState
from tests.integration.bad_input.messages import AMOUNT, TERMINAL, VNPAY


def bare() -> Starlette:
    """Checks and answers; keeps nothing."""
    verify = partial(verified, settings=VNPAY)
    order = KnownOrder(AMOUNT, AttemptState.SENT, TERMINAL)

    async def ipn(request: Request) -> Response:
        try:
            news = verify(request.scope["query_string"])
        except Forged:
            return rsp_code(FORGED)
        return rsp_code(answer_for(news, order))

    return Starlette(
        routes=[Route("/webhooks/vnpay/ipn", ipn)], middleware=[Middleware(Door, ids=RandomIds())]
    )


def durable(dsn: str) -> Starlette:
    """The product, as ``run api`` builds it."""
    settings = Settings(connectors=ConnectorSettings(vnpay=VNPAY), sandbox=True)
    return create_app(edge_of(build(settings, dsn)))


def main() -> None:
    """Serve until killed."""
    port, dsn, kind = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    app = durable(dsn) if kind == "durable" else bare()
    door = socket.create_server(("127.0.0.1", port), backlog=1024)
    freeze_heap()
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, date_header=False)
    uvicorn.Server(config).run(sockets=[door])


if __name__ == "__main__":
    main()
