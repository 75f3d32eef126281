"""The route table of ``/api/v1``. A route without a scope cannot be written down here."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters import errors
from adapters.api import handlers, models
from adapters.api.calls import ApiDoor, Endpoint
from adapters.api.limits import Limits
from adapters.dashboard.render import html
from adapters.errors import KINDS
from adapters.ports import Edge
from jobs.access.model import Scope

MOST_STATEMENT_BYTES = 60_000_000

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "openPayment",
        "POST",
        "/api/v1/payments",
        Scope.PAYMENTS_WRITE,
        handlers.open_payment,
        models.Payment,
        "Mở một lần thanh toán cho các khoản còn phải nộp của hồ sơ",
        "Open a payment attempt for the open fees of a dossier. 202 while the payment page is being asked for.",
        accepts=models.OpenPayment,
        status=201,
        money=True,
    ),
    Endpoint(
        "showPayment",
        "GET",
        "/api/v1/payments/{id}",
        Scope.PAYMENTS_READ,
        handlers.show_payment,
        models.Payment,
        "Xem một lần thanh toán",
        "Show a payment attempt.",
    ),
    Endpoint(
        "showDossier",
        "GET",
        "/api/v1/dossiers/{code:path}",
        Scope.DOSSIERS_READ,
        handlers.show_dossier,
        models.Dossier,
        "Xem diễn biến của một hồ sơ",
        "Show a dossier with its time line.",
    ),
    Endpoint(
        "proposeRefund",
        "POST",
        "/api/v1/refunds",
        Scope.REFUNDS_WRITE,
        handlers.propose_refund,
        models.Refund,
        "Đề nghị hoàn tiền; một người duyệt trên trang",
        "Propose a refund; a person approves it on a page.",
        accepts=models.ProposeRefund,
        status=201,
        money=True,
    ),
    Endpoint(
        "showRefund",
        "GET",
        "/api/v1/refunds/{id}",
        Scope.REFUNDS_READ,
        handlers.show_refund,
        models.Refund,
        "Xem một khoản hoàn",
        "Show a refund.",
    ),
    Endpoint(
        "loadStatement",
        "POST",
        "/api/v1/statements",
        Scope.STATEMENTS_WRITE,
        handlers.load_statement,
        models.StatementLoaded,
        "Nạp sao kê hoặc tệp phiên (?name=…&profile=…)",
        "Load a statement or session file (?name=…&profile=…). A file with one bad row is refused whole.",
        accepts=bytes,
        status=201,
        most_bytes=MOST_STATEMENT_BYTES,
    ),
)


def routes(edge: Edge) -> list[BaseRoute]:
    """Starlette routes of the table, the contract and its viewer."""
    door = ApiDoor(edge, Limits())
    made: list[BaseRoute] = [
        Route("/api/v1/openapi.json", _contract),
        Route("/api/v1/docs", _viewer),
        Route("/api/v1/problems/{code}", _problem_page),
    ]
    made += [Route(row.path, door.serve(row), methods=[row.method]) for row in ENDPOINTS]
    return made


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI document."""
    from adapters.api.openapi import document

    return document(ENDPOINTS)


@cache
def _contract_bytes() -> bytes:
    return json.dumps(contract(), ensure_ascii=False).encode()


async def _contract(_: Request) -> Response:
    return Response(_contract_bytes(), 200, media_type="application/json")


async def _viewer(request: Request) -> Response:
    language = errors.language_of(request.headers.get("accept-language", ""))
    return html("api_docs.html", language, contract=contract())


async def _problem_page(request: Request) -> Response:
    found = next((kind for kind in KINDS if kind.code == request.path_params["code"]), None)
    if found is None:
        return JSONResponse({"code": "not-found"}, 404)
    return JSONResponse(
        {"code": found.code, "status": found.status, "title": {"vi": found.title_vi, "en": found.title_en}}
    )
