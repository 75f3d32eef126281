"""``GET /webhooks/vnpay/return``: where the payer comes back. Shows a page and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from adapters.dashboard.formats import money
from adapters.dashboard.render import html
from adapters.errors import language_of
from adapters.ports import VnpayDoor
from adapters.webhooks.vnpay import MOST_QUERY_BYTES
from mappings.canonical.payment import PaymentNews, PaymentVerdict
from mappings.errors import IntegrationError

_OUTCOME = {
    PaymentVerdict.PAID: ("good", "good"),
    PaymentVerdict.FAILED: ("bad", "bad"),
}


def payment_return(door: VnpayDoor | None) -> Callable[[Request], Any]:
    """The endpoint. A page made from a forged address says that it cannot be read, nothing more."""

    async def serve(request: Request) -> Response:
        raw: bytes = request.scope["query_string"]
        news = _read(door, raw)
        if news is None:
            outcome, tone = "doubtful", "care"
        else:
            outcome, tone = _OUTCOME.get(news.verdict, ("wait", "wait"))
        return html(
            "payment_return.html",
            _language(request, raw),
            outcome=outcome,
            tone=tone,
            reference=news.reference if news else "",
            amount=money(news.amount) if news and news.amount else "",
        )

    return serve


def _read(door: VnpayDoor | None, raw: bytes) -> PaymentNews | None:
    if door is None or len(raw) > MOST_QUERY_BYTES:
        return None
    unusable: tuple[type[BaseException], ...] = (*door.forged, ValueError, IntegrationError)
    try:
        return door.verify(raw)
    except unusable:
        return None


def _language(request: Request, raw: bytes) -> str:
    asked = parse_qs(raw[:MOST_QUERY_BYTES].decode("latin-1")).get("lang", [""])[-1]
    return asked if asked in ("vi", "en") else language_of(request.headers.get("accept-language", ""))
