"""Doors for gateways that post a body (MoMo, ZaloPay): verify it raw, record it once, answer in the gateway's own form."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import Response

from adapters.ports import Edge, NoticeAnswer, NoticeDoor
from adapters.webhooks.answers import ALREADY, answer_for, known_order
from adapters.webhooks.news_json import row_json
from adapters.webhooks.raw_body import raw_body
from adapters.webhooks.samples import Samples
from adapters.webhooks.vnpay import ANSWERED, CoalescedWake, statement
from adapters.webhooks.writer import Connect, GroupedWriter
from jobs.errors import StoreUnavailable
from mappings.errors import IntegrationError

log = structlog.get_logger(__name__)


class GatewayNotice:
    """One gateway's endpoint with its writer; one per process."""

    def __init__(self, edge: Edge, door: NoticeDoor, connect: Connect) -> None:
        self._door = door
        self._samples = Samples(edge.store, door.source)
        self.writer = GroupedWriter(
            connect,
            statement(door.source),
            now=edge.clock.now,
            committed=CoalescedWake(edge.wake, "payments"),
        )

    async def serve(self, request: Request) -> Response:
        raw = await raw_body(request, self._door.most_bytes)
        if raw is None:
            return await self._refused(request, b"", "too long", NoticeAnswer.FORGED)
        try:
            news = self._door.verify(raw)
        except self._door.forged as exc:
            return await self._refused(request, raw, type(exc).__name__, NoticeAnswer.FORGED)
        except (ValueError, IntegrationError) as exc:
            # No message at all, or signed but not readable: their change or our fault. A person finds the sample.
            log.warning("notice.unreadable", system=self._door.source, error=type(exc).__name__)
            why = f"unreadable: {type(exc).__name__}"
            return await self._refused(request, raw, why, NoticeAnswer.AGAIN)
        row = row_json(news, raw, tuple(request.scope["headers"]), request.scope.get("trace_id", ""))
        try:
            record = await self.writer.record(row)
        except StoreUnavailable:
            ANSWERED.labels(self._door.source, NoticeAnswer.AGAIN.value).inc()
            return self._form(NoticeAnswer.AGAIN)
        result = answer_for(news, known_order(record))
        ANSWERED.labels(self._door.source, result).inc()
        # What is stored is taken over, also what no order of ours or another amount agrees with: a person sees it (M9).
        known = NoticeAnswer.KNOWN if result == ALREADY else NoticeAnswer.TAKEN
        return self._form(known)

    async def _refused(self, request: Request, raw: bytes, why: str, answer: NoticeAnswer) -> Response:
        await self._samples.keep(request, raw, why)
        ANSWERED.labels(self._door.source, "forged").inc()
        return self._form(answer)

    def _form(self, answer: NoticeAnswer) -> Response:
        status, body = self._door.answer(answer)
        return Response(body, status, media_type="application/json" if body else None)
