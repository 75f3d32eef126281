"""The one way out: HTTP calls with a whole deadline, a limit on what comes back, and errors of one tree.

No redirects, no cookies, no proxies from the environment, no repeats: a call is made once, or twice when the other side
says 401 and the authentication could be renewed (a 401 proves that nothing was done).
"""

from __future__ import annotations

import json as json_text
import os
import ssl
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import httpcore
import httpx

from connectors.errors import (
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass, Exchange, ExchangeLog
from connectors.kit.exchanges import digest, kept, note, summary, trace_header
from connectors.kit.http_errors import translated
from connectors.kit.network import Backend, Progress, calling
from connectors.kit.seams import monotonic_seconds
from connectors.kit.unpacking import TooLarge, unpacked
from connectors.kit.waits import retry_after_seconds

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete 2xx answer. Header names are lower case; ``content`` is unpacked."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as the authentication sees it before it leaves."""

    method: str
    path: str
    query: str
    content: bytes


class Auth(Protocol):
    """Tells the other side who we are. See ``connectors.kit.auth``."""

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        """Headers to add to ``request``.

        Raises:
            Unavailable, CredentialsRefused: from asking for a token.
        """
        ...

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Asked after a 401 to ``used``: whether it is worth trying once more."""
        ...


class _Http(httpx.HTTPTransport):
    """httpx's transport over connections that keep one deadline per call."""

    def __init__(self, tls: ssl.SSLContext, pool: int, keep_alive_seconds: float) -> None:
        self.backend = Backend()
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=pool,
            max_keepalive_connections=pool,
            keepalive_expiry=keep_alive_seconds,
            http1=True,
            http2=False,
            network_backend=self.backend,
        )


@lru_cache(maxsize=32)
def tls_context(ca_file: str = "", certificate: str = "", key: str = "") -> ssl.SSLContext:
    """Verified TLS: the usual authorities or those of ``ca_file``; our own ``certificate`` where they ask for one."""
    context = httpx.create_ssl_context() if not ca_file else ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        context.load_cert_chain(certificate, key or None)
    return context


@lru_cache(maxsize=512)
def _parsed(url: str) -> httpx.URL:
    """Taking an address apart is a tenth of a call; most calls of a system go to a few of them."""
    return httpx.URL(url)


class Transport:
    """Calls to one outside system. Threads may share it; each process of a fork gets connections of its own."""

    def __init__(
        self,
        base_url: str,
        *,
        system: str,
        auth: Auth | None = None,
        tls: ssl.SSLContext | None = None,
        deadline_seconds: float = 30.0,
        largest_answer_bytes: int = 5_000_000,
        pool: int = 16,
        keep_alive_seconds: float = 5.0,
        log: ExchangeLog | None = None,
        shown: frozenset[str] = frozenset(),
        http: httpx.BaseTransport | None = None,
    ) -> None:
        """Nothing is connected before the first call.

        Args:
            base_url: address from the settings; paths are put behind it, nothing can lead elsewhere.
            tls: see :func:`tls_context`; the usual authorities when ``None``.
            deadline_seconds: for the whole call, from the name look-up to the last byte.
            largest_answer_bytes: unpacked.
            keep_alive_seconds: longest rest of a connection; shorter than theirs, so that they never hang up first.
            log: gets the exchanges that nobody collects.
            shown: names of JSON fields that the exchange summaries may show.
            http: instead of real connections (tests).
        """
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise ValueError(f"the address of {system} is not a plain http(s) address")
        self.system = system
        self._base = base_url.rstrip("/")
        self._auth, self._log, self._shown = auth, log, shown
        self._tls, self._pool, self._keep_alive = tls, pool, keep_alive_seconds
        self._deadline, self._largest = deadline_seconds, largest_answer_bytes
        self._given = http
        self._lock = threading.Lock()
        self._http: httpx.BaseTransport | None = http
        self._pid = os.getpid()
        self._made: list[httpx.BaseTransport] = []
        weakref.finalize(self, _close_all, self._made)

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        effect_class: EffectClass,
        reference: str = "",
        params: Any = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
        accept: str = "",
        shown_path: str = "",
    ) -> Answer:
        """One call, with its answer whole.

        Args:
            params: mapping or pairs for the query, encoded as a form.
            json, content: the body; at most one of them.
            accept: media type that the answer must have; empty: any.
            shown_path: what the exchange log may show instead of ``path``, where that holds something personal.

        Raises:
            Unavailable: nothing was done there.
            CredentialsRefused: 401, also after a renewal.
            Rejected: another 4xx; ``.code`` is the status.
            OutcomeUnknown: a write may have been done.
            ContractBroken: a write was answered otherwise than agreed.
        """
        if not path.startswith("/") or "\r" in path or "\n" in path:
            raise ValueError(f"{self.system}.{operation}: a path begins with /")
        query = urlencode(params) if params else ""
        body = content if content is not None else _encoded(json)
        call = _CallFacts(operation, effect_class, reference, accept, shown_path)
        deadline = monotonic_seconds() + (deadline_seconds or self._deadline)
        extra = dict(headers or {})
        if json is not None:
            extra.setdefault("Content-Type", f"{JSON}; charset=utf-8")
        outgoing = Outgoing(method, path, query, body)
        for last in (False, True):
            proof = self._proof(outgoing, deadline)
            try:
                return self._once(outgoing, {**extra, **proof}, call, deadline)
            except CredentialsRefused:
                left = max(0.0, deadline - monotonic_seconds())
                if last or self._auth is None or not self._auth.renewed(proof, deadline_seconds=left):
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close all connections that are at rest."""
        with self._lock:
            self._http = self._given
            _close_all(self._made)

    def _proof(self, outgoing: Outgoing, deadline: float) -> Mapping[str, str]:
        if self._auth is None:
            return {}
        return self._auth.headers(outgoing, deadline_seconds=max(0.0, deadline - monotonic_seconds()))

    def _once(self, outgoing: Outgoing, headers: dict[str, str], call: _CallFacts, deadline: float) -> Answer:
        progress = Progress(deadline, holds=bool(outgoing.content))
        begun = monotonic_seconds()
        outcome, answer = "interrupted", None
        try:
            with (
                translated(self.system, call.operation, call.reference, call.effect_class, progress),
                calling(progress),
            ):
                answer = self._exchanged(outgoing, headers, call, progress)
            _judge(answer, call, self.system)
            outcome = "ok"
        except ConnectorError as exc:
            outcome = type(exc).__name__
            raise
        finally:
            seconds = monotonic_seconds() - begun
            self._note(outgoing, call, answer, outcome=outcome, seconds=seconds)
        return answer

    def _exchanged(
        self, outgoing: Outgoing, headers: dict[str, str], call: _CallFacts, progress: Progress
    ) -> Answer:
        url = f"{self._base}{outgoing.path}{'?' + outgoing.query if outgoing.query else ''}"
        left = progress.left()
        packed = call.effect_class is EffectClass.READ
        fixed = {
            "Accept": call.accept or "*/*",
            "Accept-Encoding": "gzip" if packed else "identity",
            "User-Agent": "lienthong",
        }
        trace = trace_header()
        if trace:
            fixed["traceparent"] = trace
        request = httpx.Request(
            outgoing.method,
            _parsed(url),
            headers={**fixed, **headers},
            content=outgoing.content,
            extensions={"timeout": {"connect": left, "read": left, "write": left, "pool": left}},
        )
        response = self._connection().handle_request(request)
        progress.answered = True
        try:
            plain = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers.raw
            }
            raw = self._body(response, plain, call)
            progress.finished()
        finally:
            response.close()
        return Answer(response.status_code, plain, raw)

    def _body(self, response: httpx.Response, headers: Mapping[str, str], call: _CallFacts) -> bytes:
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)  # noqa: S101 - narrows the type
        stated = headers.get("content-length", "")
        if stated.isdigit() and int(stated) > self._largest:
            raise call.broken(f"{stated} bytes are announced", self.system)
        try:
            return unpacked(stream, headers.get("content-encoding", ""), self._largest)
        except (TooLarge, ValueError) as exc:
            raise call.broken(str(exc), self.system) from exc

    def _connection(self) -> httpx.BaseTransport:
        http = self._http
        if http is not None and self._pid == os.getpid():
            return http
        with self._lock:
            if self._http is None or self._pid != os.getpid():
                # A child of a fork must not touch its parent's connections, not even to close them.
                self._pid = os.getpid()
                self._http = self._given
                if self._http is None:
                    self._http = _Http(self._tls or tls_context(), self._pool, self._keep_alive)
                    self._made.append(self._http)
            return self._http

    def _note(
        self, outgoing: Outgoing, call: _CallFacts, answer: Answer | None, *, outcome: str, seconds: float
    ) -> None:
        content = answer.content if answer else b""
        sent = outgoing.content or outgoing.query.encode()
        if call.shown_path and not outgoing.content:
            sent = f"{outgoing.path}?{outgoing.query}".encode()  # what is not shown is proved at least
        note(
            Exchange(
                system=self.system,
                operation=call.operation,
                direction="out",
                reference=call.reference,
                status=answer.status if answer else None,
                outcome=outcome,
                duration_ms=round(seconds * 1000),
                request_digest=digest(sent),
                response_digest=digest(content),
                request_summary={
                    "method": outgoing.method,
                    "path": call.shown_path or outgoing.path,
                    "bytes": len(outgoing.content),
                    **summary(outgoing.content, self._shown),
                },
                response_summary={"bytes": len(content), **summary(content, self._shown)},
                bodies=kept(sent, content),
            ),
            self._log,
        )


@dataclass(frozen=True, slots=True)
class _CallFacts:
    operation: str
    effect_class: EffectClass
    reference: str
    accept: str
    shown_path: str

    def broken(self, why: str, system: str) -> ConnectorError:
        """An answer that is not as agreed: of a read it is as good as none."""
        branch = Unavailable if self.effect_class is EffectClass.READ else ContractBroken
        return branch(why, system=system, operation=self.operation, reference=self.reference)


def _close_all(made: list[httpx.BaseTransport]) -> None:
    while made:
        made.pop().close()


def _encoded(value: Any) -> bytes:
    if value is None:
        return b""
    return json_text.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _judge(answer: Answer, call: _CallFacts, system: str) -> None:
    """Raise for everything but a 2xx of the agreed type."""
    status = answer.status
    if 200 <= status < 300:
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if call.accept and answer.content and media != call.accept:
            raise call.broken(f"{media or 'no media type'} instead of {call.accept}", system)
        return
    facts: dict[str, Any] = {"system": system, "operation": call.operation, "reference": call.reference}
    if status in (429, 503):
        wait = retry_after_seconds(answer.headers)
        raise Unavailable(f"HTTP {status}", retry_after_seconds=wait, **facts)
    if status == 401:
        raise CredentialsRefused("HTTP 401", **facts)
    if 300 <= status < 400:
        raise ContractBroken(f"HTTP {status}: redirects are not followed", **facts)
    if status >= 500 or status == 408:
        if call.effect_class is EffectClass.READ:
            raise Unavailable(f"HTTP {status}", **facts)
        raise OutcomeUnknown(f"HTTP {status}", **facts)
    raise Rejected(f"HTTP {status}", code=str(status), **facts)
