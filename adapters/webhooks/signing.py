"""Where signature CAs push that a session may have moved on. A push is a hint: the provider is asked earlier, nothing of it is used.

Whether a session is known is told to nobody: the answer is the same. What is not theirs is counted, with a bounded sample.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import Counter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapters.webhooks.raw_body import raw_body
from adapters.webhooks.samples import Samples
from connectors.errors import Forged
from connectors.kit.seams import Clock
from jobs.errors import CommitUnknown, SerialConflict, StoreUnavailable
from mappings.canonical.signing import SigningHint
from mappings.errors import IntegrationError

if TYPE_CHECKING:
    from adapters.ports import Edge

log = structlog.get_logger(__name__)

ANSWERED = Counter(
    "lienthong_signing_hints", "Answers to what signature CAs push about sessions", ["system", "result"]
)
Said = SigningHint | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HintDoor:
    """One address that we gave to a provider.

    Attributes:
        read: (raw body, value of Authorization) → a hint, or the answer to a question of theirs (a token). Raises ``Forged``, or
            ``ValueError`` for what cannot be read.
        taken: the body that they expect for a hint.
    """

    system: str
    path: str
    read: Callable[[bytes, str], Said]
    taken: Mapping[str, Any]
    most_bytes: int


def hint_doors(connections: Any, clock: Clock) -> tuple[HintDoor, ...]:
    """The doors of the signature CAs that push, where their sections are set.

    Args:
        connections: the settings' connector sections.
    """
    found: list[HintDoor] = []
    smartca, mysign = connections.smartca, connections.mysign
    if smartca is not None:
        from connectors.smartca import notifications as vnpt

        def vnpt_hint(raw: bytes, _authorization: str) -> Said:
            return vnpt.hint(raw, smartca)

        found.append(HintDoor("smartca", "/webhooks/smartca/notify", vnpt_hint, {}, vnpt.MOST_BYTES))
    if mysign is not None:
        from connectors.mysign import notifications as viettel

        def token(raw: bytes, _authorization: str) -> Said:
            return viettel.token_for(raw, mysign, clock=clock)

        def viettel_hint(raw: bytes, authorization: str) -> Said:
            return viettel.hint(raw, mysign, authorization=authorization, clock=clock)

        most = viettel.MOST_BYTES
        found += [
            HintDoor("mysign", "/webhooks/mysign/token", token, {}, 10_000),
            HintDoor("mysign", "/webhooks/mysign/result", viettel_hint, viettel.ACCEPTED, most),
        ]
    return tuple(found)


class SigningPush:
    """The endpoint of one door; one per process."""

    def __init__(self, edge: Edge, door: HintDoor) -> None:
        self._signatures, self._door = edge.signatures, door
        self._samples = Samples(edge.store, door.system)

    async def serve(self, request: Request) -> Response:
        raw = await raw_body(request, self._door.most_bytes)
        if raw is None:
            return self._told("too_long", 413)
        try:
            said = self._door.read(raw, request.headers.get("authorization", ""))
        except Forged as exc:
            await self._samples.keep(
                request, b"", type(exc).__name__
            )  # the body may hold what we issued to them
            return self._told("forged", 401)
        except (ValueError, IntegrationError, RecursionError) as exc:
            log.warning("signing.push_unreadable", system=self._door.system, why=type(exc).__name__)
            return self._told("unreadable", 400)
        if not isinstance(said, SigningHint):
            return self._told("asked", 200, said)
        try:
            await run_in_threadpool(self._signatures.hint, self._door.system, said)
        except (StoreUnavailable, SerialConflict, CommitUnknown):
            return self._told("again", 503)
        return self._told("taken", 200, self._door.taken)

    def _told(self, result: str, status: int, body: Mapping[str, Any] | None = None) -> Response:
        ANSWERED.labels(self._door.system, result).inc()
        return Response(json.dumps(dict(body or {})), status, media_type="application/json")


__all__ = ["HintDoor", "SigningPush", "hint_doors"]
