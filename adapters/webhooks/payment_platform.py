"""``POST /webhooks/payment-platform/confirm``: verify the raw body, record it, answer in their own form."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import Response

from adapters.ports import Edge, PlatformDoor
from adapters.webhooks.answers import TAKEN, answer_for, known_order
from adapters.webhooks.news_json import row_json
from adapters.webhooks.raw_body import raw_body
from adapters.webhooks.samples import Samples
from adapters.webhooks.vnpay import ANSWERED, CoalescedWake, statement
from adapters.webhooks.writer import Connect, GroupedWriter
from jobs.errors import StoreUnavailable
from mappings.canonical.payment import PaymentNews
from mappings.errors import IntegrationError

log = structlog.get_logger(__name__)

SOURCE = "payment_platform"
MOST_BODY_BYTES = 65_536
OTHER = "99"
_WORDS = {TAKEN: "Thành công", OTHER: "Chưa ghi nhận được, đề nghị gửi lại"}


class PlatformConfirm:
    """The endpoint with its writer; one per process."""

    def __init__(self, edge: Edge, door: PlatformDoor, connect: Connect) -> None:
        self._edge, self._door = edge, door
        self._samples = Samples(edge.store, SOURCE)
        self.writer = GroupedWriter(
            connect,
            statement(SOURCE),
            now=edge.clock.now,
            committed=CoalescedWake(edge.wake, "payments"),
        )

    async def serve(self, request: Request) -> Response:
        raw = await raw_body(request, MOST_BODY_BYTES)
        if raw is None:
            return await self._refused(request, b"", "too long")
        try:
            news = self._door.verify(raw)
        except self._door.forged as exc:
            return await self._refused(request, raw, type(exc).__name__)
        except (ValueError, IntegrationError) as exc:
            log.warning("confirm.unreadable", error=type(exc).__name__)
            return await self._refused(request, raw, f"unreadable: {type(exc).__name__}")
        row = row_json(news, raw, tuple(request.scope["headers"]), request.scope.get("trace_id", ""))
        try:
            record = await self.writer.record(row)
        except StoreUnavailable:
            return self._answer(news, OTHER)
        # The platform has one word for everything that is not taken over; what is stored is taken over.
        ANSWERED.labels(SOURCE, answer_for(news, known_order(record))).inc()
        return self._answer(news, TAKEN)

    async def _refused(self, request: Request, raw: bytes, why: str) -> Response:
        await self._samples.keep(request, raw, why)
        ANSWERED.labels(SOURCE, "forged").inc()
        return self._answer(None, OTHER)

    def _answer(self, news: PaymentNews | None, code: str) -> Response:
        return Response(self._door.answer(news, code, _WORDS[code]), 200, media_type="application/json")
