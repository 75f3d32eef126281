"""One API call from its headers to its answer: key, scope, limit, body, repeat safety, problem documents."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapters import errors
from adapters.api.limits import Limits
from adapters.api.strict_json import MOST_BYTES, nameable, read_object
from adapters.errors import Problem, told
from adapters.ports import Edge
from jobs.access.model import Actor, ActorKind, KeyHolder, Scope
from jobs.store.postgres import access as rows
from jobs.store.postgres.access import StoredAnswer

log = structlog.get_logger(__name__)

RUNS_AT_MOST = timedelta(seconds=60)
KEPT = timedelta(days=7)
_KEY = re.compile(r"^[\x21-\x7e]{1,128}$")


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is given.

    Attributes:
        body: the validated request model, ``None`` for reads.
        key: the caller's Idempotency-Key, scoped to the caller; empty for reads.
        raw: the raw body, for uploads.
    """

    edge: Edge
    holder: KeyHolder
    actor: Actor
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    language: str
    trace_id: str
    body: Any = None
    key: str = ""
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers with; ``body`` holds JSON values."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API: the route table, the checks and the OpenAPI document come from these rows.

    Attributes:
        accepts: request model of a changing call; ``bytes`` for an upload.
        money: the stored answer of a repeat is kept for ever.
    """

    name: str
    method: str
    path: str
    scope: Scope
    handler: Callable[[Call], Answer]
    returns: type[BaseModel]
    summary_vi: str
    summary_en: str
    accepts: type[BaseModel | bytes] | None = None
    status: int = 200
    money: bool = False
    most_bytes: int = MOST_BYTES

    @property
    def changes(self) -> bool:
        """Whether a repeat needs an Idempotency-Key."""
        return self.method == "POST"


class ApiDoor:
    """Runs endpoints for calling systems."""

    def __init__(self, edge: Edge, limits: Limits) -> None:
        self._edge, self._limits = edge, limits

    def serve(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        """The ASGI endpoint of one operation."""

        async def run(request: Request) -> Response:
            language = errors.language_of(request.headers.get("accept-language", ""))
            trace_id: str = request.scope["trace_id"]
            try:
                raw = await _body(request, endpoint.most_bytes) if endpoint.changes else b""
                return await run_in_threadpool(self._answer, endpoint, request, raw, language, trace_id)
            except Exception as exc:  # noqa: BLE001 - the boundary: every error becomes what a caller may see
                return problem(exc, language, trace_id)

        return run

    def _answer(
        self, endpoint: Endpoint, request: Request, raw: bytes, language: str, trace_id: str
    ) -> Response:
        holder = self._holder(request)
        limit_headers = self._limits.take(holder.client_id)
        if endpoint.scope not in holder.scopes:
            raise Problem(
                errors.NO_RIGHT,
                f"Khóa này không có phạm vi “{endpoint.scope}”.",
                f"This key does not carry the scope “{endpoint.scope}”.",
            )
        address = request.client.host if request.client else ""
        actor = Actor(ActorKind.KEY, holder.client_id, address, trace_id)
        call = Call(
            self._edge,
            holder,
            actor,
            request.path_params,
            dict(request.query_params),
            request.headers,
            language,
            trace_id,
        )
        if endpoint.changes:
            return self._once(endpoint, call, raw, limit_headers)
        answer = endpoint.handler(call)
        return _read_response(answer, request, limit_headers)

    def _holder(self, request: Request) -> KeyHolder:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        holder = self._edge.access.key_holder(shown.strip()) if scheme.lower() == "bearer" else None
        if holder is None:
            raise Problem(
                errors.NOT_SIGNED_IN,
                "Gửi khóa còn hiệu lực trong tiêu đề Authorization: Bearer …",
                "Send a valid key in the header Authorization: Bearer …",
                headers={"WWW-Authenticate": 'Bearer realm="lienthong"'},
            )
        return holder

    def _once(self, endpoint: Endpoint, call: Call, raw: bytes, limit_headers: Mapping[str, str]) -> Response:
        key = call.headers.get("idempotency-key", "")
        if not _KEY.match(key):
            raise Problem(
                errors.KEY_MISSING,
                "Gửi tiêu đề Idempotency-Key, 1 đến 128 ký tự ASCII, mới cho mỗi việc mới.",
                "Send the header Idempotency-Key, 1 to 128 ASCII characters, a new one for each new act.",
            )
        content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = _validated(endpoint, raw, content_type)
        digest = hashlib.sha256(content_type.encode() + b"\0" + raw).digest()
        route = f"{endpoint.method} {endpoint.path}?{sorted(call.query.items())}{sorted(call.path.items())}"
        store, client = self._edge.store, call.holder.client_id
        with store.transaction("api-begin") as tx:
            earlier = rows.begin_request(tx, client, key, route, digest, lease=RUNS_AT_MOST)
        if earlier is not None:
            return _repeat(earlier, limit_headers)
        try:
            answer = endpoint.handler(_with(call, body, f"{client}:{key}", raw))
        except Exception as exc:
            # Refused before anything changed: the key is free again. Anything else keeps its lease.
            if errors.kind_of(exc).status < 500:
                with store.transaction("api-forget") as tx:
                    rows.forget_request(tx, client, key)
            raise
        stored = StoredAnswer(
            answer.status,
            {"content-type": "application/json", **answer.headers},
            _json(answer.body),
        )
        with store.transaction("api-finish") as tx:
            keep_until = None if endpoint.money else tx.now + KEPT
            rows.finish_request(tx, client, key, stored, keep_until=keep_until)
        return Response(stored.body, stored.status, {**stored.headers, **limit_headers})


def problem(exc: Exception, language: str, trace_id: str) -> Response:
    """The problem document of an error; what nobody expected is logged with its trace id."""
    said = told(exc, language)
    if said.kind is errors.INTERNAL:
        log.error("api.internal_error", exc_info=exc)
    return Response(
        _json(said.document(language, trace_id)),
        said.kind.status,
        {"content-type": "application/problem+json", "content-language": language, **said.headers},
    )


def _with(call: Call, body: Any, key: str, raw: bytes) -> Call:
    from dataclasses import replace

    return replace(call, body=body, key=key, raw=raw)


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _repeat(earlier: rows.Repeat, limit_headers: Mapping[str, str]) -> Response:
    if not earlier.same:
        raise Problem(
            errors.KEY_REUSED,
            "Idempotency-Key này đã dùng cho một nội dung khác. Hãy dùng khóa mới.",
            "This Idempotency-Key was used with another body. Use a new key.",
        )
    if earlier.answer is None:
        raise Problem(
            errors.RUNNING,
            "Yêu cầu đầu tiên với khóa này đang chạy.",
            "The first request with this key is still running.",
        )
    stored = earlier.answer
    return Response(
        stored.body, stored.status, {**stored.headers, "idempotency-replayed": "true", **limit_headers}
    )


def _read_response(answer: Answer, request: Request, limit_headers: Mapping[str, str]) -> Response:
    content = _json(answer.body)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache", **answer.headers, **limit_headers}
    if etag in (tag.strip() for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(b"", 304, headers)
    return Response(content, answer.status, {"content-type": "application/json", **headers})


def _validated(endpoint: Endpoint, raw: bytes, content_type: str) -> Any:
    if endpoint.accepts is bytes or endpoint.accepts is None:
        return raw
    if content_type != "application/json":
        raise Problem(errors.WRONG_TYPE, "Cần application/json.", "application/json is expected.")
    assert issubclass(endpoint.accepts, BaseModel)  # noqa: S101 - narrows the type
    try:
        return endpoint.accepts.model_validate(read_object(raw))
    except ValidationError as exc:
        raise Problem(
            errors.BAD_INPUT,
            "Một số trường không dùng được.",
            "Some fields cannot be used.",
            errors=[_pointer(dict(error)) for error in exc.errors(include_url=False, include_input=False)],
        ) from exc


def _pointer(error: dict[str, Any]) -> dict[str, str]:
    path = "".join(f"/{nameable(str(part))}" for part in error["loc"])
    return {"pointer": f"#{path}", "code": str(error["type"]), "detail": str(error["msg"])}


async def _body(request: Request, most: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Problem(errors.TOO_LARGE, f"Tối đa {most} byte.", f"At most {most} bytes.")
        parts.append(part)
    return b"".join(parts)
