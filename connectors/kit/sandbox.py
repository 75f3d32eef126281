"""What every sandbox is made of: routes, faults, real sockets. Simulated systems import this and their own contract only.

The product never imports it: only the command line and tests play with sandboxes.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from connectors.kit.sandbox_faults import Fault, Faults
from connectors.kit.seams import Clock, MachineClock, PlayClock, pause

__all__ = [
    "Clock",
    "Fault",
    "MachineClock",
    "PlayClock",
    "Sandbox",
    "SandboxAnswer",
    "SandboxRequest",
    "pause",
    "route",
    "serve",
]

CONTROL = "control"
_HTML = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Service temporarily unavailable</h1></body></html>"


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """A request as it came in.

    Attributes:
        query: the first value of each name.
        headers: names in lower case.
        raw_query: as on the wire.
        parts: what stood at the ``{names}`` of the route.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    raw_query: str = ""
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SandboxAnswer:
    """An answer, and how it goes over the wire.

    Attributes:
        cut_after: hang up after so many bytes of the body; -1: before the first byte of the head; ``None``: whole.
        delay_seconds: wait before the first byte.
        trickle_seconds: spread the body over so long, byte by byte.
        hang: never answer.
        twice: the same answer again, behind the first.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut_after: int | None = None
    delay_seconds: float = 0.0
    trickle_seconds: float = 0.0
    hang: bool = False
    twice: bool = False


Handler = Callable[[Any, SandboxRequest], SandboxAnswer]
_H = TypeVar("_H", bound=Callable[..., SandboxAnswer])


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: str
    operation: str
    name: str


def route(method: str, path: str, operation: str) -> Callable[[_H], _H]:
    """Mark a method of a sandbox as the answer to ``method`` ``path``.

    Args:
        path: whole; a part in braces (``/dossiers/{code}``) matches one segment and stands in ``request.parts``.
        operation: name that faults are set for; ``control`` never suffers any.
    """

    def marked(function: _H) -> _H:
        found = getattr(function, "sandbox_routes", ())
        function.sandbox_routes = (*found, (method, path, operation))  # type: ignore[attr-defined]
        return function

    return marked


class Sandbox:
    """A simulated outside system. One request at a time changes its books; waiting and cutting happens outside."""

    system = ""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or MachineClock()
        self.faults = Faults()
        self.received: Counter[str] = Counter()
        self.acted: Counter[str] = Counter()
        self._acting = threading.RLock()
        self._exact: dict[tuple[str, str], _Route] = {}
        self._shaped: list[tuple[list[str], _Route]] = []
        for owner in reversed(type(self).__mro__):
            for name, value in vars(owner).items():
                for method, path, operation in getattr(value, "sandbox_routes", ()):
                    self._add(_Route(method, path, operation, name))

    def operation_of(self, request: SandboxRequest) -> str:
        """The operation that faults are matched with. Overridden where one address serves several."""
        found = self._found(request)
        return found[0].operation if found else ""

    def wrongly_signed(self, answer: SandboxAnswer) -> SandboxAnswer:
        """``answer`` with a signature that does not hold. Overridden where answers are signed."""
        return answer

    def knows(self, request: SandboxRequest) -> bool:
        """Whether some route of this sandbox has the request's path."""
        return self._found(request) is not None or any(
            path == request.path for _, path in self._exact if not path.startswith("/_sandbox/faults")
        )

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        """Answer one request; whatever fault is due happens to it."""
        found = self._found(request)
        if found is None:
            return SandboxAnswer(404, {"Content-Type": "application/json"}, b'{"error":"no such address"}')
        chosen, parts = found
        request = replace(request, parts=parts) if parts else request
        if chosen.operation == CONTROL:
            return self._act(chosen, request)
        operation = self.operation_of(request)
        with self._acting:
            self.received[operation] += 1
            fault = self.faults.due(operation)
        if fault is None:
            return self._counted(operation, chosen, request)
        if fault.kind == "slow":
            pause(fault.seconds)
        answer = self._counted(operation, chosen, request) if fault.acts else SandboxAnswer()
        return self._spoilt(answer, fault)

    @route("POST", "/_sandbox/faults", CONTROL)
    def set_fault(self, request: SandboxRequest) -> SandboxAnswer:
        """``{operation, kind, times?, every?, seconds?, after_bytes?, system?}``."""
        facts = json.loads(request.body or b"{}")
        if facts.get("system", self.system) != self.system:
            return _json({"set": None})
        try:
            fault = Fault.read(facts)
        except (KeyError, TypeError, ValueError) as exc:
            return _json({"error": str(exc)}, 422)
        self.faults.add(fault)
        return _json({"set": fault.kind}, 201)

    @route("DELETE", "/_sandbox/faults", CONTROL)
    def clear_faults(self, request: SandboxRequest) -> SandboxAnswer:
        """No faults any more (``?operation=`` of one operation only)."""
        self.faults.clear(request.query.get("operation", ""))
        return _json({"cleared": True})

    @route("GET", "/_sandbox/calls", CONTROL)
    def calls(self, request: SandboxRequest) -> SandboxAnswer:
        """How many requests came and how many were acted on, by operation."""
        del request
        return _json({self.system: {"received": dict(self.received), "acted": dict(self.acted)}})

    def close(self) -> None:
        """End whatever the sandbox does by itself. Called when its server closes."""

    def _add(self, made: _Route) -> None:
        if "{" in made.path:
            self._shaped.append((made.path.split("/"), made))
        else:
            self._exact[made.method, made.path] = made

    def _found(self, request: SandboxRequest) -> tuple[_Route, dict[str, str]] | None:
        exact = self._exact.get((request.method, request.path))
        if exact is None and request.path == f"/_sandbox/{self.system}/books":
            exact = self._exact.get((request.method, "/_sandbox/books"))
        if exact is not None:
            return exact, {}
        given = request.path.split("/")
        for shape, made in self._shaped:
            if made.method != request.method or len(shape) != len(given):
                continue
            pairs = list(zip(shape, given, strict=True))
            if all(want.startswith("{") or want == have for want, have in pairs):
                return made, {want[1:-1]: have for want, have in pairs if want.startswith("{")}
        return None

    def _act(self, chosen: _Route, request: SandboxRequest) -> SandboxAnswer:
        with self._acting:
            answer: SandboxAnswer = getattr(self, chosen.name)(request)
        return answer

    def _counted(self, operation: str, chosen: _Route, request: SandboxRequest) -> SandboxAnswer:
        with self._acting:
            answer = self._act(chosen, request)
            self.acted[operation] += 1
        return answer

    def _spoilt(self, answer: SandboxAnswer, fault: Fault) -> SandboxAnswer:
        wait = {"Retry-After": str(max(1, round(fault.seconds)))} if fault.seconds else {}
        match fault.kind:
            case "lose_answer" | "lose_request":
                return replace(answer, cut_after=-1)
            case "error_after_acting":
                return SandboxAnswer(500, {"Content-Type": "text/html"}, _HTML)
            case "error_200":
                return SandboxAnswer(200, {"Content-Type": "text/html; charset=utf-8"}, _HTML)
            case "half":
                at = len(answer.body) // 2 if fault.after_bytes is None else fault.after_bytes
                return replace(answer, cut_after=min(at, max(0, len(answer.body) - 1)))
            case "wrong_signature":
                return self.wrongly_signed(answer)
            case "too_many":
                return SandboxAnswer(429, {"Content-Type": "text/plain", **wait}, b"too many requests")
            case "closed":
                return SandboxAnswer(503, {"Content-Type": "text/plain", **wait}, b"closed at night")
            case "garbage":
                return replace(answer, body=bytes(reversed(answer.body)) + b"\xff\x00{")
            case "hang":
                return replace(answer, hang=True)
            case "trickle":
                return replace(answer, trickle_seconds=fault.seconds)
            case "answer_twice":
                return replace(answer, twice=True)
            case _:
                return answer


def _json(data: object, status: int = 200) -> SandboxAnswer:
    raw = json.dumps(data, ensure_ascii=False).encode()
    return SandboxAnswer(status, {"Content-Type": "application/json"}, raw)


def serve(*sandboxes: Sandbox, host: str = "127.0.0.1", port: int = 0, tls: Any = None) -> Any:
    """Serve the sandboxes on one real port until ``.close()`` of the result; ``.url`` is where.

    Args:
        port: 0 takes a free one.
        tls: an ``ssl.SSLContext`` for the server's side.
    """
    from connectors.kit.sandbox_server import Server

    return Server(sandboxes, host, port, tls)
