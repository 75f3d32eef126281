"""The edge as one ASGI application: webhooks, API, dashboard, health.

Plain Starlette with a route table of our own instead of FastAPI: bodies are read by a stricter JSON reader than any
framework brings, problems come from one error table, and the OpenAPI document is made from the same rows as the
routes; what a framework would add is then only its memory and start-up time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters import errors, health
from adapters.api import routes as api
from adapters.api.calls import problem
from adapters.dashboard import assets
from adapters.dashboard import routes as dashboard
from adapters.dashboard.live import Live
from adapters.dashboard.visits import error_page
from adapters.errors import Problem, language_of
from adapters.middleware import Door
from adapters.ports import Edge
from adapters.webhooks import files
from adapters.webhooks.dossier_door import DossierDoor
from adapters.webhooks.gateway_notice import GatewayNotice
from adapters.webhooks.payment_platform import PlatformConfirm
from adapters.webhooks.payment_return import payment_return
from adapters.webhooks.signing import SigningPush
from adapters.webhooks.vnpay import VnpayIpn
from adapters.webhooks.writer import GroupedWriter, connector


def create_app(edge: Edge) -> Starlette:
    """The application of one installation. Nothing is connected before the first request."""
    live = Live(edge)
    webhooks, writers = _webhooks(edge)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await live.close()
        for writer in writers:
            await writer.stop()

    return Starlette(
        routes=[
            *webhooks,
            *api.routes(edge),
            *dashboard.routes(edge, live),
            Route(files.PATH, files.FileDoor(edge).serve),
            Route("/static/{name:path}", assets.serve),
            Route("/livez", health.livez),
            Route("/readyz", health.readyz(edge)),
            Route("/metrics", health.metrics),
        ],
        middleware=[Middleware(Door, ids=edge.ids)],
        exception_handlers={HTTPException: _http_error, Exception: _any_error},
        lifespan=lifespan,
    )


def _webhooks(edge: Edge) -> tuple[list[BaseRoute], list[GroupedWriter]]:
    connect = connector(edge.dsn)
    routes: list[BaseRoute] = [
        Route("/webhooks/vnpay/return", payment_return(edge.vnpay)),
        # Where other gateways send the payer back: what stands in that address is not read.
        *(Route(path, payment_return(None)) for path in ("/webhooks/payment/return", "/payment-return")),
    ]
    writers = []
    if edge.vnpay is not None:
        ipn = VnpayIpn(edge, edge.vnpay, connect)
        routes.insert(0, Route("/webhooks/vnpay/ipn", ipn.serve))
        writers.append(ipn.writer)
    if edge.inbound is not None:
        routes += [
            Route(path, made.serve, methods=made.methods)
            for door in edge.doors
            for made in [DossierDoor(edge, edge.inbound, door)]
            for path in made.paths
        ]
    if edge.signatures is not None:
        routes += [Route(each.path, SigningPush(edge, each).serve, methods=["POST"]) for each in edge.hints]
    if edge.platform is not None:
        confirm = PlatformConfirm(edge, edge.platform, connect)
        routes.append(Route("/webhooks/payment-platform/confirm", confirm.serve, methods=["POST"]))
        writers.append(confirm.writer)
    for door in edge.notices:
        notice = GatewayNotice(edge, door, connect)
        routes.append(Route(door.path, notice.serve, methods=["POST"]))
        writers.append(notice.writer)
    return routes, writers


async def _http_error(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    kind = {404: errors.NOT_FOUND, 405: errors.METHOD}.get(status, errors.MALFORMED)
    return _told(request, Problem(kind, headers=getattr(exc, "headers", None)))


async def _any_error(request: Request, exc: Exception) -> Response:
    return _told(request, exc)


def _told(request: Request, exc: Exception) -> Response:
    language: Any = language_of(request.headers.get("accept-language", ""))
    if request.url.path.startswith(("/api/", "/webhooks/")):
        return problem(exc, language, request.scope.get("trace_id", ""))
    return error_page(request, exc, language)
