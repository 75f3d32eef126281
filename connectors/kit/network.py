"""Sockets with one deadline for the whole call, which know whether a byte of ours has left.

httpx's time-outs are per operation: a sender of one byte a second keeps a call alive for ever. Here every wait on the
network is cut to what is left of the call. Each call lives on one thread, so what is known of it is thread-local.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore

from connectors.kit.framing import leftover
from connectors.kit.seams import monotonic_seconds

_MOST_WATCHED_BYTES = 262_144
_PIECE = 65_536


@dataclass(slots=True)
class Progress:
    """How far one call has come.

    Attributes:
        deadline: on the monotonic clock.
        sent: a byte of the request may have left us.
        answered: the head of an answer was understood.
        holds: the head waits for the body, so that both leave in one piece (a call to the system each costs more
            than everything else).
        held: the head while it waits.
        wire: what was received, as long as it is small.
        received: bytes received.
    """

    deadline: float
    sent: bool = False
    answered: bool = False
    holds: bool = False
    held: bytes = b""
    wire: list[bytes] = field(default_factory=list)
    received: int = 0
    stream: Stream | None = None

    def left(self) -> float:
        """Seconds until the deadline; never less than 0."""
        return max(0.0, self.deadline - monotonic_seconds())

    def finished(self) -> None:
        """The answer was read whole: its connection may serve again only when nothing was sent behind it.

        A second answer on the wire would else be read as the answer to the next request.
        """
        if self.stream is not None:
            small = self.received <= _MOST_WATCHED_BYTES
            self.stream.spoilt = not small or leftover(b"".join(self.wire)) != 0


class _Local(threading.local):
    progress: Progress | None = None


_call = _Local()


@contextmanager
def calling(progress: Progress) -> Iterator[None]:
    """Everything that this thread does on the network until the end of the block belongs to ``progress``."""
    before, _call.progress = _call.progress, progress
    try:
        yield
    finally:
        _call.progress = before


def _left(timeout: float | None) -> float:
    progress = _call.progress
    limits = [limit for limit in (timeout, progress.left() if progress else None) if limit is not None]
    return min(limits, default=30.0)


class Stream(httpcore.NetworkStream):
    """One connection. ``spoilt``: must not carry another request."""

    def __init__(self, sock: socket.socket, *, closed_pool: threading.Event) -> None:
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._closed_pool = closed_pool
        self.spoilt = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if _call.progress is not None and _call.progress.held:
            self.write(b"", timeout)  # no body came: nothing may wait any longer
        try:
            self._wait_no_longer_than(timeout)
            raw = self._sock.recv(max_bytes)
        except TimeoutError as exc:
            raise httpcore.ReadTimeout("the deadline of the call is over") from exc
        except OSError as exc:
            raise httpcore.ReadError(str(exc)) from exc
        progress = _call.progress
        if progress is not None:
            progress.received += len(raw)
            if progress.received <= _MOST_WATCHED_BYTES:
                progress.wire.append(raw)
        return raw

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        progress = _call.progress
        if progress is not None:
            if progress.holds and not progress.held and not progress.sent:
                progress.held = buffer
                return
            if progress.held:
                buffer, progress.held = progress.held + buffer, b""
            progress.stream = self
            progress.sent = progress.sent or self._tls  # a record may be gone although the call failed
        view = memoryview(buffer)
        try:
            while view:
                self._wait_no_longer_than(timeout)
                gone = self._sock.send(view[:_PIECE])
                if progress is not None:
                    progress.sent = True
                view = view[gone:]
        except TimeoutError as exc:
            raise httpcore.WriteTimeout("the deadline of the call is over") from exc
        except OSError as exc:
            raise httpcore.WriteError(str(exc)) from exc

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Stream:
        try:
            self._wait_no_longer_than(timeout)
            secure = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except TimeoutError as exc:
            self.close()
            raise httpcore.ConnectTimeout("the deadline of the call is over") from exc
        except OSError as exc:
            self.close()
            raise httpcore.ConnectError(str(exc)) from exc
        return Stream(secure, closed_pool=self._closed_pool)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if self._tls else None
        if info == "is_readable":  # httpcore asks before it uses a waiting connection again
            return self.spoilt or self._closed_pool.is_set() or _readable(self._sock)
        return {"socket": self._sock}.get(info)

    def _wait_no_longer_than(self, timeout: float | None) -> None:
        left = _left(timeout)
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)


class Backend(httpcore.NetworkBackend):
    """Opens connections; names are resolved within the call's deadline too."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    def close(self) -> None:
        """Waiting connections are not used any more."""
        self._closed.set()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Stream:
        del local_address, socket_options
        trouble: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in _resolved(host, port, _left(timeout)):
            left = _left(timeout)
            if left <= 0:
                break
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(left)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as exc:
                sock.close()
                trouble = exc
                continue
            return Stream(sock, closed_pool=self._closed)
        if isinstance(trouble, TimeoutError) or _left(timeout) <= 0:
            raise httpcore.ConnectTimeout("no connection within the deadline") from trouble
        raise httpcore.ConnectError(str(trouble)) from trouble


def _resolved(host: str, port: int, seconds: float) -> list[Any]:
    """Addresses of ``host``. The resolver has no time-out of its own, so it works on a thread that may be left behind."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        pass  # a name, not an address
    found: list[Any] = []

    def look() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as exc:
            found.append(exc)

    thread = threading.Thread(target=look, name="resolve", daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise httpcore.ConnectTimeout(f"{host} was not resolved within the deadline")
    if isinstance(found[0], OSError):
        raise httpcore.ConnectError(f"{host} cannot be resolved") from found[0]
    addresses: list[Any] = found[0]
    return addresses


def _readable(sock: socket.socket) -> bool:
    """Whether something waits to be read: on a connection at rest that is its end, or an answer nobody asked for."""
    if sock.fileno() < 0 or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
