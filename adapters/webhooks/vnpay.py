"""``GET /webhooks/vnpay/ipn``: verify, record, answer, in that order and nothing else (decision 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import Response

from adapters.ports import Edge, VnpayDoor
from adapters.webhooks.answers import AGAIN, BODIES, FORGED, answer_for, known_order
from adapters.webhooks.news_json import row_json
from adapters.webhooks.samples import Samples
from adapters.webhooks.writer import Connect, GroupedWriter
from jobs.errors import StoreUnavailable
from mappings.errors import IntegrationError

log = structlog.get_logger(__name__)

SOURCE = "vnpay"
MOST_QUERY_BYTES = 4_096
WAKE_AFTER_SECONDS = 0.01
_JSON = {"content-type": "application/json"}

# Rows with a key that is there already store nothing; the order is read in the same snapshot.
_STATEMENT = """
with given as (
    select row ->> 'key' as key, row -> 'news' as news, row -> 'headers' as headers, number,
           convert_to(row ->> 'raw', 'LATIN1') as raw, row ->> 'correlation' as correlation
    from jsonb_array_elements($2::jsonb) with ordinality as rows(row, number)
), stored as (
    insert into inbox (source, key, received_at, headers, raw, verdict, news, correlation_id)
    select distinct on (key) '{source}', key, $1::timestamptz, headers, raw, 'verified', news, correlation
    from given order by key, number
    on conflict (source, key) do nothing
)
select a.amount, a.state, a.terminal
from given left join payment_attempt a on a.reference = given.news ->> 'reference'
order by given.number
"""


def statement(source: str) -> str:
    """The statement for one source (a constant of ours, never a value from outside)."""
    return _STATEMENT.format(source=source)


ANSWERED = Counter("lienthong_ipn_answers", "Answers to the gateway's notifications", ["system", "result"])
_COUNT = {code: ANSWERED.labels(SOURCE, code) for code in BODIES}


class CoalescedWake:
    """Wakes a queue at most once per ``WAKE_AFTER_SECONDS``, whatever the rate of commits."""

    def __init__(self, wake: Callable[[set[str]], None], queue: str) -> None:
        self._wake, self._queues, self._waiting = wake, {queue}, False

    def __call__(self) -> None:
        if not self._waiting:
            self._waiting = True
            asyncio.get_running_loop().call_later(WAKE_AFTER_SECONDS, self._now)

    def _now(self) -> None:
        self._waiting = False
        try:
            self._wake(set(self._queues))
        except Exception:  # a lost wake-up costs a second, never a row: the sweep finds it
            log.warning("webhook.wake_failed", exc_info=True)


class VnpayIpn:
    """The endpoint with its writer; one per process."""

    def __init__(self, edge: Edge, door: VnpayDoor, connect: Connect) -> None:
        self._edge, self._door = edge, door
        self._samples = Samples(edge.store, SOURCE)
        self.writer = GroupedWriter(
            connect,
            statement(SOURCE),
            now=edge.clock.now,
            committed=CoalescedWake(edge.wake, "payments"),
        )

    async def serve(self, request: Request) -> Response:
        raw: bytes = request.scope["query_string"]
        if len(raw) > MOST_QUERY_BYTES:
            return await self._forged(request, raw[:MOST_QUERY_BYTES], "too long")
        try:
            news = self._door.verify(raw)
        except self._door.forged as exc:
            return await self._forged(request, raw, type(exc).__name__)
        except (ValueError, IntegrationError) as exc:
            # Signed but not readable: their change or our fault. They repeat, a person finds the sample.
            log.warning("ipn.unreadable", error=type(exc).__name__)
            return await self._forged(request, raw, f"unreadable: {type(exc).__name__}", answer=AGAIN)
        row = row_json(news, raw, tuple(request.scope["headers"]), request.scope.get("trace_id", ""))
        try:
            record = await self.writer.record(row)
        except StoreUnavailable:
            return rsp_code(AGAIN)
        return rsp_code(answer_for(news, known_order(record)))

    async def _forged(self, request: Request, raw: bytes, why: str, answer: str = FORGED) -> Response:
        await self._samples.keep(request, raw, why)
        return rsp_code(answer)


def rsp_code(code: str) -> Response:
    _COUNT[code].inc()
    return Response(BODIES[code], 200, _JSON)
