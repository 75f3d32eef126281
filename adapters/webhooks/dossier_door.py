"""One door for what another system sends about dossiers: verify the raw bytes, record, answer in the sender's own shape.

Nothing of a message is used before it was verified; nothing is answered with success before its commit (D1). What is not
theirs is counted, with a bounded sample; what is theirs and cannot be read is kept apart and named as a case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import psycopg
import structlog
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapters.webhooks.samples import Samples
from connectors.errors import Forged
from connectors.kit.reading import Unreadable
from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from jobs.inbound import recording
from mappings.canonical.inbound import DossierNews
from mappings.errors import IntegrationError

if TYPE_CHECKING:
    from adapters.ports import Edge
    from jobs.inbound.model import Decide, Recorded
    from jobs.inbound.service import Inbound

log = structlog.get_logger(__name__)

ANSWERED = Counter(
    "lienthong_inbound_answers", "Answers to what other systems send about dossiers", ["system", "result"]
)
MOST_QUERY_BYTES = 8_192
_KEPT_HEADERS = frozenset(
    {"content-type", "content-length", "user-agent", "host", "date", "x-request-id", "traceparent"}
)
"""Everything else may be a secret: where partners put theirs differs."""
_SCRUBBED = b"***"


class Said(StrEnum):
    """What the sender is told, whatever its own words are."""

    TAKEN = "taken"  # kept, now or before
    REFUSED = "refused"  # theirs and readable, but it may not be taken
    UNREADABLE = "unreadable"
    TOO_LONG = "too_long"
    FORGED = "forged"
    AGAIN = "again"  # we could not keep it: they repeat


STATUS: Mapping[Said, int] = {
    Said.TAKEN: 200,
    Said.REFUSED: 200,
    Said.UNREADABLE: 200,
    Said.TOO_LONG: 413,
    Said.FORGED: 401,
    Said.AGAIN: 503,
}
"""HTTP status where the sender's papers name none. Never a 2xx for what was not kept, or is not theirs."""


@dataclass(frozen=True, slots=True)
class Came:
    """A request as it stands on the wire.

    Attributes:
        path: behind the door's own prefix; ``headers``: names in lower case.
    """

    method: str
    path: bytes
    query: bytes
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Read:
    """A verified message. ``contents``: id of a file that the news names → its bytes."""

    news: tuple[DossierNews, ...]
    contents: Mapping[str, bytes] = field(default_factory=dict)


Ask = Callable[["Inbound"], bytes | None]
"""Looks up what a verified question asks for; ``None``: not to be had now."""


@dataclass(frozen=True, slots=True)
class Door:
    """One entry of the table.

    Attributes:
        system: whose door it is, as in the settings.
        path: behind ``/webhooks/``, as a route; ``prefix``: what of the path is ours and not theirs.
        read: verifies and reads a message. Raises ``Forged``; a ``ValueError`` for theirs that cannot be read.
        answer: (message, what it is told, words, what recording gave) → body in their shape.
        asks: GET of theirs: verifies, then says what is looked up.
        decide: judges news by the state of our dossier.
        secrets: values that may stand in no row of ours.
        statuses: other HTTP statuses than :data:`STATUS`.
    """

    system: str
    path: str
    answer: Callable[[Came, Said, str, Recorded | None], bytes]
    read: Callable[[Came], Read] | None = None
    asks: Callable[[Came], Ask] | None = None
    decide: Decide | None = None
    prefix: str = ""
    most_bytes: int = 1_000_000
    media: str = "application/json"
    secrets: tuple[str, ...] = ()
    statuses: Mapping[Said, int] = field(default_factory=dict)

    @property
    def methods(self) -> list[str]:
        """What it takes. Whether a question comes as GET or POST their papers do not always say."""
        if self.read is None:
            return ["GET", "POST"]
        return ["POST"] if self.asks is None else ["GET", "POST"]


class DossierDoor:
    """The endpoint of one door; one per process."""

    def __init__(self, edge: Edge, inbound: Inbound, door: Door) -> None:
        self._inbound, self._door = inbound, door
        self._prefix = f"/webhooks/{door.prefix or door.path}".encode()
        self._samples = Samples(edge.store, door.system)
        self.methods = door.methods
        # With and without a rest: a redirect to the other spelling would carry the secret of an address back.
        self.paths = sorted({f"/webhooks/{door.path}", f"/webhooks/{door.prefix or door.path}"})

    async def serve(self, request: Request) -> Response:
        came, fits = await self._came(request)
        if not fits:
            return await self._forged_or(request, came, Said.TOO_LONG)
        try:
            if self._door.read is None or request.method != "POST":
                return await self._look_up(came)
            # Reading may take apart megabytes of base64: it must not hold up the others.
            read = await run_in_threadpool(self._door.read, came)
        except Forged as exc:
            return await self._forged(request, came, type(exc).__name__)
        except (ValueError, IntegrationError, RecursionError) as exc:
            return await self._unreadable(request, came, _why(exc))
        return await self._recorded(request, came, read)

    # ---- steps -------------------------------------------------------------------------------------------------------

    async def _recorded(self, request: Request, came: Came, read: Read) -> Response:
        trace = request.scope.get("trace_id", "")
        try:
            kept = await run_in_threadpool(self._keep, came, read, trace)
        except (StoreUnavailable, SerialConflict, CommitUnknown) as exc:
            log.warning("inbound.not_kept", system=self._door.system, error=type(exc).__name__)
            return self._told(came, Said.AGAIN)
        except psycopg.DataError as exc:
            # A text that no database holds (a NUL): theirs, and not usable.
            return await self._unreadable(request, came, f"cannot be stored: {type(exc).__name__}")
        if kept.refusal:
            return self._told(came, Said.REFUSED, kept.refusal, kept)
        return self._told(came, Said.TAKEN, "", kept)

    def _keep(self, came: Came, read: Read, trace: str) -> Recorded:
        return recording.record(
            self._inbound.store,
            self._door.system,
            read.news,
            raw=self._scrubbed(came.body),
            headers=self._headers(came),
            contents=read.contents,
            correlation_id=trace,
            decide=self._door.decide,
        )

    async def _look_up(self, came: Came) -> Response:
        assert self._door.asks is not None  # noqa: S101 - the route lets no other method through
        ask = self._door.asks(came)
        try:
            found = await run_in_threadpool(ask, self._inbound)
        except (StoreUnavailable, SerialConflict, CommitUnknown):
            found = None
        if found is None:
            return self._told(came, Said.AGAIN)
        ANSWERED.labels(self._door.system, "asked").inc()
        return Response(found, 200, media_type=self._door.media)

    async def _unreadable(self, request: Request, came: Came, why: str) -> Response:
        log.warning("inbound.unreadable", system=self._door.system, why=why)
        trace = request.scope.get("trace_id", "")
        try:
            await run_in_threadpool(
                recording.unreadable,
                self._inbound.store,
                self._door.system,
                self._door.path.partition("/{")[0],
                self._scrubbed(came.body),
                self._headers(came),
                why,
                trace,
            )
        except (StoreUnavailable, SerialConflict, CommitUnknown):
            return self._told(came, Said.AGAIN)
        return self._told(came, Said.UNREADABLE, why)

    async def _forged(self, request: Request, came: Came, why: str) -> Response:
        await self._samples.keep(request, self._scrubbed(came.body), why)
        return self._told(came, Said.FORGED)

    async def _forged_or(self, request: Request, came: Came, said: Said) -> Response:
        """What is too long to be read is too long to be verified: it is nobody's."""
        await self._samples.keep(request, b"", said.value)
        return self._told(came, said)

    # ---- parts -------------------------------------------------------------------------------------------------------

    async def _came(self, request: Request) -> tuple[Came, bool]:
        raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
        query: bytes = request.scope["query_string"]
        parts, size = [], 0
        fits = len(query) <= MOST_QUERY_BYTES
        async for part in request.stream():
            size += len(part)
            if size > self._door.most_bytes:
                fits = False
                break
            parts.append(part)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw
        }
        path = raw_path.removeprefix(self._prefix)
        return Came(request.method, path, query, headers, b"".join(parts) if fits else b""), fits

    def _told(self, came: Came, said: Said, words: str = "", kept: Recorded | None = None) -> Response:
        ANSWERED.labels(self._door.system, said.value).inc()
        status = self._door.statuses.get(said, STATUS[said])
        return Response(self._door.answer(came, said, words, kept), status, media_type=self._door.media)

    def _headers(self, came: Came) -> dict[str, str]:
        return {
            name: value.replace("\0", "")[:500]
            for name, value in came.headers.items()
            if name in _KEPT_HEADERS
        }

    def _scrubbed(self, raw: bytes) -> bytes:
        """The body without a secret that stands inside it, as some profiles have it."""
        for secret in self._door.secrets:
            raw = raw.replace(secret.encode(), _SCRUBBED)
        return raw


def _why(exc: Exception) -> str:
    """The field that was wrong, never its value; of errors that may quote it only the kind."""
    if isinstance(exc, Unreadable):
        return str(exc)[:200]
    return type(exc).__name__
